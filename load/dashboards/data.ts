import { ledger } from './ledger.js'
import { type DashboardSpec, ofInstance, ofType } from './spec.js'

/** Dead letters, and what else says how good the data is. */
export const data: DashboardSpec = {
  uid: 'sluice-data',
  title: 'Sluice: dead letters and quality',
  description: 'What could not be a row and why, how complete the tables are, and which declarations run.',
  rows: [
    {
      title: 'Proof',
      panels: [
        ledger(6),
        {
          kind: 'stat',
          title: 'Age of the proof',
          description: 'ledger.proveEveryMs says how often it is made.',
          unit: 's',
          width: 6,
          queries: [{ expr: 'time() - max(sluice_ledger_proved_timestamp_seconds)', legend: 'age' }],
          thresholds: [
            [null, 'text'],
            [26 * 3600, 'orange'],
          ],
          noValue: 'not proved',
        },
        {
          kind: 'stat',
          title: 'Lines set aside',
          description:
            'Share of the lines that were committed in the last 15 minutes and became dead letters.',
          unit: 'percentunit',
          decimals: 2,
          width: 6,
          queries: [
            {
              expr: `sum(sluice:dead_letters:rate15m{${ofType}}) / (sum(sluice:committed_lines:rate15m{${ofType}}) > 0)`,
              legend: 'share',
            },
          ],
          thresholds: [
            [null, 'green'],
            [0.02, 'orange'],
            [0.05, 'red'],
          ],
          noValue: 'no traffic',
          runbook: 'dead-letters',
        },
        {
          kind: 'stat',
          title: 'Newest event',
          description:
            'How long ago, by its own timestamp, the newest committed event was. Of replayed files it says how old they are.',
          unit: 's',
          width: 6,
          queries: [{ expr: 'time() - max(sluice_indexer_last_event_time_seconds)', legend: 'age' }],
          thresholds: [[null, 'text']],
          noValue: 'none yet',
        },
      ],
    },
    {
      title: 'Dead letters',
      panels: [
        {
          kind: 'stack',
          title: 'By reason',
          description: 'Lines a second. Only reasons that occurred.',
          unit: 'count:lines/s',
          width: 12,
          queries: [
            {
              expr: `sum by (reason) (rate(sluice_indexer_dead_letters_total{${ofInstance}, ${ofType}}[$__rate_interval])) > 0`,
              legend: '{{reason}}',
            },
          ],
          noValue: 'none',
          runbook: 'dead-letters',
        },
        {
          kind: 'graph',
          title: 'Share by log type',
          description:
            'Of the lines of each type. A step means that the format or the declaration has changed.',
          unit: 'percentunit',
          width: 12,
          queries: [
            { expr: `sluice:dead_letter_ratio:rate15m{${ofType}}`, legend: '{{log_type}}' },
            { expr: 'sluice:unclassified_ratio:rate15m', legend: 'of no type' },
          ],
          runbook: 'dead-letters',
        },
        {
          kind: 'graph',
          title: 'Entries that could not be opened',
          description: 'Corrupt or malformed entries of the streams, moved aside whole. Normally none.',
          unit: 'count:entries/s',
          width: 6,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_entries_set_aside_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
          runbook: 'unopenable-entries',
        },
        {
          kind: 'graph',
          title: 'Batches that killed their parsers',
          description: 'Delivered too often and set aside. Normally none.',
          unit: 'count:batches/s',
          width: 6,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_parser_poison_batches_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
          runbook: 'poison-batch',
        },
        {
          kind: 'graph',
          title: 'Files that cannot be read',
          description: 'Attempts a second that failed. Normally none.',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: `sum(rate(sluice_reader_sources_unreadable_total{${ofInstance}}[$__rate_interval]))`,
              legend: 'unreadable',
            },
          ],
          runbook: 'source-unreadable',
        },
        {
          kind: 'graph',
          title: 'Chunks on their way',
          description:
            'Read, and not in PostgreSQL whole yet. Stuck: they do not arrive however often they are published, normally none.',
          unit: 'short',
          width: 6,
          queries: [
            { expr: `sum(sluice_reader_incomplete_chunks{${ofInstance}})`, legend: 'on their way' },
            { expr: `sum(sluice_reader_stuck_chunks{${ofInstance}})`, legend: 'stuck' },
          ],
          runbook: 'chunk-stuck',
        },
      ],
    },
    {
      title: 'Tables',
      panels: [
        {
          kind: 'graph',
          title: 'Partitions',
          description: 'Of each table, the default one included.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `max by (log_type) (sluice_partitions{${ofType}})`, legend: '{{log_type}}' }],
        },
        {
          kind: 'graph',
          title: 'Rows without indexes',
          description: 'Bytes in partitions whose indexes are not built yet. What is being filled is normal.',
          unit: 'bytes',
          width: 8,
          queries: [
            { expr: `max by (log_type) (sluice_unindexed_bytes{${ofType}})`, legend: '{{log_type}}' },
          ],
          runbook: 'indexes-missing',
        },
        {
          kind: 'graph',
          title: 'Default partition',
          description: 'Bytes of rows of days without a partition of their own.',
          unit: 'bytes',
          width: 8,
          queries: [
            {
              expr: `max by (log_type) (sluice_default_partition_bytes{${ofType}})`,
              legend: '{{log_type}}',
            },
          ],
          runbook: 'default-partition',
        },
        {
          kind: 'graph',
          title: 'Declarations by version',
          description: 'Processes with each version. Two of one type: a roll-out is under way.',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `count by (log_type, version) (sluice_log_type_info{${ofInstance}, ${ofType}})`,
              legend: '{{log_type}}, version {{version}}',
            },
          ],
          runbook: 'rolling-upgrade',
        },
        {
          kind: 'graph',
          title: 'Rows into rollups',
          description:
            'Hours and keys that transactions counted, a second. As many as rows: the keys hardly repeat, and the rollup is as large as its table.',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `sum by (log_type) (rate(sluice_rollup_rows_total{${ofInstance}, ${ofType}}[$__rate_interval]))`,
              legend: '{{log_type}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Hours of rollups in parts',
          description:
            'Hours that several transactions counted and nobody added up yet. Rises for long: no indexer adds up.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: `max by (log_type) (sluice_rollup_split_hours{${ofType}})`, legend: '{{log_type}}' },
          ],
        },
      ],
    },
  ],
}
