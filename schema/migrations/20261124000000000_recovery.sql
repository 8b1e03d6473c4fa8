-- Up Migration

-- A dead letter can be tried again, or dropped. One that is dropped stays, with the reason: every line is a row or a
-- dead letter.
ALTER TABLE sluice.dead_letters
  -- Replays after which it still was no row; a replay that succeeds takes it away.
  ADD COLUMN replays integer NOT NULL DEFAULT 0,
  ADD COLUMN replayed_at timestamptz,
  ADD COLUMN dropped_at timestamptz,
  ADD COLUMN dropped_because text,
  ADD CHECK ((dropped_at IS NULL) = (dropped_because IS NULL));

-- When a batch's rows were last swapped for those of another parser.
ALTER TABLE sluice.batches ADD COLUMN reprocessed_at timestamptz;
-- Batches of a type in a window of time.
CREATE INDEX batches_events_idx ON sluice.batches (log_type, first_event_at);

-- What operators did to lines that were already in the tables, and why.
CREATE TABLE sluice.operations (
  operation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL CHECK (kind IN ('replay', 'drop', 'reprocess')),
  -- What was asked for, as the command line had it.
  selection    jsonb NOT NULL,
  began_at     timestamptz NOT NULL DEFAULT now(),
  -- NULL: still running, or interrupted; running it again goes on.
  ended_at     timestamptz,
  outcome      jsonb
);

-- Lines seen, of log types that set aside what other sources bring again. The day leads: new ones go to one place of
-- the index, and old ones can be removed by range. The log type is in the hash and has no column: in every row and in
-- the key it would cost a quarter more space and time.
CREATE TABLE sluice.records (
  event_day   date NOT NULL,
  -- The line that became the row.
  source_id   integer NOT NULL,
  line_offset bigint NOT NULL,
  -- The first 128 bits of SHA-256 over the log type's name, a NUL and the line.
  record_hash uuid NOT NULL,
  PRIMARY KEY (event_day, record_hash)
);

-- Down Migration
