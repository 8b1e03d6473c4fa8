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
  if (field[2] !== 0 || field[1] !== 8 * field[3]!) throw new Error('expected a host address')
  return readAddress(field)
}

/** The address as of readInet, a slash, and the length of the prefix. */
export function readCidr(field: Buffer): string {
  if (field[2] !== 1) throw new Error('expected a network')
  return `${readAddress(field)}/${field[1]}`
}

function readAddress(field: Buffer): string {
  const [family, , , length] = field
  const address = field.subarray(4)
  if (length !== address.length) throw new Error('expected an address')
  if (family === 2 && length === 4) return address.join('.')
  if (family !== 3 || length !== 16) throw new Error('expected an address')
  return [0, 2, 4, 6, 8, 10, 12, 14].map((at) => address.readUInt16BE(at).toString(16)).join(':')
}

/** The shortest text of the number, as JavaScript writes it. */
export function readDouble(field: Buffer): string {
  const value = field.readDoubleBE()
  return Object.is(value, -0) ? '-0' : String(value)
}

export function readBoolean(field: Buffer): string {
  return field.readUInt8() === 1 ? 'true' : 'false'
}

/** 08:00:2b:01:02:03 */
export function readMacaddr(field: Buffer): string {
  return Array.from(field, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

export function readUuid(field: Buffer): string {
  return field.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The elements in order, each as the bytes of a field; null is NULL. */
export function readArray(field: Buffer): (Buffer | null)[] {
  if (field.readInt32BE() === 0) return []
  const elements: (Buffer | null)[] = []
  let at = 20
  for (let rest = field.readInt32BE(12); rest > 0; rest--) {
    const length = field.readInt32BE(at)
    at += 4
    elements.push(length < 0 ? null : field.subarray(at, at + length))
    at += Math.max(0, length)
  }
  return elements
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
