#!/bin/sh
# Writes and rotates log files of events that happen as they are written. Each start writes other lines, in a directory of
# its own: the same lines again would be copies, which the reader leaves alone.
set -eu
began=$(date +%s)

# What must become of the lines is beside them as a rule; the reader would take it for a log.
exec node dist/load/generate/main.js \
  --out "/generated/$began" --oracle /tmp/oracle.json \
  --seed "$began" --start "$(date -u -d "@$began" +%Y-%m-%dT%H:%M:%SZ)" \
  --lines "$GENERATOR_LINES" --rate "$GENERATOR_LINES_PER_SECOND" --events-per-second "$GENERATOR_LINES_PER_SECOND" \
  --hostile "$GENERATOR_HOSTILE_PERCENT" --rotate rename --rotate-lines 200000
