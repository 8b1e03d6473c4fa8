import type { FieldSlots } from '../field-slots.js'
import { DissectFormat } from './dissect.js'
import type { FormatDeclaration } from './format-schema.js'
import { KeyValueFormat } from './key-value.js'
import type { LineFormat } from './line-format.js'

/** Compiles a checked declaration of a format. What it finds goes into the slots of the fields of that name. */
export function createFormat(format: FormatDeclaration, slots: FieldSlots): LineFormat {
  switch (format.kind) {
    case 'key-value':
      return new KeyValueFormat(format.head, format.pairs, slots)
    case 'dissect':
      return new DissectFormat(format.pattern, slots)
  }
}
