import { KeyTable } from '../bytes/key-table.js'
import { createRefusal, type Refusal } from '../line/refusal.js'

/**
 * The members that a type takes out of an object, or elements of an array, as a tree: at the top the plain names, below
 * them the parts of pointers. `/user/name` is the member `name` of the member `user` (RFC 6901).
 */
export class PointerNode {
  /** Finds a member by its key; the arrays below are by its number. */
  readonly keys: KeyTable
  /** The slot of the member's value, or -1 for one that only leads on. */
  readonly slots: Int32Array
  readonly children: readonly (PointerNode | undefined)[]
  readonly duplicates: readonly Refusal[]
  /** The visit in which a member was last met: two in one visit are a duplicate. */
  readonly seen: Int32Array
  /** For elements of an array: the member's number by index. */
  readonly elements: ReadonlyMap<number, number>

  constructor(fields: readonly { readonly path: readonly string[]; readonly slot: number }[], name = '') {
    const members = [...new Set(fields.map(({ path }) => path[0]!))]
    this.keys = new KeyTable(members)
    const below = members.map((member) => fields.filter(({ path }) => path[0] === member))
    this.slots = Int32Array.from(below, (own) => own.find(({ path }) => path.length === 1)?.slot ?? -1)
    this.children = below.map((own, index) => {
      const deeper = own.flatMap(({ path, slot }) => (path.length > 1 ? [{ path: path.slice(1), slot }] : []))
      return deeper.length > 0 ? new PointerNode(deeper, `${name}/${members[index]}`) : undefined
    })
    this.duplicates = members.map((member) =>
      createRefusal('duplicate_field', `${name === '' ? member : `${name}/${member}`}: expected once`),
    )
    this.seen = new Int32Array(members.length)
    this.elements = new Map(
      members.flatMap((member, index) =>
        /^(0|[1-9]\d{0,5})$/.test(member) ? [[Number(member), index]] : [],
      ),
    )
  }
}

/** `user` is the member of that name, dots and all; a name with a leading / is a pointer. */
export function pathOf(name: string): string[] {
  if (!name.startsWith('/')) return [name]
  return name
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
