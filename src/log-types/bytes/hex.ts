/** The value of a hexadecimal digit of either case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 0x20
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Two hexadecimal digits from `at` on; negative when one is none. */
export function hexByte(bytes: Buffer, at: number): number {
  return (hexDigit(bytes[at]!) << 4) | hexDigit(bytes[at + 1]!)
}
