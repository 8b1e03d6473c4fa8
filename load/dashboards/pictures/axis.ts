/** Values for the marks of an axis, from `least` to `most`, about `count` of them, at round numbers. */
export function chooseMarks(
  least: number,
  most: number,
  count: number,
  base: 'decimal' | 'binary',
): number[] {
  const step = roundStep((most - least) / Math.max(1, count), base)
  const marks: number[] = []
  for (let mark = Math.ceil(least / step) * step; mark <= most + step * 1e-9; mark += step)
    marks.push(Number(mark.toPrecision(12)))
  return marks
}

function roundStep(rough: number, base: 'decimal' | 'binary'): number {
  if (!(rough > 0)) return 1
  if (base === 'binary' && rough >= 1) return 2 ** Math.ceil(Math.log2(rough))
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  return magnitude * ([1, 2, 2.5, 5, 10].find((step) => step * magnitude >= rough * 0.999) ?? 10)
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400]

/** Moments for the marks of a time axis in UTC, in seconds since 1970, at most `count` of them. */
export function chooseTimeMarks(from: number, to: number, count: number): number[] {
  const step = timeSteps.find((seconds) => (to - from) / seconds <= count) ?? 7 * 86_400
  const marks: number[] = []
  for (let mark = Math.ceil(from / step) * step; mark <= to; mark += step) marks.push(mark)
  return marks
}

export function formatTime(seconds: number, withSeconds: boolean): string {
  return new Date(seconds * 1000).toISOString().slice(11, withSeconds ? 19 : 16)
}
