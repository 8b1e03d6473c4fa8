import { type DashboardSpec, ofType } from './spec.js'

/** Is it flowing, how late is it, and is anything lost? */
export const overview: DashboardSpec = {
  uid: 'sluice-overview',
  title: 'Sluice: overview',
  description: 'Is data flowing, how old is it, and is any of it lost?',
  rows: [
    {
      title: 'At a glance',
      panels: [
        {
          kind: 'stat',
          title: 'Lines read',
          description: 'Lines a second that readers record. Zero is normal when nothing is logged.',
          unit: 'short',
          decimals: 0,
          width: 4,
          queries: [
            { expr: `sum(rate(sluice_reader_lines_total{${ofType}}[$__rate_interval]))`, legend: 'lines/s' },
          ],
        },
        {
          kind: 'stat',
          title: 'Rows committed',
          description:
            'Rows a second that are in PostgreSQL. Together with dead letters it follows the lines read.',
          unit: 'short',
          decimals: 0,
          width: 4,
          queries: [
            { expr: `sum(rate(sluice_indexer_rows_total{${ofType}}[$__rate_interval]))`, legend: 'rows/s' },
          ],
          runbook: 'nothing-committed',
        },
        {
          kind: 'stat',
          title: 'Read to commit, p99',
          description:
            '99 of 100 batches are in PostgreSQL this long after they were read. The objective is 30 seconds.',
          unit: 's',
          width: 4,
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (le) (rate(sluice_read_to_commit_seconds_bucket[$__rate_interval])))',
              legend: 'p99',
            },
          ],
          thresholds: [
            [null, 'green'],
            [10, 'orange'],
            [30, 'red'],
          ],
          noValue: 'no traffic',
          runbook: 'data-late',
        },
        {
          kind: 'stat',
          title: 'Oldest batch on its way',
          description: 'Age of the oldest entry of all streams. Without entries there is none.',
          unit: 's',
          width: 4,
          queries: [{ expr: `max(sluice:oldest_entry_age_seconds:max{${ofType}})`, legend: 'age' }],
          thresholds: [
            [null, 'green'],
            [30, 'orange'],
            [300, 'red'],
          ],
          noValue: 'none',
          runbook: 'data-late',
        },
        {
          kind: 'stat',
          title: 'Ledger',
          description:
            '1: the last proof found every line as a row or a dead letter. 0: it did not. How old the proof is, the dashboard on data says.',
          unit: 'short',
          width: 4,
          queries: [{ expr: 'min(sluice_ledger_balanced)', legend: 'balanced' }],
          thresholds: [
            [null, 'red'],
            [1, 'green'],
          ],
          noValue: 'not proved yet',
          runbook: 'ledger-unbalanced',
        },
        {
          kind: 'stat',
          title: 'Alerts firing',
          description: 'How many alerts fire now; the panel below names them.',
          unit: 'short',
          width: 4,
          queries: [
            {
              expr: 'count(ALERTS{alertstate="firing", alertname=~"Sluice.*"}) or vector(0)',
              legend: 'alerts',
            },
          ],
          thresholds: [
            [null, 'green'],
            [1, 'red'],
          ],
        },
      ],
    },
    {
      title: 'Is it flowing?',
      panels: [
        {
          kind: 'graph',
          title: 'Lines a second, stage by stage',
          description:
            'The three lie on each other while everything keeps up. What lies below is the stage that does not.',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `sum(rate(sluice_reader_lines_total{${ofType}}[$__rate_interval]))`, legend: 'read' },
            { expr: `sum(rate(sluice_parser_lines_total{${ofType}}[$__rate_interval]))`, legend: 'parsed' },
            {
              expr: `sum(rate(sluice_indexer_rows_total{${ofType}}[$__rate_interval])) + sum(rate(sluice_indexer_dead_letters_total{${ofType}}[$__rate_interval]))`,
              legend: 'committed',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Rows a second by log type',
          description: 'What is committed, by type.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_indexer_rows_total{${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
        },
      ],
    },
    {
      title: 'How late is it?',
      panels: [
        {
          kind: 'graph',
          title: 'Read to commit',
          description: 'From cutting a chunk to committing one of its batches: median, 95 and 99 of 100.',
          unit: 's',
          width: 8,
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(sluice_read_to_commit_seconds_bucket[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
          runbook: 'data-late',
        },
        {
          kind: 'graph',
          title: 'Batches waiting',
          description: 'Delivered to nobody yet. raw waits for parsers, rows for indexers.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `sum by (group) (sluice:stream_lag:max{${ofType}})`, legend: 'for {{group}}' },
            { expr: `sum by (group) (sluice:stream_pending:max{${ofType}})`, legend: 'with {{group}}' },
          ],
          runbook: 'backlog-grows',
        },
        {
          kind: 'graph',
          title: 'Late batches',
          description:
            'Share that was committed more than 30 seconds after it was read. The objective is at most 1 %.',
          unit: 'percentunit',
          max: 1,
          width: 8,
          queries: [
            { expr: 'sluice:late_batches:ratio_rate5m', legend: '5 minutes' },
            { expr: 'sluice:late_batches:ratio_rate6h', legend: '6 hours' },
          ],
          runbook: 'data-late',
        },
      ],
    },
    {
      title: 'Is anything lost?',
      panels: [
        {
          kind: 'stack',
          title: 'Dead letters by reason',
          description: 'Lines a second that no row could be made of. They are kept with their bytes.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: `sum by (reason) (rate(sluice_indexer_dead_letters_total{${ofType}}[$__rate_interval])) > 0`,
              legend: '{{reason}}',
            },
          ],
          noValue: 'none',
          runbook: 'dead-letters',
        },
        {
          kind: 'graph',
          title: 'Alerts that fire',
          description: 'Each alert that fires, while it does.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: 'max by (alertname, severity) (ALERTS{alertstate="firing", alertname=~"Sluice.*"})',
              legend: '{{alertname}} ({{severity}})',
            },
          ],
          noValue: 'none',
        },
      ],
    },
  ],
}
