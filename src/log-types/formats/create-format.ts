import type { FieldSlots } from '../line/field-slots.js'
import { DelimitedFormat } from './delimited.js'
import { DissectFormat } from './dissect.js'
import { type FormatDeclaration, isPlainPairs } from './format-schema.js'
import { JsonFormat } from './json.js'
import { KeyValueFormat } from './key-value.js'
import type { LineFormat } from './line-format.js'
import { PatternFormat } from './pattern.js'
import { QuotedPairsFormat } from './quoted-pairs.js'

const LOGFMT = { separator: ' ', assign: '=', quote: '"', escape: '\\', spaces: true, bare: true }

/** Compiles a format that checkFormat accepts. What it finds goes into the slots of the fields of that name. */
export function createFormat(format: FormatDeclaration, slots: FieldSlots): LineFormat {
  switch (format.kind) {
    case 'dissect':
      return new DissectFormat(format.pattern, slots)
    case 'key-value':
      return isPlainPairs(format.pairs)
        ? new KeyValueFormat(format.head, format.pairs, slots)
        : new QuotedPairsFormat(format.head, format.pairs, slots)
    case 'logfmt':
      return new QuotedPairsFormat(format.head, LOGFMT, slots, 'json')
    case 'pattern':
      return new PatternFormat(format.pattern, slots)
    case 'delimited':
      return new DelimitedFormat(format, slots)
    case 'json':
      return new JsonFormat(slots)
  }
}
