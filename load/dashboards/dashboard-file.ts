import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { findPackageRoot } from '../../src/settings/package-root.js'

const gridPosition = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() })

const link = z.object({
  title: z.string(),
  type: z.string(),
  url: z.string().optional(),
  tags: z.array(z.string()).default([]),
  keepTime: z.boolean().default(false),
  includeVars: z.boolean().default(false),
})

const datasource = z.object({ type: z.string(), uid: z.string() })

const target = z.object({
  refId: z.string(),
  datasource: datasource.optional(),
  expr: z.string(),
  legendFormat: z.string().default(''),
  instant: z.boolean().default(false),
  range: z.boolean().default(false),
})

const threshold = z.object({ value: z.number().nullable(), color: z.string() })

const mapping = z.object({
  type: z.literal('value'),
  options: z.record(z.string(), z.object({ text: z.string().optional(), color: z.string().optional() })),
})

const defaults = z.object({
  unit: z.string().default(''),
  min: z.number().optional(),
  max: z.number().optional(),
  decimals: z.number().optional(),
  noValue: z.string().optional(),
  mappings: z.array(mapping).default([]),
  thresholds: z.object({ steps: z.array(threshold) }).optional(),
  custom: z
    .object({ fillOpacity: z.number().default(0), stacking: z.object({ mode: z.string() }).optional() })
    .optional(),
})

const panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().default(''),
  description: z.string().default(''),
  gridPos: gridPosition,
  datasource: datasource.optional(),
  targets: z.array(target).default([]),
  links: z.array(link).default([]),
  fieldConfig: z.object({ defaults }).optional(),
})

const variable = z.object({
  type: z.string(),
  name: z.string(),
  datasource: datasource.optional(),
  refresh: z.number().optional(),
  query: z.union([z.string(), z.object({ query: z.string() })]),
  allValue: z.string().optional(),
})

const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  timezone: z.string(),
  editable: z.boolean(),
  refresh: z.string(),
  links: z.array(link),
  panels: z.array(panel),
  templating: z.object({ list: z.array(variable) }),
})

/** A dashboard as its file has it: what Grafana reads of it and somebody here asks for. */
export type DashboardFile = z.infer<typeof dashboard>
/** Rows are panels too, of the type `row`. */
export type PanelFile = z.infer<typeof panel>
export type FieldDefaults = z.infer<typeof defaults>

export function parseDashboard(content: string): DashboardFile {
  return dashboard.parse(JSON.parse(content))
}

/** Those that Grafana is provisioned with. */
export function readDashboardFiles(): DashboardFile[] {
  const directory = join(findPackageRoot(), 'grafana', 'dashboards')
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => parseDashboard(readFileSync(join(directory, file), 'utf8')))
}
