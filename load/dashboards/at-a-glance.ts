import { ledger } from './ledger.js'
import { ofType, type RowSpec } from './spec.js'

/** The numbers at the top of the overview, in the order in which somebody who was woken up asks. */
export const atAGlance: RowSpec = {
  title: 'At a glance',
  panels: [
    {
      kind: 'stat',
      title: 'Lines read',
      description: 'Lines a second that readers record. Zero is normal when nothing is logged.',
      unit: 'count:lines/s',
      width: 3,
      queries: [
        { expr: `sum(rate(sluice_reader_lines_total{${ofType}}[$__rate_interval]))`, legend: 'lines/s' },
      ],
      thresholds: [[null, 'text']],
      noValue: 'no reader',
    },
    {
      kind: 'stat',
      title: 'Rows committed',
      description:
        'Rows a second that are in PostgreSQL. Together with dead letters it follows the lines read.',
      unit: 'count:rows/s',
      width: 3,
      queries: [
        { expr: `sum(rate(sluice_indexer_rows_total{${ofType}}[$__rate_interval]))`, legend: 'rows/s' },
      ],
      thresholds: [[null, 'text']],
      noValue: 'no indexer',
      runbook: 'nothing-committed',
    },
    {
      kind: 'stat',
      title: 'Read to commit, p99',
      description:
        '99 of 100 batches are in PostgreSQL this long after they were read. The objective is 30 seconds.',
      unit: 's',
      width: 3,
      queries: [
        {
          // Compared, so that no traffic is nothing, and not NaN.
          expr: 'histogram_quantile(0.99, sum by (le) (rate(sluice_read_to_commit_seconds_bucket[$__rate_interval]))) >= 0',
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
      title: 'Oldest on its way',
      description:
        'Age of the oldest batch in the streams. None: nothing waits there; what waits in files, the next number says.',
      unit: 's',
      width: 3,
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
      title: 'Not read yet',
      description:
        'Bytes of the followed files that are not read yet. They wait there while readers are held back.',
      unit: 'bytes',
      width: 3,
      queries: [{ expr: 'sum(sluice_reader_unread_bytes)', legend: 'unread' }],
      thresholds: [[null, 'text']],
      noValue: 'no reader',
      runbook: 'publishing-fails',
    },
    {
      kind: 'stat',
      title: 'Waiting for a server',
      description:
        'Servers that a stage waits for now. It loses nothing meanwhile, and commits nothing either.',
      unit: 'short',
      width: 3,
      queries: [{ expr: 'max by (service) (sluice_outage_active)', legend: '{{service}}' }],
      thresholds: [
        [null, 'green'],
        [1, 'red'],
      ],
      words: { 0: 'no', 1: 'yes' },
      noValue: 'no process',
      runbook: 'redis-unreachable',
    },
    ledger(3),
    {
      kind: 'stat',
      title: 'Alerts firing',
      description: 'How many alerts fire now; the panel below names them.',
      unit: 'short',
      width: 3,
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
}
