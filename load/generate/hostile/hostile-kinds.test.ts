import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { generateRecords } from '../generate-records.js'
import { type GeneratedRecord, isDeadLetter } from '../record.js'
import { type Outcome, outcomeOf } from './hostile-kind.js'
import { HOSTILE_KINDS } from './hostile-kinds.js'

function recordsByKind(lines: number): Map<string, GeneratedRecord[]> {
  const byKind = new Map<string, GeneratedRecord[]>()
  for (const record of generateRecords({ seed: 11, lines, hostilePercent: 100 })) {
    if (record.hostileKind === undefined) continue
    const records = byKind.get(record.hostileKind) ?? []
    records.push(record)
    byKind.set(record.hostileKind, records)
  }
  return byKind
}

const byKind = recordsByKind(20_000)

describe('hostile kinds', () => {
  test.each(HOSTILE_KINDS.map((kind) => [kind.name, kind] as const))(
    '%s has exactly its declared outcomes',
    (name, kind) => {
      const seen = new Set<Outcome>(byKind.get(name)?.map(({ expected }) => outcomeOf(expected)))
      expect([...seen].sort()).toEqual([...kind.outcomes].sort())
    },
  )

  test('all occur within a few dozen lines', () => {
    expect([...recordsByKind(60).keys()].sort()).toEqual(
      [...HOSTILE_KINDS.map(({ name }) => name), 'byte_order_mark', 'no_final_newline'].sort(),
    )
  })

  test('are documented, each with its outcomes', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    for (const { name, summary, outcomes } of HOSTILE_KINDS) {
      const shown = outcomes.map((outcome) => `\`${outcome}\``).join(', ')
      expect(readme).toContain(`| \`${name}\` | ${summary} | ${shown} |`)
    }
  })

  test('hold the bytes that their names promise', () => {
    const every = (kind: string, holds: (record: GeneratedRecord) => boolean) =>
      expect(byKind.get(kind)?.every(holds), kind).toBe(true)
    const strict = new TextDecoder('utf-8', { fatal: true })
    every('crlf', ({ terminator }) => terminator === '\r\n')
    every('nul_byte', ({ line }) => line.includes(0))
    every('empty', ({ line }) => line.length === 0)
    every('garbage', ({ line }) => !line.includes(' ') && !line.includes('|'))
    every(
      'oversize',
      ({ line, expected }) => line.length > 65_536 === (outcomeOf(expected) === 'unclassified/oversize_line'),
    )
    every('invalid_utf8', ({ line }) => {
      try {
        strict.decode(line)
        return false
      } catch {
        return true
      }
    })
  })

  test('keep a forged source out of the address', () => {
    for (const { line, expected } of byKind.get('forged_source') ?? []) {
      if (isDeadLetter(expected)) throw new Error('A forged source is a valid line.')
      expect(expected.values.username).toMatch(/ from 6\.6\.6\.6 port 1 ssh2$/)
      expect(
        line
          .toString()
          .endsWith(` from ${expected.values.source_ip} port ${expected.values.source_port} ssh2`),
      ).toBe(true)
    }
  })

  test('keep __proto__ as a field of its own', () => {
    const keys = byKind
      .get('prototype_key')
      ?.flatMap(({ expected }) => (isDeadLetter(expected) ? [] : Object.keys(expected.extra ?? {})))
    expect(keys).toContain('__proto__')
  })
})
