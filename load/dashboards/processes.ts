import { type DashboardSpec, ofInstance } from './spec.js'

/** Node's and the operating system's view of Sluice's processes. */
export const processes: DashboardSpec = {
  uid: 'sluice-processes',
  title: 'Sluice: processes',
  description:
    "What Sluice's processes take: processor, memory, event loop. With all roles in one command there are two: main is the reader's, worker that of parser and indexer.",
  rows: [
    {
      title: 'Replicas',
      panels: [
        {
          kind: 'graph',
          title: 'Replicas by role',
          description: 'Processes that answer.',
          unit: 'short',
          width: 8,
          queries: [{ expr: 'sum by (role) (up{job="sluice"})', legend: '{{role}}' }],
          runbook: 'target-down',
        },
        {
          kind: 'graph',
          title: 'Versions',
          description: 'Processes of each version. Two: a roll-out is under way.',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: `count by (version, node) (sluice_build_info{${ofInstance}})`,
              legend: '{{version}} on Node {{node}}',
            },
          ],
          runbook: 'rolling-upgrade',
        },
        {
          kind: 'graph',
          title: 'Time since start',
          description: 'A line that falls to zero again and again is a process that dies again and again.',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `time() - process_start_time_seconds{${ofInstance}}`,
              legend: '{{role}} {{instance}} {{process}}',
            },
          ],
          runbook: 'target-down',
        },
      ],
    },
    {
      title: 'Resources',
      panels: [
        {
          kind: 'graph',
          title: 'Processor',
          description: 'Of one core. A parser at 1 is busy: start another.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `rate(process_cpu_seconds_total{${ofInstance}}[$__rate_interval])`,
              legend: '{{role}} {{instance}} {{process}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Memory',
          description: 'Resident. Up to 200 MiB is normal for each.',
          unit: 'bytes',
          width: 12,
          queries: [
            {
              expr: `process_resident_memory_bytes{${ofInstance}}`,
              legend: '{{role}} {{instance}} {{process}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Event loop delay, p99',
          description: 'How late a process is to answer anything.',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `nodejs_eventloop_lag_p99_seconds{${ofInstance}}`,
              legend: '{{role}} {{instance}} {{process}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Garbage collection',
          description: 'Share of the time.',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expr: `sum by (role, instance, process) (rate(nodejs_gc_duration_seconds_sum{${ofInstance}}[$__rate_interval]))`,
              legend: '{{role}} {{instance}} {{process}}',
            },
          ],
        },
        {
          kind: 'graph',
          title: 'Open files',
          description: "Descriptors, sockets included; the limit is the operating system's.",
          unit: 'short',
          width: 8,
          queries: [{ expr: `process_open_fds{${ofInstance}}`, legend: '{{role}} {{instance}} {{process}}' }],
        },
        {
          kind: 'graph',
          title: 'Failures of loops',
          description: 'That no outage explains. Normally none.',
          unit: 'count:failures/s',
          width: 12,
          queries: [
            {
              expr: `sum by (stage) (rate(sluice_loop_failures_total{${ofInstance}}[$__rate_interval]))`,
              legend: '{{stage}}',
            },
          ],
          runbook: 'loop-fails',
        },
        {
          kind: 'graph',
          title: 'Incomplete scrapes',
          description: 'What is read when metrics are scraped could not be read in time.',
          unit: 'count:scrapes/s',
          width: 12,
          queries: [
            {
              expr: `sum(rate(sluice_scrape_failures_total{${ofInstance}}[$__rate_interval]))`,
              legend: 'scrapes',
            },
          ],
        },
      ],
    },
  ],
}
