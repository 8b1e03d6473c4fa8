/** The names of the fields that a type takes out of its lines; the place of a name is the field's slot in Fields. */
export class FieldSlots {
  private readonly slots: ReadonlyMap<string, number>

  constructor(readonly names: readonly string[]) {
    this.slots = new Map(names.map((name, slot) => [name, slot]))
  }

  /** The slot of a field, or -1 for one that nothing is declared for. */
  of(name: string): number {
    return this.slots.get(name) ?? -1
  }
}
