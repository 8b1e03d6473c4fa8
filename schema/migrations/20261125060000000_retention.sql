-- Up Migration

-- Days that left the tables of their types. While a day's rows wait for what is to become of them, they are in a table
-- of their own, here and not among the partitions, so that late rows of the same day can have a partition again.
CREATE SCHEMA IF NOT EXISTS sluice_detached;

-- One row each time that rows of a day left a table; a day with late rows can do so several times.
CREATE TABLE sluice.expired_days (
  expired_day_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_type       text NOT NULL,
  table_name     text NOT NULL,
  event_day      date NOT NULL,
  -- What is to become of it.
  goal           text NOT NULL CHECK (goal IN ('drop', 'detach', 'export')),
  -- detached ──► dropped, or exported; from detached and exported ──► restored.
  state          text NOT NULL DEFAULT 'detached' CHECK (state IN ('detached', 'dropped', 'exported', 'restored')),
  -- In sluice_detached, while the state is 'detached'.
  detached_table text CHECK ((detached_table IS NOT NULL) = (state = 'detached')),
  -- Counted when the table is dropped, or restored.
  rows           bigint CHECK (rows IS NOT NULL OR state = 'detached'),
  -- Directory and name are noted before the file is written, so that a repeated export writes the same file.
  file_directory text,
  file_name      text,
  file_bytes     bigint,
  file_sha256    bytea CHECK (file_sha256 IS NOT NULL OR state <> 'exported'),
  detached_at    timestamptz NOT NULL DEFAULT now(),
  ended_at       timestamptz,
  restored_at    timestamptz,
  -- After a restore, retention leaves the day alone until then.
  keep_until     timestamptz
);
CREATE INDEX expired_days_day_idx ON sluice.expired_days (log_type, event_day);

-- Of days that are dropped or exported, what the ledger still counts as rows of each source. Rows of detached days are
-- counted in their tables.
CREATE TABLE sluice.expired_rows (
  expired_day_id  bigint NOT NULL REFERENCES sluice.expired_days,
  source_id       integer NOT NULL,
  rows            bigint NOT NULL CHECK (rows > 0),
  line_offset_sum numeric NOT NULL,
  PRIMARY KEY (expired_day_id, source_id)
);

-- Down Migration
