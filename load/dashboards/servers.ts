import { type DashboardSpec, ofInstance, ofType } from './spec.js'

/** Redis and PostgreSQL, as Sluice sees them and as their exporters do. */
export const servers: DashboardSpec = {
  uid: 'sluice-servers',
  title: 'Sluice: Redis and PostgreSQL',
  description: 'The two servers, as Sluice sees them and as their exporters do.',
  rows: [
    {
      title: 'Outages',
      panels: [
        {
          kind: 'graph',
          title: 'Waiting for a server',
          description: '1 while a stage waits for Redis or PostgreSQL. It loses nothing meanwhile.',
          unit: 'short',
          max: 1,
          width: 12,
          queries: [
            {
              expr: `max by (stage, service) (sluice_outage_active{${ofInstance}})`,
              legend: '{{stage}} for {{service}}',
            },
          ],
          runbook: 'redis-unreachable',
        },
        {
          kind: 'graph',
          title: 'Connections to PostgreSQL',
          description: 'Of all processes. Waited for, for longer than moments: more work than connections.',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `sum by (state) (sluice_postgres_connections{${ofInstance}})`, legend: '{{state}}' },
          ],
        },
      ],
    },
    {
      title: 'Redis',
      panels: [
        {
          kind: 'graph',
          title: 'Memory',
          description: 'The reader pauses well below the limit.',
          unit: 'bytes',
          width: 8,
          queries: [
            { expr: 'max(sluice_redis_memory_used_bytes)', legend: 'used' },
            { expr: 'max(sluice_redis_memory_max_bytes)', legend: 'limit' },
          ],
          runbook: 'redis-full',
        },
        {
          kind: 'stack',
          title: 'Entries in the streams',
          description:
            'By stream. dead has what could not be opened; it keeps the newest hundred of each type.',
          unit: 'short',
          width: 8,
          queries: [{ expr: `sum by (stream) (sluice:stream_entries:max{${ofType}})`, legend: '{{stream}}' }],
        },
        {
          kind: 'stack',
          title: 'Bytes in the streams',
          description: 'What is on its way, by log type.',
          unit: 'bytes',
          width: 8,
          queries: [{ expr: `sluice:stream_bytes:max{${ofType}}`, legend: '{{log_type}}' }],
        },
        {
          kind: 'graph',
          title: 'Commands',
          description: 'A second, all clients.',
          unit: 'ops',
          width: 8,
          queries: [
            { expr: 'sum(rate(redis_commands_processed_total[$__rate_interval]))', legend: 'commands' },
          ],
        },
        {
          kind: 'graph',
          title: 'Clients',
          description: 'Connected, and of those waiting for entries.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: 'sum(redis_connected_clients)', legend: 'connected' },
            { expr: 'sum(redis_blocked_clients)', legend: 'waiting' },
          ],
        },
        {
          kind: 'graph',
          title: 'Append-only file',
          description: '1: the last write, and the last rewriting, succeeded.',
          unit: 'short',
          max: 1,
          width: 8,
          queries: [
            { expr: 'min(redis_aof_last_write_status)', legend: 'write' },
            { expr: 'min(redis_aof_last_bgrewrite_status)', legend: 'rewriting' },
          ],
          runbook: 'redis-aof',
        },
      ],
    },
    {
      title: 'PostgreSQL',
      panels: [
        {
          kind: 'graph',
          title: 'Transactions',
          description: 'A second, in the database of Sluice.',
          unit: 'count:transactions/s',
          width: 8,
          queries: [
            {
              expr: 'sum(rate(pg_stat_database_xact_commit{datname="sluice"}[$__rate_interval]))',
              legend: 'committed',
            },
            {
              expr: 'sum(rate(pg_stat_database_xact_rollback{datname="sluice"}[$__rate_interval]))',
              legend: 'rolled back',
            },
          ],
          runbook: 'postgres-slow',
        },
        {
          kind: 'graph',
          title: 'Rows inserted',
          description: 'A second, the ledger included.',
          unit: 'count:rows/s',
          width: 8,
          queries: [
            {
              expr: 'sum(rate(pg_stat_database_tup_inserted{datname="sluice"}[$__rate_interval]))',
              legend: 'inserted',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Size of the database',
          description: 'Tables, indexes and ledger.',
          unit: 'bytes',
          width: 8,
          queries: [{ expr: 'max(pg_database_size_bytes{datname="sluice"})', legend: 'size' }],
          runbook: 'postgres-disk',
        },
        {
          kind: 'graph',
          title: 'Sessions',
          description: 'By state. Idle in transaction for long holds others up.',
          unit: 'short',
          width: 8,
          queries: [
            { expr: 'sum by (state) (pg_stat_activity_count{datname="sluice"}) > 0', legend: '{{state}}' },
          ],
        },
        {
          kind: 'graph',
          title: 'Found in memory',
          description: 'Share of the blocks read that were in the buffers.',
          unit: 'percentunit',
          max: 1,
          width: 8,
          queries: [
            {
              expr: 'sum(rate(pg_stat_database_blks_hit{datname="sluice"}[$__rate_interval])) / (sum(rate(pg_stat_database_blks_hit{datname="sluice"}[$__rate_interval])) + sum(rate(pg_stat_database_blks_read{datname="sluice"}[$__rate_interval])) > 0)',
              legend: 'share',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Disk left',
          description: 'Of the file system that holds the database.',
          unit: 'bytes',
          width: 8,
          queries: [
            { expr: 'min(node_filesystem_avail_bytes{mountpoint="/postgres-data"})', legend: 'left' },
            { expr: 'min(node_filesystem_size_bytes{mountpoint="/postgres-data"})', legend: 'size' },
          ],
          runbook: 'postgres-disk',
        },
      ],
    },
  ],
}
