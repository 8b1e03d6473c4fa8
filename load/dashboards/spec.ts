/** What a dashboard shows, without how Grafana wants it said; build.ts does that. */
export interface DashboardSpec {
  /** Also the name of its file. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly rows: readonly RowSpec[]
}

export interface RowSpec {
  readonly title: string
  readonly panels: readonly PanelSpec[]
}

export type PanelSpec = StatSpec | GraphSpec

/** A number: what is so now. Where nothing is known now, it says so, and shows nothing older. */
export interface StatSpec extends AnyPanelSpec {
  readonly kind: 'stat'
  /** From this value on the colour; the first is for everything below the second. Grafana's own turn red at 80. */
  readonly thresholds: readonly (readonly [from: number | null, color: StatColor])[]
  /** Words for values that stand for something. */
  readonly words?: Readonly<Record<number, string>>
}

/** graph: lines; stack: areas that add up. */
export interface GraphSpec extends AnyPanelSpec {
  readonly kind: 'graph' | 'stack'
  readonly max?: number
}

/** text: that of any text, for numbers that are neither good nor bad. */
export type StatColor = 'green' | 'orange' | 'red' | 'text'

interface AnyPanelSpec {
  readonly title: string
  /** For whoever sees it for the first time: what it is, and what is normal. */
  readonly description: string
  /** Of Grafana: s, bytes, percentunit, short …; `count:lines/s` writes thousands as K and this behind. */
  readonly unit: string
  /** Of 24. */
  readonly width: number
  readonly queries: readonly QuerySpec[]
  readonly decimals?: number
  /** Shown where there is no data, which for some panels is the best that can be. */
  readonly noValue?: string
  /** File in docs/runbooks, without `.md`. */
  readonly runbook?: string
}

export interface QuerySpec {
  readonly expr: string
  /** With {{label}} in it, or plain. */
  readonly legend: string
}

/** Selectors by variables; a dashboard has those that its queries name. */
export const ofType = 'log_type=~"$log_type"'
export const ofInstance = 'job="sluice", instance=~"$instance"'
