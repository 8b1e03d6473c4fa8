import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../load/generate/random.js'
import { checkPattern } from './check-pattern.js'
import { countWays } from './count-ways.js'
import { grokNames } from './grok-names.js'
import { parsePattern } from './parse-pattern.js'
import { javascriptOf } from './pattern-node.js'

/** Patterns as they are written for real lines. */
const realistic = [
  'Failed %{NOTSPACE:method} for (?:invalid user )?(?<user>.*) from %{IP:ip} port %{PORT:port} ssh2',
  'Accepted %{NOTSPACE:method} for %{DATA:user} from %{IP:ip} port %{PORT:port} ssh2(?:: %{GREEDYDATA:key})?',
  'Disconnected from (?:(?:authenticating|invalid) )?user %{DATA:user} %{IP:ip} port %{PORT:port}(?: \\[preauth\\])?',
  '%{IP:client} %{NOTSPACE:ident} %{NOTSPACE:user} \\[%{HTTPDATE:time}\\] "(?<request>[^"]*)" (?<status>\\d{3}) (?:%{INT:bytes}|-) %{QUOTED:referer} %{QUOTED:agent}',
  '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \\[(?<thread>[^\\]]*)\\] %{PROG:logger} - %{GREEDYDATA:message}',
  '%{SYSLOGTIMESTAMP:time} %{IPORHOST:host} %{PROG:app}(?:\\[%{INT:pid}\\])?: %{GREEDYDATA:message}',
  '%ASA-\\d-(?<id>\\d{6}): Deny (?<protocol>\\w+) src (?<zone>[^:]+):(?<src>[^/]+)/(?<sport>\\d+) dst (?<dzone>[^:]+):(?<dst>[^/]+)/(?<dport>\\d+) by access-group "(?<group>[^"]*)".*',
  '(?<a>.*?): (?<b>.*)',
]

function problem(pattern: string): string {
  try {
    checkPattern(pattern)
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('patterns of real lines', () => {
  it.each(realistic)('%s', (pattern) => {
    expect(problem(pattern)).toBe('none')
  })

  it('may use every name, also twice beside each other', () => {
    const open = new Set(['SPACE', 'DATA', 'GREEDYDATA'])
    for (const { name } of grokNames) {
      expect(problem(`<%{${name}:a}>`)).toBe('none')
      if (!open.has(name)) expect(problem(`<%{${name}:a} %{${name}:b}>`)).toBe('none')
    }
  })
})

describe('patterns that could blow up', () => {
  it.each([
    ['(a|a)*', /got `\(a\|a\)\*` with a text that begins with "aaaaaaa"$/],
    ['(?:a+)+b', /got `a\+`/],
    ['(?:a*)*b', /got `a\*`/],
    ['(?:(?:(?:a*)*b)*)*x', /got `\(\?:\(\?:a\*\)\*b\)\*` with a text that begins with "bbbb"$/],
    ['(?:\\w+\\s?)*!', /got `\\w\+`/],
    ['(.*) from (.*) port (\\d+)', /got `\.\*` and `\.\*` with a text that begins with " from from/],
    ['%{DATA:a}, %{DATA:b}: x', /got `%\{DATA:a\}` and `%\{DATA:b\}`/],
    ['.*.*x', /in more than 100 ways/],
    ['(?:a?){30}a{30}', /in more than 100 ways/],
    ['a(?:(?:x|x)*y|.*)', /got `\(\?:x\|x\)\*`/],
    ['.*a.{14}', /an expression whose time can be bounded|in more than 100 ways/],
    ['(?:(?:.{100}){100})', /an expression whose time can be bounded/],
    [`${'(?:a|a)'.repeat(8)}`, /alternatives that overlap/],
  ])('%s', (pattern, message) => {
    expect(problem(pattern)).toMatch(message)
  })
})

describe('patterns that are none', () => {
  it.each([
    ['(a', /a JavaScript regular expression; got Unterminated group/],
    ['%{NOPE:x}', /one of the names WORD, .*; got `%\{NOPE:x\}`$/],
    ['%{IP:a b}', /a field name/],
    ['(?=a)b', /got `\(\?=a\)`$/],
    ['(?<!a)b', /got `\(\?<!a\)`$/],
    ['(?<x>a)\\1', /got `\\1`$/],
    ['\\bx', /got `\\b`$/],
    ['a^b', /got `\^`$/],
    ['(?:a$)', /got `\$`$/],
    ['(?i:a)', /got `\(\?i:a\)`$/],
    ['[ä]', /ASCII characters in a set/],
    ['[^\\u0100]', /ASCII characters in a set/],
    ['😀+', /whole characters/],
    ['%{IP:x}%{WORD:x}', /every field once; got "x" again$/],
    ['(?<x>a(?<y>b)|%{INT:x}c%{INT:x})', /every field once|Duplicate/],
  ])('%s', (pattern, message) => {
    expect(problem(pattern)).toMatch(message)
  })
})

describe('all states that a text can lead to', () => {
  it.each([
    ['abc', 3, 1],
    ['[ab]*b', 2, 2],
    ['\\d{1,3}(?:\\.\\d{1,3}){3}', 15, 1],
    ['[^ ]+ .*', 1, 1],
    ['(?:[^ ]*:)?\\w+x', 4, 3],
    ['(?:(?:a|b*)c)*a?', 3, 2],
    ['[^\\s\\S]a', 0, 0],
  ])('of %s are %i, with at most %i ways', (pattern, states, ways) => {
    expect(countWays(parsePattern(pattern))).toEqual({ kind: 'bounded', states, ways })
  })

  it('lead to a text that has too many', () => {
    const { kind, ...found } = countWays(parsePattern('(?:ab|a|b)*c'))
    expect([kind, found]).toEqual(['too-many', { text: 'ababababababa', loops: ['(?:ab|a|b)*'] }])
  })
})

describe('the bound', () => {
  /** CPU time, which other programs on the machine do not change. */
  function matchMs(expression: RegExp, text: string): number {
    const started = process.cpuUsage()
    expression.test(text)
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  }

  it('holds for hostile texts of 256 KiB: a match takes milliseconds', () => {
    const fills = [' ', 'a', '1', ' from ', ' port ', ':', '"', '\\', '.', '-', 'user ', '[', ': ', '/', ', ']
    for (const pattern of realistic) {
      const node = parsePattern(pattern)
      expect(countWays(node)).toMatchObject({ kind: 'bounded' })
      const expression = new RegExp(`^(?:${javascriptOf(node)})$`)
      for (const fill of fills) {
        const text = `Failed x for ${fill.repeat(Math.floor(262_144 / fill.length))}`
        expect(matchMs(expression, text)).toBeLessThan(300)
      }
    }
  })

  it('says yes to nothing that is quadratic, on 3,000 random patterns', () => {
    const { below } = createRandom(7)
    const atoms = ['a', 'b', '[ab]', '.', '[^a]', 'ab']
    const suffixes = ['', '', '*', '+', '?', '*?', '{0,3}', '{2}']
    const random = (depth: number): string => {
      const parts = Array.from({ length: 1 + below(3) }, () => {
        const isGroup = depth > 0 && below(3) === 0
        const atom = isGroup
          ? `(?:${random(depth - 1)}|${random(depth - 1)})`
          : `(?:${atoms[below(atoms.length)]})`
        return atom + suffixes[below(suffixes.length)]
      })
      return parts.join('')
    }
    let bounded = 0
    for (let round = 0; round < 3000; round++) {
      const node = parsePattern(`${random(2)}c`)
      if (countWays(node).kind !== 'bounded') continue
      bounded++
      const expression = new RegExp(`^(?:${javascriptOf(node)})$`)
      for (const unit of ['a', 'b', 'ab', 'aab', 'ba']) {
        // A quadratic one takes seconds at this length.
        expect(matchMs(expression, unit.repeat(20_000))).toBeLessThan(300)
      }
    }
    expect(bounded).toBeGreaterThan(300)
  })
})
