-- Up Migration

-- Counts of rows by hour, kept in the transactions that write the rows. Each transaction adds what it counted as rows of
-- its own, and nobody waits for another to change a sum; readers add up, by the views in public.
CREATE SCHEMA IF NOT EXISTS sluice_rollups;

-- What is counted of the rows of a type, from the moment that the row is here. Whoever writes rows reads it after its
-- write has locked the table, so that declaring a rollup, which locks the table as well, comes before or after it.
CREATE TABLE sluice.rollups (
  log_type    text NOT NULL REFERENCES sluice.log_types ON UPDATE CASCADE ON DELETE CASCADE,
  -- Of the table in sluice_rollups.
  name        text PRIMARY KEY,
  -- Columns that rows are counted by, beside the hour; none: all rows of the hour.
  key_columns text[] NOT NULL,
  -- {"column": "text", …}: only rows with these values are counted.
  conditions  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX rollups_type_idx ON sluice.rollups (log_type);

-- Rollups that have the rows from before they were declared as well. Apart from sluice.rollups: it is written by the
-- transaction that counted these rows, whose snapshot is older than the entry there.
CREATE TABLE sluice.filled_rollups (
  name      text PRIMARY KEY,
  filled_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
