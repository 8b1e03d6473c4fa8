import type { DraftRecord } from '../record.js'
import { crlf, foreignText, invalidUtf8, nulByte } from './encoding.js'
import { duplicateField, manyFields, missingField, prototypeKey } from './fields.js'
import type { HostileContext, HostileKind } from './hostile-kind.js'
import { oversize } from './oversize.js'
import { empty, garbage, truncated, unknownFormat, wrongShape } from './shape.js'
import { distantTime, forgedSource, oddAddress } from './tricky-rows.js'
import { badAddress, badInteger, badTimestamp, longText, outOfRange, twoFaults } from './values.js'

/** Drawn in turn, so that a few dozen hostile lines already hold every kind. */
const FREQUENT_KINDS: readonly HostileKind[] = [
  truncated,
  badAddress,
  nulByte,
  crlf,
  unknownFormat,
  badInteger,
  invalidUtf8,
  prototypeKey,
  empty,
  badTimestamp,
  forgedSource,
  missingField,
  garbage,
  outOfRange,
  foreignText,
  duplicateField,
  distantTime,
  wrongShape,
  longText,
  oddAddress,
  manyFields,
  twoFaults,
]

/** One oversize line for so many rounds: at 1 % hostile lines they add about 2 % to the size of the files. */
const ROUNDS_PER_OVERSIZE_LINE = 16

export const HOSTILE_KINDS: readonly HostileKind[] = [...FREQUENT_KINDS, oversize]

/** Returns a function that draws the next hostile line. */
export function createHostileDraw(): (context: HostileContext) => DraftRecord {
  let drawn = 0
  let rounds = 0
  return (context) => {
    let kind = FREQUENT_KINDS[drawn]
    drawn++
    if (kind === undefined) {
      drawn = 0
      kind = rounds++ % ROUNDS_PER_OVERSIZE_LINE === 0 ? oversize : FREQUENT_KINDS[drawn++]!
    }
    return { ...kind.draw(context), hostileKind: kind.name }
  }
}
