/** Stands for a name that a format must not set: no field of a line has this name. */
const CLOSED = '\0'

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

  /**
   * The same slots for a format that may not set all of them: what comes from elsewhere is to the format as a field
   * that nothing is declared for, so that no sender can name it.
   */
  without(closed: (name: string) => boolean): FieldSlots {
    return new FieldSlots(this.names.map((name, slot) => (closed(name) ? `${CLOSED}${slot}` : name)))
  }
}
