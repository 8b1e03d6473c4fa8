import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requirePrometheusBinary } from './prometheus-binary.js'
import { prometheusDirectory, ruleFilePaths, testFilePaths } from './rule-files.js'

/** Its answer is worth reading when it is not satisfied. */
function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(requirePrometheusBinary('promtool'), args, {
    encoding: 'utf8',
    timeout: 50_000,
  })
  return { status, output: `${stdout}${stderr}` }
}

describe('promtool', () => {
  it('accepts the configuration', () => {
    const checked = promtool('check', 'config', '--syntax-only', join(prometheusDirectory, 'prometheus.yml'))
    expect(checked, checked.output).toMatchObject({ status: 0 })
  })

  it('accepts the rules, and finds nothing to remark', () => {
    const checked = promtool('check', 'rules', '--lint-fatal', ...ruleFilePaths())
    expect(checked, checked.output).toMatchObject({ status: 0 })
  })

  it.each(testFilePaths())('finds that the alerts do what %s says', (file) => {
    const tested = promtool('test', 'rules', file)
    expect(tested, tested.output).toMatchObject({ status: 0 })
  })
})
