import {
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  MappingType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { DashboardSpec, GraphSpec, PanelSpec, StatSpec } from './spec.js'

const datasource: DataSourceRef = { type: 'prometheus', uid: '$datasource' }
const statHeight = 4
const graphHeight = 8
const dashboardWidth = 24

/** Where docker-compose.yml has Grafana serve docs/runbooks. */
const runbooksUrl = '/public/sluice/runbooks'

/** The dashboard as Grafana imports it. The same specification gives the same object. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(['sluice'])
    .timezone('utc')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    // They are made from this folder; what is changed in Grafana would be lost.
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .link(
      new DashboardLinkBuilder('Sluice')
        .type(DashboardLinkType.Dashboards)
        .tags(['sluice'])
        .asDropdown(false)
        .keepTime(true)
        .includeVars(true),
    )
    .link(
      new DashboardLinkBuilder('Runbooks')
        .type(DashboardLinkType.Link)
        .icon('doc')
        .url(`${runbooksUrl}/README.md`)
        .targetBlank(true),
    )
  for (const variable of choices) if (isUsed(spec, variable.name)) builder.withVariable(choice(variable))
  let id = 1
  let y = 0
  for (const row of spec.rows) {
    builder.withRow(new RowBuilder(row.title).id(id++).gridPos({ x: 0, y, w: dashboardWidth, h: 1 }))
    y += 1
    let x = 0
    let lineHeight = 0
    for (const panel of row.panels) {
      const height = panel.kind === 'stat' ? statHeight : graphHeight
      if (x + panel.width > dashboardWidth) {
        x = 0
        y += lineHeight
        lineHeight = 0
      }
      builder.withPanel(buildPanel(panel).id(id++).gridPos({ x, y, w: panel.width, h: height }))
      x += panel.width
      lineHeight = Math.max(lineHeight, height)
    }
    y += lineHeight
  }
  return builder.build()
}

interface Choice {
  readonly name: string
  readonly label: string
  readonly query: string
}

const choices: readonly Choice[] = [
  { name: 'log_type', label: 'Log type', query: 'label_values(sluice_reader_lines_total, log_type)' },
  { name: 'instance', label: 'Instance', query: 'label_values(up{job="sluice"}, instance)' },
]

/** A choice that changes nothing would mislead. */
function isUsed({ rows }: DashboardSpec, name: string): boolean {
  return rows.some(({ panels }) =>
    panels.some(({ queries }) => queries.some(({ expr }) => expr.includes(`$${name}`))),
  )
}

function choice({ name, label, query }: Choice): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
}

function buildPanel(panel: PanelSpec): StatBuilder | TimeseriesBuilder {
  const builder = panel.kind === 'stat' ? statPanel(panel) : graphPanel(panel)
  builder.title(panel.title).description(panel.description).unit(panel.unit).datasource(datasource)
  builder.targets(
    panel.queries.map(({ expr, legend }, index) => {
      const query = new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .datasource(datasource)
        .expr(expr)
        .legendFormat(legend)
      // A number over a range would be the last one known, however long ago that was.
      return panel.kind === 'stat' ? query.instant() : query.range()
    }),
  )
  if (panel.decimals !== undefined) builder.decimals(panel.decimals)
  if (panel.noValue !== undefined) builder.noValue(panel.noValue)
  if (panel.runbook !== undefined) {
    builder.links([
      new DashboardLinkBuilder(`Runbook: ${panel.runbook}`)
        .type(DashboardLinkType.Link)
        .url(`${runbooksUrl}/${panel.runbook}.md`)
        .targetBlank(true),
    ])
  }
  return builder
}

function statPanel({ thresholds, words }: StatSpec): StatBuilder {
  const steps = thresholds.map(([value, color]) => ({ value, color }))
  const builder = new StatBuilder()
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
  if (words === undefined) return builder
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]))
  return builder.mappings([{ type: MappingType.ValueToText, options }])
}

function graphPanel({ kind, max }: GraphSpec): TimeseriesBuilder {
  const builder = new TimeseriesBuilder()
    .min(0)
    .fillOpacity(kind === 'stack' ? 40 : 10)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (max !== undefined) builder.max(max)
  if (kind === 'stack') builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  return builder
}
