import { defineConfig } from 'vitest/config'

const EXCLUDED = ['dist/**', 'node_modules/**', '.sluice/**']

/** What a kind of test may take; unit tests open no sockets, the others share one pair of servers per run. */
function kindOfTest(name: string, include: string[], exclude: string[], timeoutMs: number, servers: boolean) {
  return {
    extends: true as const,
    test: {
      name,
      include,
      exclude: [...EXCLUDED, ...exclude],
      testTimeout: timeoutMs,
      hookTimeout: Math.max(timeoutMs, 60_000),
      ...(servers ? { globalSetup: ['load/test/global-setup.ts'] } : {}),
    },
  }
}

const all = (suffix: string): string[] => [`src/**/*${suffix}`, `load/**/*${suffix}`]

export default defineConfig({
  test: {
    pool: 'forks',
    // Every integration test keeps two servers busy as well.
    maxWorkers: 2,
    teardownTimeout: 60_000,
    projects: [
      kindOfTest('unit', all('.test.ts'), ['**/*.int.test.ts', '**/*.e2e.test.ts'], 10_000, false),
      kindOfTest('int', all('.int.test.ts'), [], 60_000, true),
      kindOfTest('e2e', all('.e2e.test.ts'), [], 180_000, true),
    ],
  },
})
