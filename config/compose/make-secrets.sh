#!/bin/sh
# Makes what is missing, and leaves what is there: passwords outlive their containers.
set -eu
umask 022

password() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# write FILE CONTENT: whole or not at all. Readable, because each server has an account of its own; who gets to see the
# directory is decided by whom it is mounted for.
write() {
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

if [ ! -s /secrets/postgres/url ]; then
  secret=$(password)
  printf '%s' "$secret" >/secrets/postgres/password
  write /secrets/postgres/url "postgresql://sluice:$secret@postgres:5432/sluice"
fi
if [ ! -s /secrets/redis/url ]; then
  secret=$(password)
  write /secrets/redis/password "$secret"
  write /secrets/redis/redis.conf "requirepass $secret"
  write /secrets/redis/exporter.json "{\"redis://redis:6379\": \"$secret\"}"
  write /secrets/redis/url "redis://:$secret@redis:6379/0"
fi
if [ ! -s /secrets/grafana/password ]; then
  write /secrets/grafana/password "$(password)"
fi
