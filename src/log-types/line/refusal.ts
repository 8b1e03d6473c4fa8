/** Why a line of a recognised type becomes a dead letter; a closed set, it is a metric label and a column value. */
export const refusalReasons = [
  'nul_byte',
  'invalid_utf8',
  'no_match',
  'missing_field',
  'duplicate_field',
  'header_line',
  'header_changed',
  'bad_timestamp',
  'bad_address',
  'bad_integer',
  'bad_number',
  'bad_boolean',
  'bad_uuid',
  'bad_mac',
  'bad_network',
  'bad_value',
  'bad_json',
  'out_of_range',
  'too_long',
  'too_many_fields',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/**
 * A refused line. Allocated once per (reason, column) when a type is compiled, never per line, so that a flood of
 * bad lines costs no more than good ones. `detail` names what was expected and never repeats the line's content.
 */
export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
}

/** Call at start only; see Refusal. */
export function createRefusal(reason: RefusalReason, detail: string): Refusal {
  return Object.freeze({ reason, detail })
}
