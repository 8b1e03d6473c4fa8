import { type AST, RegExpParser, RegExpSyntaxError } from '@eslint-community/regexpp'
import { isHighSurrogate, isLowSurrogate } from '../json-string.js'
import { anyByte, type ByteSet, byteRange, complementOf, unionOf } from './byte-set.js'
import { type ExpandedPattern, expandGrok } from './expand-grok.js'
import { PatternError, shownPart } from './pattern-error.js'
import { fieldSetTwice, fieldsOf, type PatternNode } from './pattern-node.js'

const LITERAL_BYTE = 0x80
const digits = byteRange(0x30, 0x39)
const spaces = unionOf([byteRange(0x09, 0x0d), byteRange(0x20, 0x20)])
const wordBytes = unionOf([digits, byteRange(0x41, 0x5a), byteRange(0x5f, 0x5f), byteRange(0x61, 0x7a)])
/** Checking a declaration and compiling it ask for each expression many times, and every start does both. */
const parsed = new Map<string, PatternNode>()
/** More than all shipped types have together. */
const MAX_KEPT = 1000
/** Sets by how they are written: the same ones stand in many expressions. */
const classes = new Map<string, ByteSet>()
const escapes = { digit: digits, space: spaces, word: wordBytes } as const

/**
 * Reads a JavaScript expression, with grok names, as one over bytes. What stands for a character that is not ASCII is its
 * bytes in UTF-8; sets know ASCII only, and the bytes of all other characters belong to `.` and to sets with `^`. Throws
 * a PatternError.
 */
export function parsePattern(text: string): PatternNode {
  let node = parsed.get(text)
  if (node === undefined) {
    node = parse(text)
    if (parsed.size >= MAX_KEPT) {
      parsed.clear()
      classes.clear()
    }
    parsed.set(text, node)
  }
  return node
}

function parse(text: string): PatternNode {
  const expanded = expandGrok(text)
  const { source } = expanded
  let pattern: AST.Pattern
  try {
    const parser = new RegExpParser({ strict: true, ecmaVersion: 2025 })
    pattern = parser.parsePattern(source, 0, source.length, { unicode: false })
  } catch (error) {
    if (!(error instanceof RegExpSyntaxError)) throw error
    const got = `${error.message.slice(error.message.lastIndexOf(': ') + 2)} at ${shownPart(expanded.written(error.index, source.length) || 'its end')}`
    throw new PatternError('a JavaScript regular expression', got, 'Correct the expression.')
  }
  const node = new Reader(expanded).choice(pattern.alternatives, pattern)
  const fields = fieldsOf(node)
  const field = new Set(fields).size < fields.length ? fieldSetTwice(node) : undefined
  if (field === undefined) return node
  const advice = 'Rename one of the two, or take one out.'
  throw new PatternError('every field once', `${JSON.stringify(field)} again`, advice)
}

class Reader {
  constructor(private readonly expanded: ExpandedPattern) {}

  choice(alternatives: readonly AST.Alternative[], parent: AST.Node): PatternNode {
    const options = alternatives.map((alternative) => this.sequence(alternative, parent))
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  private sequence({ elements }: AST.Alternative, parent: AST.Node): PatternNode {
    const parts: PatternNode[] = []
    elements.forEach((element, index) => {
      const next = elements[index + 1]
      const before = elements[index - 1]
      if (element.type === 'Character' && isHighSurrogate(element.value)) {
        if (next?.type !== 'Character' || !isLowSurrogate(next.value)) throw this.badSurrogate(element)
        parts.push(literal(String.fromCharCode(element.value, next.value)))
      } else if (element.type === 'Character' && isLowSurrogate(element.value)) {
        if (before?.type !== 'Character' || !isHighSurrogate(before.value)) throw this.badSurrogate(element)
      } else if (element.type === 'Assertion') {
        const isEdge =
          (element.kind === 'start' && index === 0) || (element.kind === 'end' && next === undefined)
        if (!isEdge || parent.type !== 'Pattern') throw this.unsupported(element)
      } else parts.push(this.element(element))
    })
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  private element(element: AST.Element): PatternNode {
    switch (element.type) {
      case 'Character':
        return isHighSurrogate(element.value) || isLowSurrogate(element.value)
          ? this.fail(this.badSurrogate(element))
          : literal(String.fromCharCode(element.value))
      case 'CharacterSet':
        return { kind: 'byte', set: this.characterSet(element) }
      case 'CharacterClass':
        return { kind: 'byte', set: this.knownClass(element) }
      case 'Group':
        if (element.modifiers !== null) throw this.unsupported(element)
        return this.choice(element.alternatives, element)
      case 'CapturingGroup': {
        const part = this.choice(element.alternatives, element)
        const { name } = element
        const field = name === null ? undefined : (this.expanded.fieldOfGroup.get(name) ?? name)
        return field === undefined || field.startsWith('_') ? part : { kind: 'capture', field, part }
      }
      case 'Quantifier': {
        const part = this.element(element.element)
        const { min, max, greedy } = element
        return { kind: 'repeat', part, min, max, isLazy: !greedy, written: this.written(element) }
      }
      default:
        throw this.unsupported(element)
    }
  }

  private characterSet(set: AST.CharacterSet): ByteSet {
    if (set.kind === 'any') return anyByte
    if (set.kind === 'property') throw this.unsupported(set)
    return set.negate ? complementOf(escapes[set.kind]) : escapes[set.kind]
  }

  private knownClass(element: AST.CharacterClass): ByteSet {
    let set = classes.get(element.raw)
    if (set === undefined) {
      set = this.characterClass(element)
      classes.set(element.raw, set)
    }
    return set
  }

  private characterClass(characterClass: AST.CharacterClass): ByteSet {
    const sets = characterClass.elements.map((element): ByteSet => {
      if (element.type === 'CharacterSet') return this.characterSet(element)
      const [from, to] =
        element.type === 'Character'
          ? [element.value, element.value]
          : element.type === 'CharacterClassRange'
            ? [element.min.value, element.max.value]
            : this.fail(this.unsupported(element))
      if (to < LITERAL_BYTE) return byteRange(from, to)
      throw new PatternError(
        'ASCII characters in a set, since text is matched byte by byte',
        shownPart(this.written(characterClass)),
        'Write the other characters as alternatives, such as (?:[a-z]|ä).',
      )
    })
    const set = unionOf(sets)
    return characterClass.negate ? complementOf(set) : set
  }

  private written({ start, end }: AST.Node): string {
    return this.expanded.written(start, end)
  }

  private unsupported(node: AST.Node): PatternError {
    return new PatternError(
      'characters, sets, groups, alternatives and repetitions; the expression stands for the whole text, ^ and $ at its ends add nothing',
      shownPart(this.written(node)),
      'Expressions are matched in linear time, without looking around or back: write what stands there.',
    )
  }

  private badSurrogate(node: AST.Node): PatternError {
    return new PatternError(
      'whole characters',
      shownPart(this.written(node)),
      'Put the character into a group: (?:…).',
    )
  }

  private fail(error: PatternError): never {
    throw error
  }
}

/** The bytes of a character in UTF-8. */
function literal(character: string): PatternNode {
  const parts = [...Buffer.from(character)].map(
    (byte): PatternNode => ({ kind: 'byte', set: byteRange(byte, byte) }),
  )
  return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
}
