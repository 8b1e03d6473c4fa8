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
import type { DashboardSpec, PanelSpec } from './spec.js'

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
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(choice('log_type', 'Log type', 'label_values(sluice_reader_lines_total, log_type)'))
    .withVariable(choice('instance', 'Instance', 'label_values(up{job="sluice"}, instance)'))
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

function choice(name: string, label: string, query: string): QueryVariableBuilder {
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
  const builder = panel.kind === 'stat' ? statPanel() : graphPanel(panel.kind === 'stack')
  builder.title(panel.title).description(panel.description).unit(panel.unit).datasource(datasource)
  builder.targets(
    panel.queries.map(({ expr, legend }, index) =>
      new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .datasource(datasource)
        .expr(expr)
        .legendFormat(legend)
        .range(),
    ),
  )
  if (panel.thresholds !== undefined) {
    const steps = panel.thresholds.map(([value, color]) => ({ value, color }))
    builder.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
  }
  if (panel.max !== undefined) builder.max(panel.max)
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

function statPanel(): StatBuilder {
  return new StatBuilder()
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

function graphPanel(isStacked: boolean): TimeseriesBuilder {
  const builder = new TimeseriesBuilder()
    .min(0)
    .fillOpacity(isStacked ? 40 : 10)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  return builder
}
