/** `count` digits from `at` on as a number; -1 when they are not there, or not before `end`. */
export function fixedDigits(bytes: Buffer, at: number, end: number, count: number): number {
  if (at + count > end) return -1
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Where the digits that begin at `at` end. */
export function digitsEnd(bytes: Buffer, at: number, end: number): number {
  let stop = at
  while (stop < end && bytes[stop]! >= 48 && bytes[stop]! <= 57) stop++
  return stop
}

/** Microseconds of the digits [start, end) after a point; what is smaller is cut off. */
export function fractionMicros(bytes: Buffer, start: number, end: number): number {
  let micros = 0
  for (let i = 0; i < 6; i++) micros = micros * 10 + (start + i < end ? bytes[start + i]! - 48 : 0)
  return micros
}
