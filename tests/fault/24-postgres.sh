#!/bin/bash
# Failing system calls, into PostgreSQL (see 20-raw.sh): the calls of the connection. And a server that falls silent.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres need
. "$srcdir/tests/fault/fault.sh"

# --- silence: the server's process is stopped, and the run is told to end ---
pg() { psql -XAtq "$OMNI_TEST_PG" -c "$1" 2>/dev/null; }
mine() { pg "SELECT pid FROM pg_stat_activity WHERE application_name = 'omni-export'"; }
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"$(job 2)","result":[{"json":{"message":"m"},"stall_after":1},{"json":{"message":"m"}}]}
{"job":"$(job 3)","result":{"csv_rows":300000,"csv_cols":4}}
SCRIPT
# silent NAME JOB MOMENT: as soon as MOMENT says t.
silent() {
  local backend
  { job 1; job "$2"; } >"$T/jobs.txt"
  pg "DROP SCHEMA IF EXISTS omni_export CASCADE"
  start_omni run "$T/jobs.txt" -t "pg:$OMNI_TEST_PG" --rate 0 --concurrency 1
  until [ "$("$3" "$2")" = t ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.02; done
  backend=$(mine)
  kill -STOP "$backend"
  kill -TERM "$OMNI_PID"
  # Ten times what it takes: a run that waits for the server would wait for ever.
  timeout 30 tail --pid="$OMNI_PID" -f /dev/null || kill -KILL "$OMNI_PID"
  wait_omni
  is "$1: ends as it was told to" "$RC" 143
  like "$1: says what it was" "$(cat "$T/err")" "error: the sink 'pg:.*' dropped out: .*(no answer for 3 seconds|lost schema).*the run was told to end"
  kill -CONT "$backend"
  until [ -z "$(mine)" ]; do sleep 0.02; done
  run_omni run "$T/jobs.txt" -t "pg:$OMNI_TEST_PG" --rate 0
  is "$1: the next run stores all" "$RC $(pg "SELECT count(*) FROM omni_export.jobs WHERE state = 'stored'")" "0 2"
}
asked() { [ "$(server_count "$(job "$1")/result")" -gt 0 ] && echo t; }
copying() { pg "SELECT count(*) > 0 FROM pg_stat_progress_copy"; }
silent "silent while nothing is sent" 2 asked
silent "silent in mid-COPY" 3 copying
t_stop_server

fault_whole_sink pg socket connect send recv poll fcntl
