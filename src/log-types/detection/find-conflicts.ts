import { parseTemplate, type TemplatePart } from '../formats/template.js'
import { contentEnd } from '../line/line-content.js'
import type { LogTypeRegistry } from '../log-type.js'
import type { TypeSamples } from '../samples/load-samples.js'
import type { Detection, DetectionRule } from './detection.js'

/** Lines that are meant for one type, and that a type before it in order gets. */
export interface Conflict {
  readonly logType: string
  /** Who gets them. */
  readonly claimedBy: string
  /** What shows it, a sentence without the names. */
  readonly evidence: string
}

/** What can be seen without a line, and what the samples show. In the order of the types. */
export function findConflicts(registry: LogTypeRegistry, samples: readonly TypeSamples[]): Conflict[] {
  return [...findCovered(registry), ...findClaimedSamples(registry, samples)]
}

/** Rules that a rule of an earlier type leaves no line. */
function findCovered({ types }: LogTypeRegistry): Conflict[] {
  return types.flatMap((type, index) =>
    type.detection.rules.flatMap((rule) => {
      const earlier = types
        .slice(0, index)
        .find(
          ({ detection }) =>
            coversEnvelope(detection, type.detection) && detection.rules.some((one) => coversRule(one, rule)),
        )
      if (earlier === undefined) return []
      const shown = rule.template === undefined ? 'what it looks for' : JSON.stringify(rule.template)
      return [{ logType: type.name, claimedBy: earlier.name, evidence: `${shown} never gets a line` }]
    }),
  )
}

function coversEnvelope(earlier: Detection, later: Detection): boolean {
  if (earlier.envelope !== later.envelope) return false
  return earlier.apps === undefined || (later.apps?.every((app) => earlier.apps?.includes(app)) ?? false)
}

/** True only where it is certain; two templates can take the same lines without it. */
function coversRule(earlier: DetectionRule, later: DetectionRule): boolean {
  if (!earlier.contains.every((text) => later.contains.some((other) => other.includes(text)))) return false
  if (earlier.template === undefined) return true
  if (later.template === undefined) return false
  const [first, second] = [parseTemplate(earlier.template), parseTemplate(later.template)]
  const last = first.length - 1
  return first.every((part, index) => {
    const other = second[index]
    if (other === undefined) return false
    const before = first[index - 1]
    const followsToken = before?.kind === 'placeholder' && before.name === 'token'
    // A token at the end of the earlier template ends anywhere; one that a literal follows ends there.
    return samePart(part, other) || (index === last && beginsWith(other, part, followsToken))
  })
}

function samePart(a: TemplatePart, b: TemplatePart): boolean {
  if (a.kind === 'literal') return b.kind === 'literal' && a.text === b.text
  return b.kind === 'placeholder' && a.name === b.name
}

/** A literal after a token ends it: a shorter one could end it elsewhere, unless it is a space, which no token has. */
function beginsWith(longer: TemplatePart, shorter: TemplatePart, followsToken: boolean): boolean {
  if (longer.kind !== 'literal' || shorter.kind !== 'literal') return false
  return longer.text.startsWith(shorter.text) && (!followsToken || shorter.text.startsWith(' '))
}

/** Samples that are to be recognised, and that another type gets. One conflict for each pair of types. */
function findClaimedSamples(registry: LogTypeRegistry, all: readonly TypeSamples[]): Conflict[] {
  return all.flatMap(({ logType, samples = [] }) => {
    const byClaimant = new Map<string, number[]>()
    for (const { expectation, line, fileLine } of samples) {
      if (expectation.kind === 'unclaimed') continue
      const end = contentEnd(line, 0, line.length)
      // Empty lines are asked of no type.
      const claimant = end === 0 ? undefined : registry.types[registry.classify(line, 0, end)]?.name
      if (claimant === undefined || claimant === logType) continue
      byClaimant.set(claimant, [...(byClaimant.get(claimant) ?? []), fileLine])
    }
    return [...byClaimant].map(([claimedBy, [first, ...others]]) => {
      const more = others.length === 0 ? '' : ` and ${others.length} more`
      return { logType, claimedBy, evidence: `its sample in line ${first}${more}` }
    })
  })
}
