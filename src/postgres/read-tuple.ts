/** Reading back what CopyWriter wrote; the layout is drawn in copy-writer.ts. */

/** Start offsets of every tuple in tuples-only bytes: n + 1 numbers, the last one is the end. Throws on malformed bytes. */
export function tupleOffsets(tuples: Buffer): Uint32Array {
  let offsets = new Uint32Array(1024)
  let count = 0
  let at = 0
  while (at < tuples.length) {
    if (count + 1 >= offsets.length) {
      const larger = new Uint32Array(offsets.length * 2)
      larger.set(offsets)
      offsets = larger
    }
    offsets[count++] = at
    at = skipTuple(tuples, at)
  }
  offsets[count] = at
  return offsets.slice(0, count + 1)
}

function skipTuple(tuples: Buffer, start: number): number {
  const fieldCount = start + 2 <= tuples.length ? tuples.readInt16BE(start) : -1
  if (fieldCount < 0) throw malformed(start)
  let at = start + 2
  for (let field = 0; field < fieldCount; field++) at = skipField(tuples, at)
  return at
}

function skipField(tuples: Buffer, at: number): number {
  if (at + 4 > tuples.length) throw malformed(at)
  const length = tuples.readInt32BE(at)
  const next = at + 4 + Math.max(length, 0)
  if (length < -1 || next > tuples.length) throw malformed(at)
  return next
}

/** Position of field `fieldIndex`'s length word in the tuple that starts at `tupleStart`. */
function fieldStart(tuples: Buffer, tupleStart: number, fieldIndex: number): number {
  const fieldCount = tupleStart + 2 <= tuples.length ? tuples.readInt16BE(tupleStart) : -1
  if (fieldIndex < 0 || fieldIndex >= fieldCount) throw malformed(tupleStart)
  let at = tupleStart + 2
  for (let field = 0; field < fieldIndex; field++) at = skipField(tuples, at)
  return at
}

/** Reads the int4 or int8 field `fieldIndex` of a tuple; throws when it is something else or not a safe integer. */
export function readTupleInt8(tuples: Buffer, tupleStart: number, fieldIndex: number): number {
  const at = fieldStart(tuples, tupleStart, fieldIndex)
  const end = skipField(tuples, at)
  if (end - at === 8) return tuples.readInt32BE(at + 4)
  if (end - at !== 12) throw malformed(at)
  const value = tuples.readInt32BE(at + 4) * 4_294_967_296 + tuples.readUInt32BE(at + 8)
  if (!Number.isSafeInteger(value)) throw malformed(at)
  return value
}

/** Field `fieldIndex` of a tuple, as a view; null when it is NULL. */
export function readTupleField(tuples: Buffer, tupleStart: number, fieldIndex: number): Buffer | null {
  const at = fieldStart(tuples, tupleStart, fieldIndex)
  const end = skipField(tuples, at)
  return tuples.readInt32BE(at) < 0 ? null : tuples.subarray(at + 4, end)
}

/** The fields of one tuple; NULL is null. The buffers are views. */
export function readTuple(tuples: Buffer, tupleStart: number): (Buffer | null)[] {
  const fields: (Buffer | null)[] = []
  const fieldCount = tupleStart + 2 <= tuples.length ? tuples.readInt16BE(tupleStart) : -1
  if (fieldCount < 0) throw malformed(tupleStart)
  let at = tupleStart + 2
  for (let field = 0; field < fieldCount; field++) {
    const next = skipField(tuples, at)
    fields.push(tuples.readInt32BE(at) < 0 ? null : tuples.subarray(at + 4, next))
    at = next
  }
  return fields
}

/**
 * The tuples without those that go, and how many stay; `offsets` are their tupleOffsets. `goes` is asked once for each,
 * in their order.
 */
export function withoutTuples(
  tuples: Buffer,
  offsets: Uint32Array,
  goes: (index: number) => boolean,
): { readonly tuples: Buffer; readonly count: number } {
  const end = offsets.length - 1
  const kept: Buffer[] = []
  let count = 0
  let from = 0
  // What stays between two that go is copied as one piece.
  for (let index = 0; index < end; index++) {
    if (!goes(index)) {
      count++
      continue
    }
    if (from < index) kept.push(tuples.subarray(offsets[from], offsets[index]))
    from = index + 1
  }
  if (from < end) kept.push(tuples.subarray(offsets[from], offsets[end]))
  return { tuples: Buffer.concat(kept), count }
}

function malformed(at: number): Error {
  return new Error(`expected a binary COPY tuple, got malformed bytes at offset ${at}`)
}
