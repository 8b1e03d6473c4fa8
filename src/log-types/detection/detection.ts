import type { EnvelopeDeclaration, EnvelopeKind } from '../envelopes/envelope-schema.js'
import type { DetectEntry } from './detect-schema.js'
import { compileDetector } from './detector.js'

/** One way to recognise a line of a type; all of it must fit. */
export interface DetectionRule {
  /** As declared; undefined: the beginning may be anything. */
  readonly template: string | undefined
  /** Program for runDetector; a template that is left out fits every text. */
  readonly program: readonly number[]
  /** Texts that must be somewhere in the first MAX_SEARCHED_BYTES. */
  readonly contains: readonly string[]
}

/** How a type recognises its lines: data, which Classifier compiles for all types together. */
export interface Detection {
  /** The rules look at what is in the envelope; a line without it is not of the type. */
  readonly envelope: EnvelopeKind | undefined
  /** The programs whose lines may be of the type, undefined: any. */
  readonly apps: readonly string[] | undefined
  /** One of them must fit. */
  readonly rules: readonly DetectionRule[]
}

/** Throws a TemplateError. */
export function compileDetection(
  envelope: EnvelopeDeclaration | undefined,
  detect: readonly DetectEntry[],
): Detection {
  const entries = detect.length > 0 ? detect : [{ template: undefined, contains: [] }]
  const rules = entries.map(({ template, contains }) => {
    const program = template === undefined ? [0] : compileDetector(template)
    return { template, program, contains }
  })
  return { envelope: envelope?.kind, apps: envelope?.app, rules }
}
