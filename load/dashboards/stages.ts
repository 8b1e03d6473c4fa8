import { type DashboardSpec, ofInstance, ofType, type PanelSpec } from './spec.js'

const p95 = (stage: string, step: string): string =>
  `histogram_quantile(0.95, sum by (le) (rate(sluice_stage_duration_seconds_bucket{${ofInstance}, stage="${stage}", step="${step}"}[$__rate_interval])))`

const steps = (stage: string, names: readonly string[]): PanelSpec => ({
  kind: 'graph',
  title: `Duration of its steps, p95 (${stage})`,
  description: '95 of 100 batches take no longer for this step.',
  unit: 's',
  width: 8,
  queries: names.map((step) => ({ expr: p95(stage, step), legend: step.replace('_', ' ') })),
})

/** What each stage does, and what holds it up. */
export const stages: DashboardSpec = {
  uid: 'sluice-stages',
  title: 'Sluice: stages',
  description: 'What reader, parsers and indexers do, how long it takes them, and what holds them up.',
  rows: [
    {
      title: 'Reader',
      panels: [
        {
          kind: 'stack',
          title: 'Lines read by type',
          description: 'By the type that claims them; unclassified ones are claimed by none.',
          unit: 'count:lines/s',
          width: 8,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_reader_lines_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Bytes read, and published',
          description: 'Of the files, and of the batches as they travel.',
          unit: 'Bps',
          width: 8,
          queries: [
            { expr: `sum(rate(sluice_reader_bytes_total{${ofInstance}}[$__rate_interval]))`, legend: 'read' },
            {
              expr: `sum(rate(sluice_reader_compressed_bytes_total{${ofInstance}}[$__rate_interval]))`,
              legend: 'published, compressed',
            },
          ],
        },
        steps('reader', ['cut', 'record', 'publish']),
        {
          kind: 'graph',
          title: 'Unread bytes',
          description:
            'Of the files that are followed. Growing: the reader does not keep up, or is held back.',
          unit: 'bytes',
          width: 6,
          queries: [{ expr: `sum(sluice_reader_unread_bytes{${ofInstance}})`, legend: 'unread' }],
          runbook: 'backlog-grows',
        },
        {
          kind: 'graph',
          title: 'Sources',
          description: 'Files that are followed, and those that were read to the end.',
          unit: 'short',
          width: 6,
          queries: [{ expr: `sum by (state) (sluice_reader_sources{${ofInstance}})`, legend: '{{state}}' }],
        },
        {
          kind: 'graph',
          title: 'Held back',
          description: 'Share of the time for which the reader paused, by cause.',
          unit: 'percentunit',
          max: 1,
          width: 6,
          queries: [
            {
              expr: `max by (cause) (rate(sluice_reader_backpressure_seconds_total{${ofInstance}}[$__rate_interval]))`,
              legend: '{{cause}}',
            },
          ],
          runbook: 'backlog-grows',
        },
        {
          kind: 'graph',
          title: 'Size of batches',
          description:
            'Lines of a batch, on average. Small ones cost more for each line; they are normal while little is logged.',
          unit: 'count:lines',
          width: 6,
          queries: [
            {
              expr: `sum(rate(sluice_batch_lines_sum{${ofInstance}}[$__rate_interval])) / (sum(rate(sluice_batch_lines_count{${ofInstance}}[$__rate_interval])) > 0)`,
              legend: 'lines a batch',
            },
          ],
          noValue: 'no traffic',
        },
      ],
    },
    {
      title: 'Parsers',
      panels: [
        {
          kind: 'stack',
          title: 'Lines parsed, by what became of them',
          description: 'Rows, or dead letters.',
          unit: 'count:lines/s',
          width: 8,
          queries: [
            {
              expr: `sum by (outcome) (rate(sluice_parser_lines_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
        },
        steps('parser', ['parse', 'hand_off']),
        {
          kind: 'graph',
          title: 'Batches parsed by instance',
          description: 'Replicas share the work evenly as long as each has enough of it.',
          unit: 'count:batches/s',
          width: 8,
          queries: [
            {
              expr: `sum by (instance) (rate(sluice_parser_batches_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Indexers',
      panels: [
        {
          kind: 'graph',
          title: 'Transactions by outcome',
          description:
            'Retried: after an outage. Bisected: PostgreSQL refused a value, and the row was searched for.',
          unit: 'count:transactions/s',
          width: 8,
          queries: [
            {
              expr: `sum by (outcome) (rate(sluice_indexer_transactions_total{${ofInstance}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
        },
        steps('indexer', ['transaction', 'copy', 'acknowledge']),
        {
          kind: 'graph',
          title: 'Errors of PostgreSQL by kind',
          description: 'Only kinds that occurred. resources: disk, memory or connections.',
          unit: 'count:errors/s',
          width: 8,
          queries: [
            {
              expr: `sum by (class) (rate(sluice_indexer_postgres_errors_total{${ofInstance}}[$__rate_interval])) > 0`,
              legend: '{{class}}',
            },
          ],
          noValue: 'none',
          runbook: 'postgres-unreachable',
        },
      ],
    },
    {
      title: 'Work done twice',
      panels: [
        {
          kind: 'graph',
          title: 'Batches claimed',
          description:
            'Taken over from a consumer that had been silent. More than a few: consumers die or are too slow.',
          unit: 'count:batches/s',
          width: 8,
          queries: [
            {
              expr: `sum by (stage) (rate(sluice_claims_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{stage}}',
            },
          ],
          runbook: 'claim-storm',
        },
        {
          kind: 'graph',
          title: 'Batches published again',
          description:
            'Because they were in no stream and not in PostgreSQL either: Redis had lost them, or an entry could not be opened.',
          unit: 'count:batches/s',
          width: 8,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_reader_batches_republished_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
          runbook: 'redis-lost',
        },
        {
          kind: 'graph',
          title: 'Batches dropped as known or stale',
          description: 'Duplicates that the ledger caught, and batches of chunks that it does not know.',
          unit: 'count:batches/s',
          width: 8,
          queries: [
            {
              expr: `sum by (outcome) (rate(sluice_indexer_batches_total{${ofInstance}, ${ofType}, outcome!="committed"}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
        },
      ],
    },
  ],
}
