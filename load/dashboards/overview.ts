import { atAGlance } from './at-a-glance.js'
import { type DashboardSpec, ofType } from './spec.js'

/** Is it flowing, how late is it, and is anything lost? */
export const overview: DashboardSpec = {
  uid: 'sluice-overview',
  title: 'Sluice: overview',
  description: 'Is data flowing, how old is it, and is any of it lost?',
  rows: [
    atAGlance,
    {
      title: 'Is it flowing?',
      panels: [
        {
          kind: 'graph',
          title: 'Lines a second, stage by stage',
          description:
            'The three lie on each other while everything keeps up. What lies below is the stage that does not.',
          unit: 'count:lines/s',
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
          unit: 'count:rows/s',
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
          description:
            'From cutting a chunk to committing one of its batches: median, 95 and 99 of 100. A gap: nothing was committed.',
          unit: 's',
          width: 6,
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(sluice_read_to_commit_seconds_bucket[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
          runbook: 'data-late',
        },
        {
          kind: 'graph',
          title: 'Batches waiting',
          description: 'For: not delivered to any of them yet. With: delivered, and not finished.',
          unit: 'short',
          width: 6,
          queries: [
            { expr: `sum by (group) (sluice:stream_lag:max{${ofType}})`, legend: 'for {{group}}' },
            { expr: `sum by (group) (sluice:stream_pending:max{${ofType}})`, legend: 'with {{group}}' },
          ],
          runbook: 'backlog-grows',
        },
        {
          kind: 'graph',
          title: 'Waiting in files',
          description:
            'Bytes of the followed files that are not read yet. While a reader waits for a server, all that is late is here.',
          unit: 'bytes',
          width: 6,
          queries: [{ expr: 'sum(sluice_reader_unread_bytes)', legend: 'not read yet' }],
          runbook: 'publishing-fails',
        },
        {
          kind: 'graph',
          title: 'Late batches',
          description:
            'Share that was committed more than 30 seconds after it was read. The objective is at most 1 %.',
          unit: 'percentunit',
          width: 6,
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
          unit: 'count:lines/s',
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
