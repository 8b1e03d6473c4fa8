import { z } from 'zod'
import { list, strict } from '../declaration/schema-rules.js'
import { shorthand } from '../declaration/shorthand.js'

const APP_RULE = 'the name of a program: 1 to 128 printable ASCII characters without a space'
const ENVELOPE_RULE = 'a mapping with kind and, for syslog, app'

export const envelopeKinds = ['syslog', 'rfc3164', 'rfc5424', 'docker', 'cri'] as const
export type EnvelopeKind = (typeof envelopeKinds)[number]

const KIND_RULE = `one of ${envelopeKinds.join(', ')}`

const mapping = strict(ENVELOPE_RULE, {
  kind: z.enum(envelopeKinds, { error: KIND_RULE }),
  app: list(
    z.string({ error: APP_RULE }).regex(/^[\x21-\x7e]{1,128}$/, { error: APP_RULE }),
    'a list of 1 to 64 names of programs',
    1,
    64,
  ).optional(),
})

export type EnvelopeDeclaration = z.infer<typeof mapping>

/** `syslog` is short for `{ kind: syslog }`. */
export const envelopeSchema = shorthand<EnvelopeDeclaration>(mapping, (text) => {
  const kind = envelopeKinds.find((one) => one === text)
  return kind === undefined ? KIND_RULE : { kind }
})
