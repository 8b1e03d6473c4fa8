/**
 * Values of binary COPY fields as text, as PostgreSQL would print them apart from IPv6 addresses, which keep all their
 * groups. For looking at rows outside of the database; nothing on the way of the data reads values back.
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

/** ISO 8601 UTC with microseconds. */
export function readTimestamptz(field: Buffer): string {
  const micros = field.readBigInt64BE()
  const millis = (micros - mod(micros, 1000n)) / 1000n
  const date = new Date(Number(millis) + Date.UTC(2000, 0, 1)).toISOString()
  return `${date.slice(0, -1)}${mod(micros, 1000n).toString().padStart(3, '0')}Z`
}

function mod(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor
}

export function readJsonb(field: Buffer): string {
  if (field[0] !== 1) throw new Error('expected jsonb of version 1')
  return field.toString('utf8', 1)
}
