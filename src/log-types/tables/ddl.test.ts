import { describe, expect, it } from 'vitest'
import { loadLogTypes } from '../registry.js'
import { createTableSql, logsViewSql } from './ddl.js'
import { indexName } from './index-names.js'

const { types } = await loadLogTypes(new URL('../../../config/log-types', import.meta.url).pathname)
const [firewall] = types

describe('createTableSql', () => {
  it('makes the table, its default partition and its time index, wide columns first', () => {
    expect(createTableSql(firewall!)).toBe(`CREATE TABLE IF NOT EXISTS public."firewall_logs" (
  "timestamp" timestamptz NOT NULL,
  "bytes_sent" bigint,
  "line_offset" bigint NOT NULL,
  "src_port" integer,
  "dst_port" integer,
  "source_id" integer NOT NULL,
  "parser_version" smallint NOT NULL,
  "action" text NOT NULL,
  "src_ip" inet NOT NULL,
  "dst_ip" inet NOT NULL,
  "protocol" text NOT NULL,
  "rule" text,
  "extra" jsonb
) PARTITION BY RANGE ("timestamp");
COMMENT ON TABLE public."firewall_logs" IS 'Lines of log type firewall, one row a line.';
CREATE TABLE IF NOT EXISTS "sluice_partitions"."firewall_logs_default" PARTITION OF public."firewall_logs" DEFAULT;
CREATE INDEX IF NOT EXISTS "firewall_logs_timestamp_brin_idx" ON public."firewall_logs" USING brin ("timestamp") WITH (autosummarize = on);
`)
  })

  it('has every column that COPY names', () => {
    for (const type of types) {
      for (const column of type.copyColumns) expect(createTableSql(type)).toContain(`\n  "${column}" `)
    }
  })
})

describe('indexName', () => {
  it('stays within 63 bytes, different for different indexes', () => {
    const table = 't'.repeat(48)
    const names = [indexName(table, ['a'.repeat(30), 'b']), indexName(table, ['a'.repeat(30), 'c'])]
    expect(new Set(names).size).toBe(2)
    for (const name of names) {
      expect(name).toMatch(/_[0-9a-f]{8}_idx$/)
      expect(name).toHaveLength(63)
    }
    expect(indexName('a', ['b', 'c'])).toBe('a_b_c_idx')
  })
})

describe('logsViewSql', () => {
  it('unites all types', () => {
    const sql = logsViewSql(types)
    expect(sql).toMatch(/^DROP VIEW IF EXISTS public\.logs;\nCREATE VIEW public\.logs /)
    expect(sql.match(/UNION ALL/g)).toHaveLength(types.length - 1)
    for (const type of types) expect(sql).toContain(`SELECT '${type.name}'::text,`)
  })

  it('calls no function with more than 100 arguments, however many columns there are', () => {
    const columns = Array.from({ length: 63 }, (_, index) => {
      return { name: `c${index}`, field: `c${index}`, type: 'integer', required: false } as const
    })
    const wide = { ...firewall!, columns: [...firewall!.columns, ...columns] }
    for (const call of logsViewSql([wide]).matchAll(/jsonb_build_object\((.*?)\)(?= \|\||\)\n)/g)) {
      expect(call[1]!.split(',').length).toBeLessThanOrEqual(100)
    }
  })
})
