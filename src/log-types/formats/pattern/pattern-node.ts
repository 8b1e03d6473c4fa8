import { type ByteSet, sourceOf } from './byte-set.js'

/** An expression over bytes. */
export type PatternNode =
  | { readonly kind: 'byte'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly part: PatternNode
      readonly min: number
      readonly max: number
      readonly isLazy: boolean
      /** As it was written, for messages. */
      readonly written: string
    }
  | { readonly kind: 'capture'; readonly field: string; readonly part: PatternNode }

/** The expression as JavaScript has it, for a text of bytes, each a character. Group i + 1 is field i of fieldsOf. */
export function javascriptOf(node: PatternNode): string {
  switch (node.kind) {
    case 'byte':
      return sourceOf(node.set)
    case 'sequence':
      return node.parts.map((part) => javascriptOf(part)).join('')
    case 'choice':
      return `(?:${node.options.map((option) => javascriptOf(option)).join('|')})`
    case 'capture':
      return `(${javascriptOf(node.part)})`
    case 'repeat': {
      const part = javascriptOf(node.part)
      const times = node.max === Infinity ? `{${node.min},}` : `{${node.min},${node.max}}`
      return `${node.part.kind === 'byte' ? part : `(?:${part})`}${times}${node.isLazy ? '?' : ''}`
    }
  }
}

/** The bytes that every text begins with which the expression fits, each a character. */
export function prefixOf(node: PatternNode): string {
  return walkPrefix(node).text
}

/** `isWhole`: the expression fits this text and no other. */
function walkPrefix(node: PatternNode): { text: string; isWhole: boolean } {
  switch (node.kind) {
    case 'byte': {
      const isWhole = node.set.reduce((count, isIn) => count + isIn, 0) === 1
      return { text: isWhole ? String.fromCharCode(node.set.indexOf(1)) : '', isWhole }
    }
    case 'sequence': {
      let text = ''
      for (const part of node.parts) {
        const prefix = walkPrefix(part)
        text += prefix.text
        if (!prefix.isWhole) return { text, isWhole: false }
      }
      return { text, isWhole: true }
    }
    case 'capture':
      return walkPrefix(node.part)
    default:
      return { text: '', isWhole: false }
  }
}

/** The captured fields in the order in which their groups open; one that stands in two alternatives is there twice. */
export function fieldsOf(node: PatternNode): string[] {
  const fields: string[] = []
  addFields(node, fields)
  return fields
}

function addFields(node: PatternNode, fields: string[]): void {
  switch (node.kind) {
    case 'byte':
      return
    case 'sequence':
      for (const part of node.parts) addFields(part, fields)
      return
    case 'choice':
      for (const option of node.options) addFields(option, fields)
      return
    case 'capture':
      fields.push(node.field)
      addFields(node.part, fields)
      return
    case 'repeat':
      addFields(node.part, fields)
  }
}

/** A field that one text could set twice, if there is one. */
export function fieldSetTwice(node: PatternNode): string | undefined {
  switch (node.kind) {
    case 'byte':
      return undefined
    case 'choice':
      return node.options.map(fieldSetTwice).find((field) => field !== undefined)
    case 'repeat':
      return fieldSetTwice(node.part)
    case 'capture':
      return fieldsOf(node.part).includes(node.field) ? node.field : fieldSetTwice(node.part)
    case 'sequence': {
      const seen = new Set<string>()
      for (const part of node.parts) {
        const inside = fieldSetTwice(part)
        if (inside !== undefined) return inside
        const fields = new Set(fieldsOf(part))
        for (const field of fields) {
          if (seen.has(field)) return field
          seen.add(field)
        }
      }
      return undefined
    }
  }
}
