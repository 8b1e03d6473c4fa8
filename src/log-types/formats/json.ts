import { HASH_PRIME, HASH_SEED, hashKey } from '../bytes/key-table.js'
import { invalidUtf8, nulByte } from '../bytes/utf8.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'
import { HAS_LONE_SURROGATE, HAS_NUL, INVALID, JsonScanner, MAX_DEPTH } from './json-scanner.js'
import { appendUnescaped } from './json-string.js'
import type { LineFormat } from './line-format.js'
import { PointerNode, pathOf } from './pointer-tree.js'

const notObject = createRefusal('no_match', 'expected a JSON object')
const notJson = createRefusal('bad_json', `expected valid JSON, at most ${MAX_DEPTH} levels deep`)
/** Result of a walk that left its refusal in `refusal`. */
const REFUSED = -10

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const LOWER_N = 0x6e

/**
 * Texts that are one JSON object. A field is a member of it by name, or a value deeper in it by pointer: of a string
 * what stands between its quotes, with escapes decoded; of anything else its text. null is no value. A member of the
 * top that is no field goes to `extra` as it stands, also when pointers take values out of it.
 */
export class JsonFormat implements LineFormat {
  private readonly scanner = new JsonScanner()
  private readonly top: PointerNode
  private visits = 0
  private refusal: Refusal | undefined

  constructor(slots: FieldSlots) {
    this.top = new PointerNode(slots.names.map((name, slot) => ({ path: pathOf(name), slot })))
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { scanner } = this
    const open = scanner.space(bytes, start, end)
    if (open >= end || bytes[open] !== OPEN_BRACE) return notObject
    const close = this.object(this.top, bytes, open + 1, end, fields, 1)
    if (close < 0) return this.refusalFor(close)
    return scanner.space(bytes, close, end) === end ? undefined : notJson
  }

  private refusalFor(result: number): Refusal | undefined {
    if (result === REFUSED) return this.refusal
    if (result === HAS_NUL) return nulByte
    return result === HAS_LONE_SURROGATE ? invalidUtf8 : notJson
  }

  /** `from`: after the brace. Returns the place after the closing one, or a result below 0. */
  private object(
    node: PointerNode,
    bytes: Buffer,
    from: number,
    end: number,
    fields: Fields,
    depth: number,
  ): number {
    const { scanner } = this
    const { scratch } = fields
    this.visits = (this.visits + 1) | 0
    const visit = this.visits
    let at = scanner.space(bytes, from, end)
    if (at < end && bytes[at] === CLOSE_BRACE) return at + 1
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return INVALID
      let keyBytes = bytes
      let keyStart = at + 1
      let keyEnd = keyStart
      let hash = HASH_SEED
      for (; keyEnd < end; keyEnd++) {
        const byte = bytes[keyEnd]!
        if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break
        hash = Math.imul(hash ^ byte, HASH_PRIME)
      }
      if (keyEnd < end && bytes[keyEnd] === QUOTE) at = keyEnd + 1
      else {
        keyEnd = scanner.string(bytes, keyStart, end)
        if (keyEnd < 0) return keyEnd
        at = keyEnd + 1
        const decoded = scratch.position
        appendUnescaped(scratch, bytes, keyStart, keyEnd)
        keyBytes = scratch.buffer
        keyStart = decoded
        keyEnd = scratch.position
        hash = hashKey(keyBytes, keyStart, keyEnd)
      }
      at = scanner.colon(bytes, at, end)
      if (at < 0) return at
      const member = node.keys.find(keyBytes, keyStart, keyEnd, hash)
      const valueStart = at
      scanner.hasEscape = false
      if (member < 0) at = scanner.value(bytes, at, end, depth)
      else {
        if (node.seen[member] === visit) return this.refuse(node.duplicates[member]!)
        node.seen[member] = visit
        at = this.member(node, member, bytes, at, end, fields, depth)
      }
      if (at < 0) return at
      const isTaken = member >= 0 && this.set(node.slots[member]!, bytes, valueStart, at, fields)
      if (depth === 1 && !isTaken) {
        const refusal = fields.extra.addJson(keyBytes, keyStart, keyEnd, hash, bytes, valueStart, at)
        if (refusal !== undefined) return this.refuse(refusal)
      }
      at = scanner.space(bytes, at, end)
      if (at >= end) return INVALID
      if (bytes[at] === CLOSE_BRACE) return at + 1
      if (bytes[at] !== COMMA) return INVALID
      at = scanner.space(bytes, at + 1, end)
    }
  }

  /** Over the value of a member that a field is, or leads to. */
  private member(
    node: PointerNode,
    member: number,
    bytes: Buffer,
    at: number,
    end: number,
    fields: Fields,
    depth: number,
  ): number {
    const child = node.children[member]
    if (child !== undefined && at < end) {
      if (bytes[at] === OPEN_BRACE) return this.object(child, bytes, at + 1, end, fields, depth + 1)
      if (bytes[at] === OPEN_BRACKET) return this.array(child, bytes, at + 1, end, fields, depth + 1)
    }
    return this.scanner.value(bytes, at, end, depth)
  }

  private array(
    node: PointerNode,
    bytes: Buffer,
    from: number,
    end: number,
    fields: Fields,
    depth: number,
  ): number {
    const { scanner } = this
    let at = scanner.space(bytes, from, end)
    if (at < end && bytes[at] === CLOSE_BRACKET) return at + 1
    for (let index = 0; ; index++) {
      const valueStart = at
      const member = node.elements.get(index)
      scanner.hasEscape = false
      at =
        member === undefined
          ? scanner.value(bytes, at, end, depth)
          : this.member(node, member, bytes, at, end, fields, depth)
      if (at < 0) return at
      if (member !== undefined) this.set(node.slots[member]!, bytes, valueStart, at, fields)
      at = scanner.space(bytes, at, end)
      if (at >= end) return INVALID
      if (bytes[at] === CLOSE_BRACKET) return at + 1
      if (bytes[at] !== COMMA) return INVALID
      at = scanner.space(bytes, at + 1, end)
    }
  }

  /** Sets the field that the value [start, end) is; false where it is none, or where the field is there already. */
  private set(slot: number, bytes: Buffer, start: number, end: number, fields: Fields): boolean {
    if (slot < 0 || fields.isSet(slot)) return false
    const first = bytes[start]
    if (first === QUOTE) {
      if (this.scanner.hasEscape) {
        const from = fields.scratch.position
        appendUnescaped(fields.scratch, bytes, start + 1, end - 1)
        fields.set(slot, SCRATCH + from, SCRATCH + fields.scratch.position)
      } else fields.set(slot, start + 1, end - 1)
    } else if (first !== LOWER_N) fields.set(slot, start, end)
    return true
  }

  private refuse(refusal: Refusal): number {
    this.refusal = refusal
    return REFUSED
  }
}
