import { envelopes } from '../envelopes/read-envelope.js'
import { formatFields } from '../formats/format-fields.js'
import type { FormatDeclaration } from '../formats/format-schema.js'
import { EVENT_FIELD } from '../layers/alternatives.js'
import { FieldSlots } from '../line/field-slots.js'
import type { ColumnDeclaration, Declaration } from './declaration.js'
import { type FieldUse, fieldOf, fieldsOf } from './finding.js'
import type { TypeFormatDeclaration } from './formats-of-type.js'

/** The field that is the whole message: the line without its envelope. */
export const MESSAGE_FIELD = '@message'
/** The field that is the whole line. */
export const LINE_FIELD = '@line'

/** Whether a field is more than a part of the line, so that it could not be put together again from its fields. */
export function isOuterField(name: string): boolean {
  return name === MESSAGE_FIELD || name === LINE_FIELD
}

/** The single formats of a type's format. */
export function formatsOf(format: TypeFormatDeclaration): readonly FormatDeclaration[] {
  return format.kind === 'alternatives' ? format.of : [format]
}

/** The fields that come from the line's envelope, and from Sluice itself. No format sets one of them. */
export function outerFields({ envelope, format, extract }: Declaration): ReadonlySet<string> {
  const names = new Set(envelope === undefined ? [] : envelopes[envelope.kind].fields)
  names.add(MESSAGE_FIELD)
  names.add(LINE_FIELD)
  if ([format, ...extract].some(({ kind }) => kind === 'alternatives')) names.add(EVENT_FIELD)
  return names
}

/** Every field that a column or an `extract` takes; first one of each column, in their order. */
export function fieldUses({ columns, extract }: Declaration): FieldUse[] {
  return [
    ...columns.map((column, index) => ({ name: fieldOf(column), path: fromPath(column, index) })),
    ...columns.flatMap((column, index) =>
      fieldsOf(column)
        .slice(1)
        .map((name, other) => ({ name, path: [...fromPath(column, index), other + 1] })),
    ),
    ...extract.map(({ from }, index) => ({ name: from, path: ['extract', index, 'from'] })),
  ]
}

function fromPath({ from }: ColumnDeclaration, index: number): PropertyKey[] {
  return ['columns', index, from === undefined ? 'name' : 'from']
}

/** One format, or alternatives: where fields come from. */
export interface Stage {
  readonly path: readonly PropertyKey[]
  readonly formats: readonly FormatDeclaration[]
  /** Fields with a place of their own in one of the formats. */
  readonly placed: ReadonlySet<string>
  /** One of the formats finds further fields by their names. */
  readonly byName: boolean
  /** The field that is taken apart; undefined: the message. */
  readonly from: string | undefined
}

/** The format, then each `extract`. Call with templates that can be parsed. */
export function stagesOf({ format, extract }: Declaration): Stage[] {
  return [
    createStage(['format'], formatsOf(format), undefined),
    ...extract.map((one, index) => createStage(['extract', index], formatsOf(one), one.from)),
  ]
}

function createStage(
  path: readonly PropertyKey[],
  formats: readonly FormatDeclaration[],
  from: string | undefined,
): Stage {
  const fields = formats.map(formatFields)
  return {
    path,
    formats,
    placed: new Set(fields.flatMap(({ placed }) => placed)),
    byName: fields.some(({ byName }) => byName),
    from,
  }
}

/** The slots of a type's fields: one of each column, then further ones of columns and what only an `extract` takes. */
export function fieldSlots(declaration: Declaration): FieldSlots {
  return new FieldSlots([...new Set(fieldUses(declaration).map(({ name }) => name))])
}

/**
 * What one of the stages of a type may set: not what comes from the envelope, nor what has its place in another stage. Otherwise a sender
 * could say, with a key of that name, what is not his to say.
 */
export function slotsOfStage(
  declaration: Declaration,
  stages: readonly Stage[],
  stage: Stage,
  slots: FieldSlots,
): FieldSlots {
  const outer = outerFields(declaration)
  const others = stages.filter((one) => one !== stage)
  return slots.without(
    (name) => outer.has(name) || name === stage.from || others.some(({ placed }) => placed.has(name)),
  )
}
