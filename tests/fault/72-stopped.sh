#!/bin/bash
# A run that is stopped for longer than its time-outs, at several moments, and goes on: every job is stored then or by the next run, none twice,
# and what another run took over meanwhile is let alone.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET search_path = omni_export; SET client_min_messages = warning" -c "$1"; }
asked() { server_count "$(job "$1")/result"; }
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"},"delay_ms":1000}}
{"job":"$(job 2)","result":[{"csv_rows":20000,"csv_cols":6,"stall_after":100000},{"csv_rows":20000,"csv_cols":6}]}
{"job":"$(job 3)","result":[{"status":503,"body":"busy","headers":{"Retry-After":"3"}},{"json":{"message":"m"}}]}
{"job":"*","result":{"csv_rows":10,"csv_cols":3}}
SCRIPT
TIGHT=(--timeout 1 --connect-timeout 1 --retry-wait 0.2 --rate 0)
# Stopped for longer than every time-out of the run.
stopped() { # PID
  kill -STOP "$1"
  sleep 2.2
  kill -CONT "$1"
}
# Three runs side by side: one is stopped while it waits for headers, one in mid-body, one in a wait.
pids=()
for i in 1 2 3; do
  { job "$i"; job "1$i"; } >"$T/$i.txt"
  t_omni run "$T/$i.txt" -t "$T/$i.db" "${TIGHT[@]}" --concurrency 2 --max-time 60 >"$T/out$i" 2>"$T/err$i" {SERVER_IN}>&- &
  pids+=("$!")
  T_PIDS+=("$!")
done
for i in 1 2 3; do
  until [ "$(asked "$i")" -gt 0 ] || ! kill -0 "${pids[i - 1]}"; do sleep 0.02; done
  stopped "${pids[i - 1]}" &
  eval "stop$i=$!"
done
wait "$stop1" "$stop2" "$stop3"
moments=([1]="headers are awaited" [2]="a body arrives" [3]="it waits to try again")
for i in 1 2 3; do
  wait "${pids[i - 1]}"
  first=$?
  t_forget "${pids[i - 1]}"
  like "stopped while ${moments[i]}: all is stored, or left open" "$first" '^(0|3)$'
  before=$(($(asked "$i") + $(asked "1$i")))
  run_omni run "$T/$i.txt" -t "$T/$i.db" "${TIGHT[@]}"
  is "stopped while ${moments[i]}: the next run has all of it" "$RC $(sql "$T/$i.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 2"
  [ "$first" = 3 ] || is "stopped while ${moments[i]}: and asks for nothing that was stored" "$(($(asked "$i") + $(asked "1$i")))" "$before"
  is "stopped while ${moments[i]}: no job failed for good" "$(sql "$T/$i.db" "SELECT count(*) FROM jobs WHERE state <> 'stored'")" 0
done

# --- the request window ---
# A process that is stopped while it holds the window's lock, and one that is stopped with a request under way: the others go on.
t_stop_server
t_start_server - --limit 20/s <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"},"delay_ms":1000}}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
job 1 >"$T/one.txt"
for i in $(seq 100 130); do job "$i"; done >"$T/many.txt"
start_omni run "$T/one.txt" -t "$T/w1.db" --rate 20/s
until [ "$(asked 1)" = 1 ]; do sleep 0.02; done
kill -STOP "$OMNI_PID"
stopped=$OMNI_PID
(t_omni run "$T/many.txt" -t "$T/w2.db" --rate 20/s >/dev/null 2>&1)
is "beside a stopped process with a request under way: all stored, no 429" "$? $(sql "$T/w2.db" "SELECT count(*) FROM jobs WHERE state = 'stored'") $(server_count '"status": ?429')" "0 31 0"
kill -KILL "$stopped"
wait_omni 2>/dev/null
(t_omni run "$T/many.txt" -t "$T/w3.db" --rate 20/s >/dev/null 2>&1)
is "after it was killed: the same" "$? $(server_count '"status": ?429')" "0 0"
for window in "$T"/state/omni-export/rate-*; do :; done
# The helper holds the lock until its standard input ends.
mkfifo "$T/hold" "$T/held"
flock -x "$window" sh -c "echo held >'$T/held'; exec cat '$T/hold' >/dev/null" {SERVER_IN}>&- &
helper=$!
T_PIDS+=("$helper")
read -r _ <"$T/held"
run_omni run "$T/one.txt" -t "$T/w4.db" --rate 20/s
is "the window's lock is held by something that is stopped: the run goes on" "$RC" 0
like "and says that its window is its own" "$(cat "$T/err")" 'locked for over two seconds'
echo >"$T/hold"
wait "$helper"
t_forget "$helper"
run_omni run "$T/many.txt" -t "$T/w5.db" --rate 20/s
is "with the lock free again the window is shared again" "$RC $(grep -c 'own' "$T/err")" "0 0"

# One of ours that is stopped in a system call, with what it has locked: the window, and the database in mid-commit.
can_stop() (
  command -v strace || exit 1
  strace -f -o /dev/null -e trace=exit_group -e inject=exit_group:signal=SIGKILL:when=1 true
  [ $? = 137 ]
) >/dev/null 2>&1
# stopped_in CALL:N PATH ARGS...: a run that is stopped at the end of the Nth such call on PATH. Its pid is in STOPPED.
stopped_in() {
  local point=$1 path=$2 whole=$OMNI
  shift 2
  printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -f -o %s -P %s -e trace=%s -e inject=%s:signal=SIGSTOP:when=%s %s "$@"\n' \
    "$T/trace" "$path" "${point%:*}" "${point%:*}" "${point#*:}" "$whole" >"$T/tracer"
  chmod +x "$T/tracer"
  rm -f "$T/trace"
  OMNI=$T/tracer
  start_omni "$@"
  OMNI=$whole
  until grep -qs 'stopped by SIGSTOP' "$T/trace" || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
  read -r STOPPED _ <"/proc/$OMNI_PID/task/$OMNI_PID/children"
  T_PIDS+=("$STOPPED")
  TRACER=$OMNI_PID
}
# Goes on, and what came of it is in RC. Each thread counts its calls, so that it may be stopped once more.
goes_on() {
  while kill -CONT "$STOPPED" 2>/dev/null; do sleep 0.02; done
  t_forget "$STOPPED"
  OMNI_PID=$TRACER
  wait_omni
}
if can_stop; then
  job 2 >"$T/two.txt"
  stopped_in fdatasync:1 "$T/w5.db-wal" run "$T/two.txt" -t "$T/w5.db" --rate 20/s
  like "stopped in mid-commit: the database is locked" "$(sql "$T/w5.db" "BEGIN IMMEDIATE" 2>&1)" 'locked'
  (t_omni run "$T/many.txt" -t "$T/w5.db" --rate 20/s --refetch >/dev/null 2>&1)
  is "stopped in mid-commit: another run exits 75" "$?" 75
  (t_omni run "$T/many.txt" -t "$T/w8.db" --rate 20/s >/dev/null 2>&1)
  is "stopped in mid-commit: one with another sink goes on, and keeps to the rate" "$? $(server_count '"status": ?429')" "0 0"
  goes_on
  is "stopped in mid-commit: it finishes" "$RC $(asked 2) $(sql "$T/w5.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 1 32"

  stopped_in flock:3 "$window" run "$T/two.txt" -t "$T/w9.db" --rate 20/s
  is "stopped with the window locked: it holds the lock, and has asked for nothing" "$(flock -n "$window" true && echo free) $(asked 2)" " 1"
  (t_omni run "$T/many.txt" -t "$T/w10.db" --rate 20/s >"$T/out2" 2>"$T/err2")
  is "stopped with the window locked: another run goes on, and keeps to the rate" "$? $(server_count '"status": ?429')" "0 0"
  like "stopped with the window locked: it says that its window is its own" "$(cat "$T/err2")" 'locked for over two seconds'
  goes_on
  is "stopped with the window locked: it finishes" "$RC $(asked 2) $(server_count '"status": ?429')" "0 2 0"
  # What the other one asked for stands in no window that is shared: from here on the server counts anew.
  t_stop_server
  t_start_server "$T/server-2.script" --limit 20/s
  run_omni run "$T/many.txt" -t "$T/w11.db" --rate 20/s
  is "stopped with the window locked: the window is shared again" "$RC $(server_count '"status": ?429') $(grep -c own "$T/err")" "0 0 0"
else
  skip "stopped in a system call" "no strace here, or not allowed"
fi
if unshare -pf --mount-proc true 2>/dev/null; then
  (OMNI_EXPORT=$OMNI && printf '#!/bin/sh\nexec unshare -pf --mount-proc %s "$@"\n' "$OMNI_EXPORT" >"$T/apart" && chmod +x "$T/apart" && OMNI=$T/apart &&
    t_omni run "$T/many.txt" -t "$T/w6.db" --rate 20/s >/dev/null 2>&1) &
  apart=$!
  run_omni run "$T/many.txt" -t "$T/w7.db" --rate 20/s
  wait "$apart"
  is "two pid namespaces share one window" "$? $RC $(server_count '"status": ?429')" "0 0 0"
else
  skip "two pid namespaces share one window" "no namespaces here"
fi

# --- PostgreSQL: another run takes over while this one is stopped ---
if [ -z "${OMNI_TEST_PG:-}" ]; then
  skip "a run that was taken over" "no PostgreSQL here"
  finish
fi
t_stop_server
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"json":{"message":"of A"}},{"json":{"message":"of B"}}]}
{"job":"$(job 2)","result":[{"json":{"message":"of A"},"delay_ms":1500},{"json":{"message":"of B"}}]}
{"job":"$(job 3)","result":[{"csv_rows":400000,"csv_cols":4},{"csv_rows":10,"csv_cols":4}]}
SCRIPT
PG=pg:$OMNI_TEST_PG
{ job 1; job 2; } >"$T/two.txt"
job 3 >"$T/three.txt"
taken_over() { # NAME JOBS MOMENT...: the run is stopped as soon as MOMENT says t
  local name=$1 jobs=$2 a before
  shift 2
  pg "DROP SCHEMA IF EXISTS omni_export CASCADE"
  start_omni run "$jobs" -t "$PG" --rate 0 --concurrency 2
  a=$OMNI_PID
  until [ "$("$@" 2>/dev/null)" = t ] || ! kill -0 "$a"; do sleep 0.02; done
  kill -STOP "$a"
  pg "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'" >/dev/null
  until [ "$(pg "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]; do sleep 0.02; done
  (t_omni run "$jobs" -t "$PG" --rate 0 >"$T/out2" 2>"$T/err2")
  is "$name: another run takes over and stores all" "$? $(pg "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 $(wc -l <"$jobs")"
  before=$(contents)
  kill -CONT "$a"
  wait_omni
  is "$name: the first one ends with 5" "$RC" 5
  like "$name: says so" "$(cat "$T/err")" 'another run has taken over'
  is "$name: and has changed nothing of the other's" "$(contents)" "$before"
}
contents() {
  pg "SELECT * FROM jobs ORDER BY 1" | sha256sum
  pg "SELECT job_id, part, md5(body) FROM bodies ORDER BY 1, 2" | sha256sum
  pg "SELECT count(*), count(DISTINCT (job_id, row_index)) FROM result_rows"
}
second_asked() { [ "$(asked 2)" -gt 0 ] && echo t; }
copying() { pg "SELECT count(*) > 0 FROM pg_stat_progress_copy"; }
taken_over "stopped between jobs" "$T/two.txt" second_asked
taken_over "stopped in mid-COPY" "$T/three.txt" copying
# The connection dies while it is stopped and nobody takes over: it is had again.
pg "DROP SCHEMA omni_export CASCADE"
t_stop_server
t_start_server "$T/server-$T_SERVERS.script"
start_omni run "$T/two.txt" -t "$PG" --rate 0
until [ "$(asked 2)" = 1 ] || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
kill -STOP "$OMNI_PID"
pg "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'" >/dev/null
kill -CONT "$OMNI_PID"
wait_omni
is "the connection dies while it is stopped: all is stored, asked for once" "$RC $(pg "SELECT count(*) FROM jobs WHERE state = 'stored'") $(server_count /result)" "0 2 2"
finish
