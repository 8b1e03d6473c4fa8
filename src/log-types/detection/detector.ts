import { parseTemplate, TemplateError, type TemplatePart } from '../formats/template.js'

/**
 * A detector says by the beginning of a line whether the line may be of a type. It is a template whose tail is open:
 *
 *   {token}   1 to 255 bytes without a space, up to the first occurrence of the literal that follows
 *   {key}     1 to 64 letters, digits, _ . -
 *
 * Compiled to one array, which `runDetector` interprets; alternatives follow each other:
 *
 *   | END 0 |   | LITERAL 1 | length | bytes … |   | TOKEN 2 | length | bytes … |   | KEY 3 |
 *   | PLAIN_TOKEN 4 | length | bytes … |
 *
 * A TOKEN takes the literal that follows it along (length 0 at the end of the template). A PLAIN_TOKEN is one at the
 * beginning of a line that cannot end before the line's first byte that is not plain (see plainEnd).
 */
const END = 0
const LITERAL = 1
const TOKEN = 2
const KEY = 3
const PLAIN_TOKEN = 4

const MAX_TOKEN_BYTES = 255
const MAX_KEY_BYTES = 64
const SPACE = 0x20

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** For each byte, whether it may be in a {key}. */
const isKeyByte = byteSet(`${alphanumeric}_.-`)
/** For each byte, whether it is plain: what times, addresses and names are made of, and separators are not. */
const isPlainByte = byteSet(`${alphanumeric}_.-:+`)

function byteSet(characters: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const character of characters) set[character.charCodeAt(0)] = 1
  return set
}

/**
 * Where the run of plain bytes ends that a line begins with, not looking further than a token may reach: found once for
 * all detectors that look at the line.
 */
export function plainEnd(bytes: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_TOKEN_BYTES)
  let at = start
  while (at < limit && isPlainByte[bytes[at]!] === 1) at++
  return at
}

/** Where the first space is, no further than a token may reach; -1 without one. `linePlainEnd`: plainEnd of the line. */
export function tokenSpace(bytes: Buffer, start: number, end: number, linePlainEnd: number): number {
  const last = Math.min(end - 1, start + MAX_TOKEN_BYTES)
  for (let at = linePlainEnd; at <= last; at++) if (bytes[at] === SPACE) return at
  return -1
}

/** Whether a program begins with a token that ends at the first space: without one it does not fit. */
export function beginsWithSpacedToken(program: Int32Array): boolean {
  return program[0] === PLAIN_TOKEN && program[1]! > 0 && program[2] === SPACE
}

/** Compiles one alternative. Throws a TemplateError. */
export function compileDetector(text: string): number[] {
  const parts = parseTemplate(text)
  if (parts.length === 0) throw new TemplateError('a template such as "{token} client "', '""')
  const program: number[] = []
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!
    const next = parts[index + 1]
    const literal = next?.kind === 'literal' ? next.text : ''
    if (part.kind === 'literal') program.push(LITERAL, ...withLength(part.text))
    else if (isPlaceholder(part, 'key')) {
      if (isKeyByte[literal.charCodeAt(0)] === 1) {
        throw new TemplateError('something after {key} that cannot be part of a key', JSON.stringify(literal))
      }
      program.push(KEY)
    } else if (isPlaceholder(part, 'token')) {
      const isPlain = index === 0 && isPlainByte[literal.charCodeAt(0)] !== 1
      program.push(isPlain ? PLAIN_TOKEN : TOKEN, ...withLength(literal))
      if (literal !== '') index++
    } else {
      throw new TemplateError(
        'no placeholders but {token} and {key}',
        `{${part.name}${part.toLast ? '*' : ''}}`,
      )
    }
  }
  program.push(END)
  return program
}

function isPlaceholder(part: TemplatePart, name: string): boolean {
  return part.kind === 'placeholder' && part.name === name && !part.toLast
}

function withLength(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')]
}

/**
 * Runs the alternative that begins at `programStart`. Takes the first end of a token that fits and does not go back, so
 * the work is bounded by 255 bytes for each token, whatever the line holds. `linePlainEnd`: plainEnd of the line.
 */
export function runDetector(
  program: Int32Array,
  programStart: number,
  bytes: Buffer,
  start: number,
  end: number,
  linePlainEnd: number,
): boolean {
  let pc = programStart
  let at = start
  for (;;) {
    const operation = program[pc++]!
    if (operation === END) return true
    if (operation === KEY) {
      const keyStart = at
      const limit = Math.min(end, at + MAX_KEY_BYTES + 1)
      while (at < limit && isKeyByte[bytes[at]!] === 1) at++
      if (at === keyStart || at - keyStart > MAX_KEY_BYTES) return false
      continue
    }
    const length = program[pc++]!
    if (operation === TOKEN || operation === PLAIN_TOKEN) {
      const tokenStart = at
      const limit = Math.min(end, at + MAX_TOKEN_BYTES)
      if (operation === PLAIN_TOKEN) at = Math.min(linePlainEnd, limit)
      const first = length > 0 ? program[pc]! : -1
      for (; ; at++) {
        // The literal may begin right after the longest token, where no further byte of the token may be.
        if (at < end && bytes[at] === first && literalAt(program, pc, length, bytes, at, end)) break
        if (at >= limit || bytes[at] === SPACE) {
          if (length === 0) break
          return false
        }
      }
      if (at === tokenStart) return false
    } else if (!literalAt(program, pc, length, bytes, at, end)) return false
    at += length
    pc += length
  }
}

function literalAt(
  program: Int32Array,
  pc: number,
  length: number,
  bytes: Buffer,
  at: number,
  end: number,
): boolean {
  if (at + length > end) return false
  for (let k = 0; k < length; k++) if (bytes[at + k] !== program[pc + k]) return false
  return true
}
