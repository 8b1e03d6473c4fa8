import { equal, match } from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Scenario } from '../../scenario.js'

export const badSettings: Scenario = {
  name: 'data-bad-settings',
  faults: [63],
  title:
    'Processes are started with settings that are wrong: a typing error, a bad value, two that contradict each other.',
  observe:
    'The process ends at once with exit status 2. Its one message, SLUICE_SETTINGS_INVALID, names every setting that is wrong, by its key and its environment variable, with what is expected and what was found.',
  discuss:
    'A setting that is misspelt is silently the default in many programs. How long would it take you to notice that the retry limit you had set was never in force?',
  recovery:
    'Settings are read and checked once, before anything is connected to. Unknown names are refused. The service that runs meanwhile is not touched.',
  async run(trial) {
    const writing = trial.keepWriting({ lines: 10_000 })
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const refused = async (env: NodeJS.ProcessEnv, args: string[], ...patterns: RegExp[]) => {
      const exit = await trial.sluice([...args, 'run', '--role', 'parser'], env)
      equal(exit.code, 2, exit.stderr)
      match(exit.stderr, /SLUICE_SETTINGS_INVALID/)
      for (const pattern of patterns) match(exit.stderr, pattern)
    }
    await refused(
      { SLUICE_READER_CHUNK_LINES: '16k', SLUICE_PARSER_MAX_DELIVERIES: '0', SLUICE_HTTP_PORT: '65536' },
      [],
      /reader\.chunkLines.*SLUICE_READER_CHUNK_LINES/s,
      /parser\.maxDeliveries.*SLUICE_PARSER_MAX_DELIVERIES/s,
      /http\.port.*SLUICE_HTTP_PORT/s,
    )
    await refused({ SLUICE_READER_CHUNKLINES: '100' }, [], /SLUICE_READER_CHUNKLINES/)
    await refused(
      { SLUICE_PARSER_BLOCK_MS: '5000', SLUICE_PARSER_MIN_IDLE_MS: '1000' },
      [],
      /parser\.blockMs/,
      /parser\.minIdleMs/,
    )
    const file = join(dirname(trial.logs), 'settings.yaml')
    await writeFile(file, 'parser:\n  maxDelivery: 3\nreader: 5\n')
    await refused({}, ['--config', file], /parser\.maxDelivery/, /reader/)
    trial.tell('all of them were refused')
    return { oracle: await writing }
  },
}
