import type { AlternativesDeclaration, TypeFormatDeclaration } from '../declaration/formats-of-type.js'
import { createFormat } from '../formats/create-format.js'
import type { LineFormat } from '../formats/line-format.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'

/** The field that has the name of the alternative that fits. */
export const EVENT_FIELD = '@event'

interface Alternative {
  readonly format: LineFormat
  readonly eventStart: number
  readonly eventEnd: number
}

/**
 * Formats that are tried in order on the same text: the first that fits takes it apart, and nothing is left of what the
 * others found before they did not fit. A text is so looked at once for each of them at most. A header that one of them
 * knows is no record for the others either.
 */
class AlternativesFormat implements LineFormat {
  private readonly alternatives: readonly Alternative[]
  private readonly eventSlot: number
  private readonly refusal: Refusal

  /** `slots`: what the formats may set. `fields`: those that lines will be taken apart into. */
  constructor({ of }: AlternativesDeclaration, slots: FieldSlots, eventSlot: number, fields: Fields) {
    this.eventSlot = eventSlot
    this.alternatives = of.map(({ event, ...format }) => {
      const eventStart = SCRATCH + fields.scratch.addConstant(event)
      return { format: createFormat(format, slots), eventStart, eventEnd: eventStart + event.length }
    })
    this.refusal = createRefusal(
      'no_match',
      of.length === 1 ? `expected ${of[0]!.event}` : `expected one of the ${of.length} alternatives`,
    )
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { alternatives, eventSlot } = this
    let refused = this.refusal
    fields.save()
    for (let i = 0; i < alternatives.length; i++) {
      const { format, eventStart, eventEnd } = alternatives[i]!
      const refusal = format.split(bytes, start, end, fields)
      if (refusal === undefined) {
        if (eventSlot >= 0) fields.set(eventSlot, eventStart, eventEnd)
        return undefined
      }
      // The header of one of them is no record of another one.
      if (refusal.reason === 'header_line') return refusal
      if (refusal.reason === 'header_changed') refused = refusal
      fields.restore()
    }
    return refused
  }
}

/** Compiles what `format`, or one of `extract`, may be. `all`: the slots of all fields; `slots`: those it may set. */
export function createTypeFormat(
  format: TypeFormatDeclaration,
  slots: FieldSlots,
  all: FieldSlots,
  fields: Fields,
): LineFormat {
  if (format.kind !== 'alternatives') return createFormat(format, slots)
  return new AlternativesFormat(format, slots, all.of(EVENT_FIELD), fields)
}
