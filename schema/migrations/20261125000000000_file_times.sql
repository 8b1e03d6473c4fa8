-- Up Migration

-- When the chunk's file was written last, as it was when the chunk was cut. A timestamp without a year gets its year by
-- it, the same one however often the chunk is published or parsed again. NULL: cut before this column was there.
ALTER TABLE sluice.chunks ADD COLUMN file_time timestamptz;

-- Down Migration
