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

export interface PanelSpec {
  /** stat: a number with its recent course; graph: lines; stack: areas that add up. */
  readonly kind: 'stat' | 'graph' | 'stack'
  readonly title: string
  /** For whoever sees it for the first time: what it is, and what is normal. */
  readonly description: string
  /** Of Grafana: s, bytes, percentunit, short … */
  readonly unit: string
  /** Of 24. */
  readonly width: number
  readonly queries: readonly QuerySpec[]
  /** From this value on the colour; the first is for everything below the second. */
  readonly thresholds?: readonly (readonly [from: number | null, color: 'green' | 'orange' | 'red'])[]
  readonly max?: number
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

/** Selectors of the variables that every dashboard has. */
export const ofType = 'log_type=~"$log_type"'
export const ofInstance = 'job="sluice", instance=~"$instance"'
