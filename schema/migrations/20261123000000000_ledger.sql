-- Up Migration

-- The ledger: what was read, how it was cut, and what of it is in the tables. Everything here is the truth;
-- Redis only carries it.
CREATE SCHEMA IF NOT EXISTS sluice;
-- Partitions live apart, so that `\d` in public shows tables and not days.
CREATE SCHEMA IF NOT EXISTS sluice_partitions;

-- A source is a log file known by its content. `path` is where it was seen last, for people.
CREATE TABLE sluice.sources (
  source_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Random: after a restore of the database an id may be given again, the uuid never is.
  source_uuid    uuid NOT NULL UNIQUE,
  path           text NOT NULL,
  -- SHA-256 of the first head_bytes bytes: finds candidates, the chunks' hashes decide.
  head_bytes     integer NOT NULL CHECK (head_bytes > 0),
  head_sha256    bytea NOT NULL,
  -- Size of the (decompressed) content when last looked at; NULL while a compressed file was not read to its end.
  size_bytes     bigint,
  -- End of the last recorded chunk. Chunks tile [0, recorded_bytes).
  recorded_bytes bigint NOT NULL DEFAULT 0,
  first_seen_at  timestamptz NOT NULL DEFAULT now(),
  last_seen_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sources_head_idx ON sluice.sources (head_sha256, head_bytes);

-- Files whose content was verified: an unchanged file need not be hashed again at the next start.
CREATE TABLE sluice.files (
  path      text PRIMARY KEY,
  source_id integer NOT NULL REFERENCES sluice.sources ON DELETE CASCADE,
  -- device:inode:size:mtime in nanoseconds
  stat_key  text NOT NULL,
  -- How far the content was verified to be the source's.
  verified_bytes bigint NOT NULL,
  seen_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX files_source_idx ON sluice.files (source_id);

-- A chunk is a contiguous range of lines of one source, recorded before it is published.
CREATE TABLE sluice.chunks (
  chunk_id          uuid PRIMARY KEY,
  source_id         integer NOT NULL REFERENCES sluice.sources,
  start_offset      bigint NOT NULL CHECK (start_offset >= 0),
  end_offset        bigint NOT NULL CHECK (end_offset > start_offset),
  lines             integer NOT NULL CHECK (lines >= 0),
  content_sha256    bytea NOT NULL,
  -- {"firewall": {"hash": "<hex>", "lines": 123}, …}: the batches that the chunk was cut into.
  batches           jsonb NOT NULL,
  recorded_at       timestamptz NOT NULL DEFAULT now(),
  -- Set once every batch is in the ledger; maintained by the reader, derivable from sluice.batches.
  completed_at      timestamptz,
  -- Publishings after the first, and when the last of them was.
  publishings_again integer NOT NULL DEFAULT 0,
  published_again_at timestamptz,
  UNIQUE (source_id, start_offset)
);
CREATE INDEX chunks_incomplete_idx ON sluice.chunks (source_id, start_offset) WHERE completed_at IS NULL;

-- One row per batch whose rows and dead letters are in the tables: inserted in the same transaction as they.
CREATE TABLE sluice.batches (
  batch_hash     bytea PRIMARY KEY,
  chunk_id       uuid NOT NULL REFERENCES sluice.chunks,
  log_type       text NOT NULL,
  parser_version smallint NOT NULL,
  lines          integer NOT NULL,
  rows           integer NOT NULL,
  dead_letters   integer NOT NULL,
  -- Sum of the lines' offsets: a line twice and another missing leave the counts right, but not this sum.
  line_offset_sum numeric NOT NULL,
  first_event_at timestamptz,
  last_event_at  timestamptz,
  committed_at   timestamptz NOT NULL DEFAULT now(),
  CHECK (lines = rows + dead_letters)
);
CREATE INDEX batches_chunk_idx ON sluice.batches (chunk_id);

-- A dead letter is one line that no row could be made of, with its bytes and the reason.
CREATE TABLE sluice.dead_letters (
  dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_type       text NOT NULL,
  source_id      integer NOT NULL,
  line_offset    bigint NOT NULL,
  -- Full length of the line; raw holds its first bytes when the line was oversize.
  line_bytes     bigint NOT NULL,
  raw            bytea NOT NULL,
  reason         text NOT NULL,
  detail         text,
  parser_version smallint NOT NULL,
  batch_hash     bytea NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_reason_idx ON sluice.dead_letters (log_type, reason);
CREATE INDEX dead_letters_source_idx ON sluice.dead_letters (source_id, line_offset);
CREATE INDEX dead_letters_batch_idx ON sluice.dead_letters (batch_hash);

-- Log types whose tables exist, and the declaration's version that made them.
CREATE TABLE sluice.log_types (
  name       text PRIMARY KEY,
  table_name text NOT NULL UNIQUE,
  version    integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- Makes the partition of one day (UTC) unless it is there. Attaching takes a lock on the parent that writers of
-- other days do not wait for (SHARE UPDATE EXCLUSIVE); rows of that day which went to the default partition,
-- because it could not have one of its own then, are moved.
CREATE FUNCTION sluice.ensure_partition(parent text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  child text := parent || '_' || to_char(day, 'YYYYMMDD');
  lower timestamptz := day::timestamp AT TIME ZONE 'UTC';
  upper timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(format('sluice_partitions.%I', child)) IS NOT NULL THEN
    RETURN false;
  END IF;
  -- One maker of partitions a table at a time.
  PERFORM pg_advisory_xact_lock(hashtextextended('sluice partition ' || parent, 0));
  -- Not to_regclass: its cache of names may be older than the wait.
  IF EXISTS (SELECT FROM pg_class
              WHERE relnamespace = 'sluice_partitions'::regnamespace AND relname = child) THEN
    RETURN false;
  END IF;
  -- Attaching takes this lock anyway; taken before the rows are moved, no writer can add some of that day after
  -- them. It waits for who reads all days, so the caller bounds it with lock_timeout.
  EXECUTE format('LOCK TABLE sluice_partitions.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
  EXECUTE format('CREATE TABLE sluice_partitions.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                 child, parent);
  EXECUTE format(
    'WITH moved AS (DELETE FROM sluice_partitions.%I WHERE "timestamp" >= %L AND "timestamp" < %L RETURNING *)
     INSERT INTO sluice_partitions.%I SELECT * FROM moved',
    parent || '_default', lower, upper, child);
  EXECUTE format(
    'ALTER TABLE public.%I ATTACH PARTITION sluice_partitions.%I FOR VALUES FROM (%L) TO (%L)',
    parent, child, lower, upper);
  RETURN true;
END $$;

-- Down Migration
