/**
 * One-dimensional arrays without NULLs in PostgreSQL's binary format, all integers big endian:
 *
 *   | dimensions int32 = 1 | has NULLs int32 = 0 | element type OID | length int32 | lower bound int32 = 1 |
 *   | element length int32 | element | element length int32 | element | …
 *
 * A parameter that is a Buffer goes to the server in binary. Tens of thousands of elements as text would cost more to
 * write and to read than what is done with them.
 */
const headerBytes = 20

/** OIDs of pg_type, the same in every PostgreSQL. */
const oids = { int8: 20, int4: 23, date: 1082, uuid: 2950 } as const
const elementBytes = { int8: 8, int4: 4, date: 4, uuid: 16 } as const

function encodeArray(
  type: keyof typeof oids,
  length: number,
  write: (into: Buffer, at: number, index: number) => void,
): Buffer {
  const bytes = elementBytes[type]
  const array = Buffer.allocUnsafe(headerBytes + length * (4 + bytes))
  // An empty array has no dimension.
  array.writeInt32BE(length === 0 ? 0 : 1, 0)
  array.writeInt32BE(0, 4)
  array.writeInt32BE(oids[type], 8)
  if (length === 0) return array.subarray(0, 12)
  array.writeInt32BE(length, 12)
  array.writeInt32BE(1, 16)
  let at = headerBytes
  for (let index = 0; index < length; index++) {
    at = array.writeInt32BE(bytes, at)
    write(array, at, index)
    at += bytes
  }
  return array
}

export function int4Array(values: ArrayLike<number>): Buffer {
  return encodeArray('int4', values.length, (into, at, index) => into.writeInt32BE(values[index]!, at))
}

/** Of safe integers. */
export function int8Array(values: ArrayLike<number>): Buffer {
  return encodeArray('int8', values.length, (into, at, index) => {
    const high = Math.floor(values[index]! / 4_294_967_296)
    into.writeInt32BE(high, at)
    into.writeUInt32BE(values[index]! - high * 4_294_967_296, at + 4)
  })
}

/** Of days since 2000-01-01. */
export function dateArray(days: ArrayLike<number>): Buffer {
  return encodeArray('date', days.length, (into, at, index) => into.writeInt32BE(days[index]!, at))
}

/** Of 16 bytes each, one after the other. */
export function uuidArray(bytes: Buffer): Buffer {
  return encodeArray('uuid', bytes.length / 16, (into, at, index) => {
    bytes.copy(into, at, index * 16, index * 16 + 16)
  })
}
