#!/bin/bash
# The PostgreSQL sink from outside, against a real server: what it holds, the hold, lost connections, rights, a full disk, secrets.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres need

as() { # ROLE DATABASE: a connection string
  printf 'host=%s port=%s user=%s dbname=%s' "$PGHOST" "$PGPORT" "$1" "$2"
}
pg() { psql -XAtq -v ON_ERROR_STOP=1 "${DB:-$OMNI_TEST_PG}" -c "SET search_path = omni_export; SET client_min_messages = warning" -c "$1"; }
new_schema() { pg "DROP SCHEMA IF EXISTS omni_export CASCADE"; }
await() { # COMMAND...: until it says "t", or the run is over
  while kill -0 "$OMNI_PID" 2>/dev/null; do
    [ "$("$@" 2>/dev/null)" = t ] && return 0
    sleep 0.02
  done
  return 1
}
PG=pg:$OMNI_TEST_PG

# --- the demo's jobs, in two sinks alike ---
t_start_server "$srcdir/tests/data/demo/jobs.script"
run_omni run "$srcdir/tests/data/demo/jobs.txt" -t "$T/demo.db" -t "$PG" --rate 0 --retry-wait 0
rc=$RC
like "the demo's jobs, some of them lost" "$rc" '^[34]$'
columns="job_id, state, http_status, error, topic, message, attempts, body_bytes, body_sha256, action_count, result_count, row_count, warnings, extra"
is "jobs: the same as in SQLite" "$(pg "SELECT $columns FROM jobs ORDER BY job_id" | sha256sum)" \
  "$(sql "$T/demo.db" "SELECT $columns FROM jobs ORDER BY job_id" | sha256sum)"
columns="job_id, action_index, result_id, query_name, status, query, columns, column_types, total_row_count, row_count, error_message, error_detail, extra"
is "results too" "$(pg "SELECT $columns FROM results ORDER BY 1, 2" | sha256sum)" \
  "$(sql "$T/demo.db" "SELECT $columns FROM results ORDER BY 1, 2" | sha256sum)"
is "cells too" "$(pg "SELECT job_id, action_index, row_index, section, cell FROM result_rows, unnest(cells) WITH ORDINALITY AS u (cell, n) ORDER BY 1, 2, 3, n" | sha256sum)" \
  "$(sql "$T/demo.db" "SELECT job_id, action_index, row_index, section, value FROM result_rows, json_each(cells) ORDER BY 1, 2, 3, key" | sha256sum)"
is "and there are some" "$(pg "SELECT count(*) > 10 FROM result_rows")" t
is "the runs table" "$(pg "SELECT count(*), max(exit_code) FROM runs")" "1|$rc"
is "asking for one job reads no whole table" "$(pg "SET enable_seqscan = off; EXPLAIN SELECT * FROM result_rows WHERE job_id = '$(job 1)'" | grep -c 'Seq Scan')" 0
t_stop_server

# --- once; the hold ---
new_schema
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"csv_rows":50,"csv_cols":4}}
{"job":"$(job 2)","result":{"json":{"message":"m"}}}
{"job":"$(job 3)","result":{"json":{"message":"m"},"stall_after":3}}
{"job":"$(job 4)","result":{"csv_rows":500000,"csv_cols":4}}
SCRIPT
{ job 1; job 2; } >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0
is "stored" "$RC $(pg "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 2"
before=$(server_count /result)
run_omni run "$T/jobs.txt" -t "postgresql://omni@127.0.0.1:$PGPORT/omni" --rate 0
is "a second run, by URL, asks for nothing" "$RC $(server_count /result)" "0 $before"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0 --refetch
is "replaced, once" "$RC $(pg "SELECT count(*), (SELECT count(*) FROM jobs) FROM result_rows")" "0 50|2"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0 --pg-schema 'Other "one"'
is "--pg-schema" "$RC $(pg 'SELECT count(*) FROM "Other ""one""".result_rows')" "0 50"
job 3 >"$T/stalls.txt"
start_omni run "$T/stalls.txt" -t "$PG" --rate 0
holder=$OMNI_PID
await pg "SELECT count(*) = 1 FROM runs WHERE finished_at IS NULL"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0
is "a second run on the same sink" "$RC" 75
like "says so" "$(cat "$T/err")" "another run holds schema 'omni_export'"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0 --dry-run
is "a reader is not kept out" "$RC" 0
kill -KILL "$holder"
wait "$holder" 2>/dev/null
t_forget "$holder"
run_omni run "$T/jobs.txt" -t "$PG" --rate 0 --refetch
is "the hold died with its holder" "$RC" 0

# --- lost connections ---
{ job 1; job 4; job 2; } >"$T/large.txt"
copying="SELECT count(*) = 1 FROM pg_stat_progress_copy WHERE tuples_processed > 1000"
for how in terminated restarted; do
  new_schema
  start_omni run "$T/large.txt" -t "$PG" --rate 0 --concurrency 1
  await pg "$copying"
  case $how in
  terminated) is "terminated in mid-COPY" "$(pg "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_copy")" 1 ;;
  restarted) check "restarted in mid-COPY" "$OMNI_TEST_PGCTL" restart -m immediate ;;
  esac
  wait_omni
  is "$how: all is stored in the end, once" "$RC $(pg "SELECT (SELECT count(*) FROM jobs WHERE state = 'stored'), count(*), count(DISTINCT (result_no, row_index)) FROM row_cells")" \
    "0 3|500050|500050"
  like "$how: and said" "$(cat "$T/err")" 'was lost: connecting again'
done
new_schema
start_omni run "$T/large.txt" -t "$PG" --rate 0 --concurrency 1
await pg "$copying"
kill -KILL "$OMNI_PID"
wait_omni 2>/dev/null
run_omni run "$T/large.txt" -t "$PG" --rate 0
is "killed in mid-COPY: the next run finishes" "$RC $(pg "SELECT count(*) FROM row_cells")" "0 500050"

# --- rights ---
refuse() { # NAME REGEX SINK [OPTION...]
  local name=$1 regex=$2
  run_omni run "$T/jobs.txt" -t "$3" --rate 0 "${@:4}"
  is "$name" "$RC" 5
  like "$name: says so" "$(cat "$T/err")" "$regex"
}
psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "CREATE ROLE plain LOGIN" -c "CREATE ROLE reader LOGIN" -c "CREATE ROLE frozen LOGIN" \
  -c "ALTER ROLE frozen SET default_transaction_read_only = on" -c "CREATE DATABASE rights" -c "REVOKE ALL ON DATABASE rights FROM public" \
  -c "GRANT CONNECT ON DATABASE rights TO public"
export DB
DB=$(as omni rights)
refuse "no right to make a schema" "role 'plain' lacks the right CREATE on database" "pg:$(as plain rights)"
psql -Xq "$DB" -c "CREATE SCHEMA omni_export AUTHORIZATION plain"
refuse "no right to use the schema" "role 'reader' lacks the right USAGE on schema 'omni_export'" "pg:$(as reader rights)"
psql -Xq "$DB" -c "GRANT USAGE ON SCHEMA omni_export TO reader"
refuse "no right to make tables" "role 'reader' lacks the right CREATE on schema 'omni_export'" "pg:$(as reader rights)"
run_omni run "$T/jobs.txt" -t "pg:$(as plain rights)" --rate 0
is "a role that owns only its schema is enough" "$RC $(pg "SELECT count(*) FROM result_rows")" "0 50"
refuse "no right to read" "role 'reader' lacks the right SELECT on table 'omni_export\.schema_version'|permission denied for table schema_version" "pg:$(as reader rights)"
psql -Xq "$DB" -c "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA omni_export TO reader"
refuse "no right to delete" "role 'reader' lacks the right DELETE on table 'omni_export\.(bodies|actions|results|row_cells)'" "pg:$(as reader rights)"
psql -Xq "$DB" -c "GRANT DELETE ON ALL TABLES IN SCHEMA omni_export TO reader"
run_omni run "$T/jobs.txt" -t "pg:$(as reader rights)" --rate 0 --refetch
is "and with these rights another role can write" "$RC" 0
psql -Xq "$DB" -c "GRANT USAGE ON SCHEMA omni_export TO frozen" -c "GRANT ALL ON ALL TABLES IN SCHEMA omni_export TO frozen"
refuse "a read-only role" "is read-only for role 'frozen'" "pg:$(as frozen rights)"
run_omni run "$T/jobs.txt" -t "pg:$(as frozen rights)" --rate 0 --dry-run
is "which is enough to look" "$RC" 0

# --- what is refused ---
pg "UPDATE schema_version SET version = 99"
refuse "a newer schema" 'schema version 99' "pg:$(as plain rights)"
pg "DROP TABLE schema_version"
refuse "tables of somebody else" "has a table '[a-z_]*' but no 'schema_version'" "pg:$(as plain rights)"
DB=
psql -Xq "$OMNI_TEST_PG" -c "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
refuse "another encoding" "has the encoding LATIN1.*must be UTF8" "pg:$(as omni latin)"
refuse "no such database" 'cannot connect to PostgreSQL: .*nowhere' "pg:$(as omni nowhere)"
refuse "no server" 'cannot connect to PostgreSQL' "pg:host=127.0.0.1 port=1 user=x dbname=y"

# --- the password is seen nowhere ---
password='Tr0ub4dor&3'
new_schema
run_omni run "$T/jobs.txt" -v -t "pg:$OMNI_TEST_PG password=$password" --rate 0 --summary "$T/summary"
is "with a password" "$RC" 0
is "it is not shown" "$(cat "$T/err" "$T/out" "$T/summary" | grep -cF "$password")" 0
is "nor stored" "$(pg_dump -d "$OMNI_TEST_PG" | grep -cF "$password")" 0
n=0
for sink in "postgresql://omni:Tr0ub4dor%263@127.0.0.1:1/omni" "postgres://omni:Tr0ub4dor/3@127.0.0.1/omni" "postgresql://omni:Tr0ub@4dor@127.0.0.1/omni" \
  "pg:host=127.0.0.1 port=1 password=Tr0ub4dor three" "pg:host=127.0.0.1 password='Tr0ub4dor" "postgresql://127.0.0.1:1/omni?password=Tr0ub4dor&bad" \
  "postgresql://omni:Tr0ub%zz4dor@127.0.0.1/omni" "pg:host=127.0.0.1 port=$PGPORT user=omni dbname=nowhere password=Tr0ub4dor"; do
  n=$((n + 1))
  run_omni run "$T/jobs.txt" -v -t "$sink" --rate 0 --summary "$T/summary.$n"
  like "a sink that cannot be had ($n)" "$RC" '^[25]$'
  unlike "its password is not shown ($n)" "$(cat "$T/err" "$T/out" "$T/summary.$n" 2>/dev/null)" 'Tr0ub|4dor'
done

# --- a tablespace that is full in mid-run: what was committed stays, the rest is left for the next run ---
small=$OMNI_TEST_PGDIR/small
if ! mkdir "$small" 2>/dev/null || ! mount -t tmpfs -o size=32m tmpfs "$small" 2>/dev/null; then
  skip "a full tablespace" "no tmpfs can be mounted here"
else
  chown --reference="$OMNI_TEST_PGDIR" "$small"
  psql -Xq "$OMNI_TEST_PG" -c "CREATE TABLESPACE small LOCATION '$small'" -c "CREATE DATABASE small TABLESPACE small"
  DB=$(as omni small)
  run_omni run "$T/jobs.txt" -t "pg:$DB" --rate 0
  run_omni run "$T/large.txt" -t "pg:$DB" --rate 0
  is "a full tablespace" "$RC" 5
  like "says so" "$(cat "$T/err")" 'has no room left, its disk is full'
  is "what was committed is there, and no half a job" "$(pg "SELECT (SELECT count(*) FROM jobs), count(*) FROM row_cells")" "2|50"
  mount -o remount,size=512m "$small"
  run_omni run "$T/large.txt" -t "pg:$DB" --rate 0
  is "with room again the next run finishes" "$RC $(pg "SELECT count(*) FROM row_cells")" "0 500050"
  "$OMNI_TEST_PGCTL" stop -m immediate
  umount "$small"
fi
finish
