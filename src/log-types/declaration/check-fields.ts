import { checkFormat } from '../formats/check-format.js'
import type { Declaration } from './declaration.js'
import { fieldUses, outerFields, stagesOf } from './field-plan.js'
import type { FieldUse, Finding } from './finding.js'
import type { TypeFormatDeclaration } from './formats-of-type.js'

/** The rules that connect envelope, format, `extract` and columns: where each field comes from, and where it goes. */
export function checkFields(declaration: Declaration): Finding[] {
  const uses = fieldUses(declaration)
  const outer = outerFields(declaration)
  const inner = uses.filter(({ name }) => !outer.has(name))
  const findings = checkFormats(declaration.format, ['format'], inner)
  declaration.extract.forEach((one, index) => {
    findings.push(...checkFormats(one, ['extract', index], inner))
  })
  findings.push(...checkAlternatives(declaration))
  return findings.length > 0 ? findings : [...checkSources(declaration), ...checkOrder(declaration)]
}

function checkFormats(
  format: TypeFormatDeclaration,
  path: readonly PropertyKey[],
  uses: readonly FieldUse[],
): Finding[] {
  if (format.kind !== 'alternatives') return checkFormat(format, path, uses)
  return format.of.flatMap((one, index) => checkFormat(one, [...path, 'of', index], uses))
}

/** There is one field for what fitted, so there is one place where it is decided. */
function checkAlternatives({ format, extract }: Declaration): Finding[] {
  const kinds = [format, ...extract].map(({ kind }) => kind)
  const again = kinds.lastIndexOf('alternatives')
  if (kinds.indexOf('alternatives') === again) return []
  return [
    {
      path: ['extract', again - 1, 'kind'],
      expected: 'alternatives in one place of a type',
      got: JSON.stringify('alternatives'),
      advice: 'Use another kind here.',
    },
  ]
}

/** Every field that is taken must come from somewhere. */
function checkSources(declaration: Declaration): Finding[] {
  const stages = stagesOf(declaration)
  if (stages.some(({ byName }) => byName)) return []
  const outer = outerFields(declaration)
  const placed = stages.flatMap((stage) => [...stage.placed])
  const isPlain =
    declaration.envelope === undefined &&
    (declaration.format.kind === 'dissect' || declaration.format.kind === 'pattern') &&
    stages.length === 1
  return fieldUses(declaration).flatMap(({ name, path }) => {
    if (placed.includes(name) || outer.has(name)) return []
    const known = placed.length > 0 ? placed : [...outer]
    return [
      {
        path,
        expected: isPlain
          ? `a placeholder of the pattern: ${known.join(', ')}`
          : `a field that the line has: ${[...outer, ...placed].join(', ')}`,
        got: JSON.stringify(name),
        advice: isPlain
          ? 'Add {name} to the pattern, or set from to the placeholder that is meant.'
          : 'Add it to a format, or set from to the field that is meant.',
      },
    ]
  })
}

/** A field has its place in one stage, and is taken apart after it was found. */
function checkOrder(declaration: Declaration): Finding[] {
  const findings: Finding[] = []
  const stages = stagesOf(declaration)
  const places = new Map<string, number>()
  stages.forEach((stage, index) => {
    for (const name of stage.placed) {
      const before = places.get(name)
      if (before === undefined) places.set(name, index)
      else {
        findings.push({
          path: stage.path,
          expected: 'fields that no format before has',
          got: JSON.stringify(name),
          advice: 'Give the field another name in one of the two.',
        })
      }
    }
  })
  declaration.extract.forEach(({ from }, index) => {
    const place = places.get(from)
    if (place === undefined || place <= index) return
    findings.push({
      path: ['extract', index, 'from'],
      expected: 'a field that comes before it is taken apart',
      got: JSON.stringify(from),
      advice: 'Change the order of extract.',
    })
  })
  return findings
}
