import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { findPackageRoot } from '../../src/settings/package-root.js'

export const prometheusDirectory = join(findPackageRoot(), 'prometheus')

const rule = z.object({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
})
const ruleFile = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) })

const ruleTest = z.object({
  alert_rule_test: z
    .array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }))
    .default([]),
})
const testFile = z.object({ group_eval_order: z.array(z.string()), tests: z.array(ruleTest) })

export type Rule = z.infer<typeof rule>

/** An alert's case in a promtool test, and whether it expects the alert to fire. */
export interface AlertCase {
  readonly alert: string
  readonly fires: boolean
}

/** The groups of every file in prometheus/rules, with their rules. */
export function readRuleGroups(): Array<{ name: string; rules: Rule[] }> {
  return ruleFilePaths().flatMap((file) => ruleFile.parse(parse(readFileSync(file, 'utf8'))).groups)
}

/** The rules of all groups. */
export function readRules(): Rule[] {
  return readRuleGroups().flatMap(({ rules }) => rules)
}

/** The names under which rules record series. */
export function readRecordedNames(): Set<string> {
  return new Set(readRules().flatMap(({ record }) => record ?? []))
}

export function ruleFilePaths(): string[] {
  return listFiles('rules', '.yml')
}

export function testFilePaths(): string[] {
  return listFiles('tests', '.test.yml')
}

export function readAlertCases(): AlertCase[] {
  return readTestFiles().flatMap(({ tests }) =>
    tests.flatMap(({ alert_rule_test: cases }) =>
      cases.map(({ alertname, exp_alerts: expected }) => ({ alert: alertname, fires: expected.length > 0 })),
    ),
  )
}

/** The order of groups that each test file asks for. */
export function readGroupOrders(): string[][] {
  return readTestFiles().map((file) => file.group_eval_order)
}

function readTestFiles(): Array<z.infer<typeof testFile>> {
  return testFilePaths().map((file) => testFile.parse(parse(readFileSync(file, 'utf8'))))
}

function listFiles(folder: string, ending: string): string[] {
  const directory = join(prometheusDirectory, folder)
  return readdirSync(directory)
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(directory, file))
}
