import { escapeTemplate, parseTemplate } from '../formats/template.js'
import { PADDING } from './align-tokens.js'
import type { GuessedEnvelope } from './guess-envelope.js'
import type { GuessedFormat } from './guessed-format.js'

export interface DraftDetect {
  readonly template?: string
  readonly contains?: readonly string[]
}

export interface DraftDetection {
  readonly detect: readonly DraftDetect[]
  /** It says little about the lines: others may look like that, too. */
  readonly isWeak: boolean
}

/**
 * How lines of this kind may be told from others, what says most first; with an envelope that names programs there is
 * nothing more to say.
 */
export function draftDetections(
  envelope: GuessedEnvelope | undefined,
  { format, fields, template }: GuessedFormat,
  messages: readonly string[],
): DraftDetection[] {
  const general = { detect: envelope === undefined ? [{ template: '{token}' }] : [], isWeak: true }
  if (envelope !== undefined && envelope.apps.length > 0) return [{ detect: [], isWeak: false }]
  if (format.kind === 'json') return [detectJson(fields, messages), general]
  if (format.kind === 'logfmt' && format.head === '') return [...detectKeys(fields, messages), general]
  const templates = [...beginnings(template, messages[0] ?? ''), ...firstWord(messages)]
  return [...templates.map((one) => ({ detect: [{ template: one }], isWeak: isWeak(one) })), general]
}

function isWeak(template: string): boolean {
  return !/[A-Za-z]{3}/.test(template.replaceAll(/\{(?:token|key)\}/g, ''))
}

/** Keys that every message has, as they are written in it. */
function detectJson(fields: readonly string[], messages: readonly string[]): DraftDetection {
  const keys = fields
    .map((name) => `"${name.startsWith('/') ? name.split('/')[1] : name}"`)
    .filter((key, index, all) => all.indexOf(key) === index && key.length >= 4 && key.length <= 64)
    .filter((key) => messages.every((message) => message.slice(0, 8192).includes(key)))
    // Longer names are less common.
    .sort((a, b) => b.length - a.length)
    .slice(0, 3)
  const contains = keys.length > 0 ? { contains: keys } : {}
  return { detect: [{ template: '{{', ...contains }], isWeak: keys.length < 2 }
}

/** Keys that every message has with a blank before them, so that no longer key is meant. */
function detectKeys(fields: readonly string[], messages: readonly string[]): DraftDetection[] {
  const contains = fields
    .map((name) => ` ${name}=`)
    .filter((key) => key.length >= 4 && messages.every((message) => message.slice(0, 8192).includes(key)))
    .sort((a, b) => b.length - a.length)
    .slice(0, 3)
  return contains.length === 0 ? [] : [{ detect: [{ contains }], isWeak: contains.length < 2 }]
}

const maxTokens = 4

/** The beginnings of a template that end with a literal, up to the first that says something; the longest first. */
function beginnings(pattern: string, message: string): string[] {
  if (pattern === '') return []
  const found: string[] = []
  let template = ''
  const parts = parseTemplate(pattern)
  for (const part of parts.slice(0, 2 * maxTokens)) {
    if (part.kind === 'literal') {
      const padded = part.text.indexOf(PADDING)
      // A template cannot say how many spaces there are: it ends with the first.
      if (padded >= 0) {
        found.unshift(template + escapeTemplate(part.text.slice(0, padded + 1)))
        break
      }
      template += escapeTemplate(part.text)
      found.unshift(template)
      if (/[A-Za-z]{3}/.test(part.text)) break
    } else if (part.name === 'time' && template === '' && /^\S+ \S+:/.test(message)) {
      template = '{token} {token}'
    } else template += '{token}'
  }
  return found
}

function firstWord(messages: readonly string[]): string[] {
  const first = /^[A-Za-z][A-Za-z_.:/-]{3,63}(?= )/.exec(messages[0] ?? '')?.[0]
  const isShared = first !== undefined && messages.every((message) => message.startsWith(`${first} `))
  return isShared ? [escapeTemplate(`${first} `)] : []
}
