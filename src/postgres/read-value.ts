/**
 * Values of binary COPY fields as text, as PostgreSQL would print them apart from IPv6 addresses, which keep all their
 * groups. For looking at rows outside of the database; on the way of the data nothing is read back but times.
 */

export function readInteger(field: Buffer): bigint {
  if (field.length === 8) return field.readBigInt64BE()
  return BigInt(field.readIntBE(0, field.length))
}

/** 192.0.2.1, or eight groups of hexadecimal digits. */
export function readInet(field: Buffer): string {
  const [family, bits, isCidr, length] = field
  const address = field.subarray(4)
  if (isCidr !== 0 || length !== address.length) throw new Error('expected a host address')
  if (family === 2 && bits === 32 && length === 4) return address.join('.')
  if (family !== 3 || bits !== 128 || length !== 16) throw new Error('expected a host address')
  return [0, 2, 4, 6, 8, 10, 12, 14].map((at) => address.readUInt16BE(at).toString(16)).join(':')
}

const microsPerMs = 1000n
const msBefore2000 = Date.UTC(2000, 0, 1)

/** Epoch milliseconds of a timestamptz, which is microseconds since 2000; rounded down, as the parser does. */
export function toEpochMs(timestamptz: bigint): number {
  const ms = timestamptz / microsPerMs
  return Number(timestamptz < ms * microsPerMs ? ms - 1n : ms) + msBefore2000
}

/** ISO 8601 UTC with microseconds. */
export function readTimestamptz(field: Buffer): string {
  const timestamptz = field.readBigInt64BE()
  const ms = toEpochMs(timestamptz)
  const micros = timestamptz - BigInt(ms - msBefore2000) * microsPerMs
  return `${new Date(ms).toISOString().slice(0, -1)}${micros.toString().padStart(3, '0')}Z`
}

export function readJsonb(field: Buffer): string {
  if (field[0] !== 1) throw new Error('expected jsonb of version 1')
  return field.toString('utf8', 1)
}
