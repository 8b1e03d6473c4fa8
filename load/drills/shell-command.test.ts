import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { formatCommand } from './shell-command.js'

it('is what one would type', () => {
  expect(formatCommand(['docker', 'compose', 'up', '--detach'], { LINES: '20000' })).toBe(
    'LINES=20000 docker compose up --detach',
  )
})

it('reaches the program word by word, when a shell reads it', () => {
  const words = ['kill -9 $(cat /proc/1/task/1/children)', "it's", '', '*', '"a" \\ `b`', '#']
  const shown = formatCommand(['printf', '%s\\n', ...words])
  expect(execFileSync('sh', ['-c', shown], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`)
})
