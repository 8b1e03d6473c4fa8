import { describe, expect, it } from 'vitest'
import { declarationProblems, sshdDeclaration } from '../../../load/test/layered-type.js'

describe('declarations', () => {
  it.each([
    [{ detect: undefined, envelope: undefined }, /^t\.yaml: detect: expected a list of 1 to 16 templates/],
    [{ envelope: 'sylog' }, /envelope: expected one of syslog, .*; got "sylog"$/],
    [{ envelope: { kind: 'syslog', apps: ['x'] } }, /envelope\.apps: expected one of the keys kind, app/],
    [{ envelope: { kind: 'syslog', app: ['a b'] } }, /envelope\.app\[0\]: expected the name of a program/],
    [{ envelope: { kind: 'syslog', app: ['a', 'a'] } }, /envelope\.app: expected every name once/],
    [{ envelope: { kind: 'cri', app: ['a'] } }, /envelope\.app: expected no app/],
    [{ detect: [{}] }, /detect\[0\]: expected template, contains, or both; got neither$/],
    [{ detect: [{ contains: ['abc'] }] }, /detect\[0\]\.contains\[0\]: expected a text of 4 to 64 bytes/],
    [{ detect: [{ template: '{x}' }] }, /detect\[0\]: expected no placeholders but/],
    [{ timezone: 'Berlin' }, /timezone: expected a time zone of the IANA database/],
    [{ timezone: '+01:00' }, /timezone: expected/],
    [{ description: 'a\nb' }, /description: expected one line/],
    [{ keepLine: 'yes' }, /keepLine: expected true or false; got "yes"$/],
    [{ format: { kind: 'alternatives', of: [] } }, /format\.of: expected a list of 1 to 64/],
    [
      { format: { kind: 'alternatives', of: [{ kind: 'dissect', pattern: '{ip}' }] } },
      /format\.of\[0\]\.event: expected a name of/,
    ],
    [
      { format: { kind: 'alternatives', of: [{ event: 'a', kind: 'dissect', patern: '{ip}' }] } },
      /format\.of\[0\]\.pattern: expected a template.*\n.*format\.of\[0\]\.patern: expected one of the keys/,
    ],
    [
      { format: { kind: 'alternatives', of: [{ event: 'a', kind: 'dissect', pattern: '{nothing}' }] } },
      /format\.of\[0\]\.pattern: expected placeholders that are columns; got \{nothing\}$/,
    ],
    [{ extract: [{ kind: 'dissect', pattern: '{method}' }] }, /extract\[0\]\.from: expected a field name/],
    [
      { extract: [{ from: 'user', kind: 'dissect', pattern: '{ip}' }] },
      /extract\[0\]: expected fields that no format before has; got "ip"$/,
    ],
    [
      { format: { kind: 'dissect', pattern: '{ip}' } },
      /columns\[5\]\.from: expected a field that the line has: .*@host.*; got "method"$/m,
    ],
  ])('refuse %j', (changes, expected) => {
    expect(declarationProblems({ ...sshdDeclaration, ...changes }).join('\n')).toMatch(
      new RegExp(expected.source, 'm'),
    )
  })

  it('may leave detect out with an envelope', () => {
    expect(declarationProblems(sshdDeclaration)).toEqual([])
    expect(
      declarationProblems({ ...sshdDeclaration, timezone: 'Europe/Berlin', envelope: 'rfc5424' }),
    ).toEqual([])
  })
})
