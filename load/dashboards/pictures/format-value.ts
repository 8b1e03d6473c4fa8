/** A value as Grafana writes it in the units that the dashboards use. */
export function formatValue(value: number, unit: string, decimals?: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  switch (unit) {
    case 's':
      return scaled(value, durations, decimals)
    case 'bytes':
      return scaled(value, binaryBytes, decimals)
    case 'Bps':
      return scaled(value, decimalBytesPerSecond, decimals)
    case 'percentunit':
      return `${digits(value * 100, decimals)}%`
    case 'short':
      return scaled(value, thousands, decimals)
    default: {
      const counted = unit === 'ops' ? 'ops/s' : /^count:(.+)$/.exec(unit)?.[1]
      if (counted === undefined) throw new Error(`the unit ${unit} cannot be drawn yet`)
      return `${scaled(value, countedThousands, decimals)} ${counted}`
    }
  }
}

type Scale = ReadonlyArray<readonly [factor: number, suffix: string]>

const thousands: Scale = [
  [1e9, ' Bil'],
  [1e6, ' Mil'],
  [1e3, ' K'],
  [1, ''],
]
const countedThousands: Scale = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
  [1, ''],
]
const binaryBytes: Scale = [
  [2 ** 40, ' TiB'],
  [2 ** 30, ' GiB'],
  [2 ** 20, ' MiB'],
  [2 ** 10, ' KiB'],
  [1, ' B'],
]
const decimalBytesPerSecond: Scale = [
  [1e9, ' GB/s'],
  [1e6, ' MB/s'],
  [1e3, ' kB/s'],
  [1, ' B/s'],
]
const durations: Scale = [
  [365 * 86_400, ' years'],
  [7 * 86_400, ' weeks'],
  [86_400, ' days'],
  [3600, ' hours'],
  [60, ' mins'],
  [1, ' s'],
  [1e-3, ' ms'],
  [1e-6, ' µs'],
]

function scaled(value: number, scale: Scale, decimals?: number): string {
  const smallest = scale.at(-1)!
  const [factor, suffix] =
    value === 0
      ? (scale.find(([one]) => one === 1) ?? smallest)
      : (scale.find(([one]) => Math.abs(value) >= one) ?? smallest)
  return digits(value / factor, decimals) + suffix
}

/** Three that matter, and no zeros at the end, unless told how many after the point. */
function digits(value: number, decimals?: number): string {
  if (decimals !== undefined) return value.toFixed(decimals)
  const whole = Math.abs(value) >= 1 ? Math.floor(Math.log10(Math.abs(value))) + 1 : 1
  return String(Number(value.toFixed(Math.max(0, 3 - whole))))
}
