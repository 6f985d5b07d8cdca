#!/bin/bash
# Runs that overlap on a sink: one works, the others exit 75 and have done nothing; no job is fetched twice; nothing hangs.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

ROUNDS=${OMNI_EXHAUSTIVE:+30}
ROUNDS=${ROUNDS:-1}
pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET client_min_messages = warning" -c "$1"; }

# PostgreSQL's lock is waited for a moment (its last holder's connection may be about to end): a run there must take longer than that.
AT_A_TIME=5
# at_once JOB-FILE ARGS... -- ARGS...: one run for each list of arguments. Each blocks on its own fifo until all are there, then all get the
# job list in one go. Exit codes, in order, in CODES.
at_once() {
  local list=$1 n=0 args=() pids=() fds=() fd pid word
  shift
  CODES=
  for word in "$@" --; do
    if [ "$word" != -- ]; then
      args+=("$word")
      continue
    fi
    n=$((n + 1))
    rm -f "$T/gate$n"
    mkfifo "$T/gate$n"
    t_omni "${args[@]}" --rate 0 --concurrency "$AT_A_TIME" <"$T/gate$n" >"$T/out$n" 2>"$T/err$n" {SERVER_IN}>&- &
    pids+=("$!")
    T_PIDS+=("$!")
    args=()
  done
  # Opened for writing alone, which waits until the run is there to read.
  for ((i = 1; i <= n; i++)); do
    exec {fd}>"$T/gate$i"
    fds+=("$fd")
  done
  # A job list and no end of file: it is the close that lets them go on.
  for fd in "${fds[@]}"; do cat "$list" >&"$fd"; done
  for fd in "${fds[@]}"; do eval "exec $fd>&-"; done
  for pid in "${pids[@]}"; do
    wait "$pid"
    CODES="$CODES $?"
    t_forget "$pid"
  done
  CODES=${CODES# }
}
sorted() { tr ' ' '\n' <<<"$CODES" | sort -n | tr '\n' ' '; }
twice() { grep -oE '[0-9]{8}-0000-4000-8000-[0-9]{12}/result' "$SERVER_LOG" | sort | uniq -d | wc -l; }

# server: one that counts from 0. Its answers take longer than it takes to start a run, but for job 9's and job 7's second.
server() {
  [ -z "$SERVER_PID" ] || t_stop_server
  t_start_server - <<SCRIPT
{"job":"$(job 7)","result":[{"csv_rows":5,"csv_cols":3,"delay_ms":1500},{"csv_rows":5,"csv_cols":3}]}
{"job":"$(job 9)","result":{"csv_rows":5,"csv_cols":3}}
{"job":"*","result":{"csv_rows":5,"csv_cols":3,"delay_ms":1500}}
SCRIPT
}
for i in $(seq 5); do job "$i"; done >"$T/jobs.txt"
job 9 >"$T/nine.txt"

for sink in sqlite:$T/s.db raw:$T/raw csv:$T/csv jsonl:$T/jsonl "pg:${OMNI_TEST_PG:-}"; do
  kind=${sink%%:*}
  if [ "$kind" = pg ] && [ -z "${OMNI_TEST_PG:-}" ]; then
    skip "pg: overlapping runs" "no PostgreSQL here"
    continue
  fi
  bad=
  for ((round = 1; round <= ROUNDS; round++)); do
    server
    AT_A_TIME=5
    case $kind in
    pg)
      AT_A_TIME=2
      pg "DROP SCHEMA IF EXISTS omni_export CASCADE"
      ;;
    *) rm -rf "${sink#*:}"* ;;
    esac
    at_once "$T/jobs.txt" run -t "$sink" -- run -t "$sink" -- run -t "$sink"
    [ "$(sorted) $(twice) $(server_count /result)" = "0 75 75  0 5" ] || bad="$bad; round $round: $(sorted) twice: $(twice) requests: $(server_count /result)"
  done
  is "$kind: of three runs at once one works, two exit 75, no job is fetched twice" "$bad" ""
  like "$kind: they say why" "$(cat "$T"/err[123])" 'another run holds'
  before=$(server_count /result)
  run_omni run "$T/jobs.txt" -t "$sink" --rate 0
  is "$kind: the next run finds all of it there" "$RC $(($(server_count /result) - before))" "0 0"

  # A holder that is stopped holds; one that is killed does not.
  job 6 >"$T/six.txt"
  start_omni run "$T/six.txt" -t "$sink" --rate 0
  until [ "$(server_count "$(job 6)/result")" = 1 ]; do sleep 0.02; done
  kill -STOP "$OMNI_PID"
  holder=$OMNI_PID
  (t_omni run "$T/jobs.txt" -t "$sink" --rate 0 --refetch >/dev/null 2>&1)
  is "$kind: while the holder is stopped another run exits 75" "$?" 75
  (t_omni run "$T/six.txt" -t "$sink" --rate 0 --dry-run 2>&1) >"$T/dry"
  is "$kind: and a dry run reads beside it" "$? $(grep -c "$(job 6)" "$T/dry")" "0 1"
  kill -CONT "$holder"
  wait_omni
  is "$kind: it goes on and stores its job, asked for once" "$RC $(server_count "$(job 6)/result")" "0 1"
  job 7 >"$T/seven.txt"
  start_omni run "$T/seven.txt" -t "$sink" --rate 0
  until [ "$(server_count "$(job 7)/result")" = 1 ]; do sleep 0.02; done
  kill -KILL "$OMNI_PID"
  wait_omni 2>/dev/null
  run_omni run "$T/seven.txt" -t "$sink" --rate 0
  is "$kind: of a killed holder nothing is left to wait for" "$RC" 0
done

# --- one sink under several names ---
server
job 8 >"$T/eight.txt"
ln -s s.db "$T/link.db"
ln "$T/s.db" "$T/hard.db"
ln -s raw "$T/link-raw"
start_omni run "$T/eight.txt" -t "sqlite:$T/s.db" -t "raw:$T/raw" --rate 0
until [ "$(server_count "$(job 8)/result")" = 1 ]; do sleep 0.02; done
kill -STOP "$OMNI_PID"
names=()
for name in "sqlite:$T/link.db" "sqlite:$T/hard.db" "$T/../${T##*/}/s.db" "raw:$T/raw/" "raw:$T/link-raw" "raw:$T/raw/../raw"; do
  (t_omni run "$T/jobs.txt" -t "$name" --rate 0 --refetch >/dev/null 2>&1)
  names+=("$?")
done
is "a link, a hard link, another path: the same sink" "${names[*]}" "75 75 75 75 75 75"
(cd "$T" && t_omni run jobs.txt -t s.db --rate 0 >/dev/null 2>&1)
is "so is a relative path" "$?" 75
(t_omni load --from "raw:$T/raw" -t "sqlite:$T/s.db" >/dev/null 2>&1)
is "load beside a run" "$?" 75
if mkdir "$T/bound" && mount --bind "$T/raw" "$T/bound" 2>/dev/null; then
  (t_omni run "$T/jobs.txt" -t "raw:$T/bound" --rate 0 >/dev/null 2>&1)
  is "so is a bind mount" "$?" 75
  umount "$T/bound"
else
  skip "so is a bind mount" "no mount here"
fi
kill -CONT "$OMNI_PID"
wait_omni
is "the holder was not disturbed" "$RC $(twice)" "0 0"
if [ -n "${OMNI_TEST_PG:-}" ]; then
  server
  AT_A_TIME=2
  at_once "$T/jobs.txt" run -t "pg:$OMNI_TEST_PG" --refetch -- run -t "postgresql://omni@127.0.0.1:$PGPORT/omni" --refetch
  is "PostgreSQL by two addresses is one sink" "$(sorted)" "0 75 "
  at_once "$T/jobs.txt" run -t "pg:$OMNI_TEST_PG" --pg-schema one -- run -t "pg:$OMNI_TEST_PG" --pg-schema two
  is "two schemas are two" "$CODES" "0 0"
fi

# --- sinks shared in part ---
server
AT_A_TIME=5
bad=
for ((round = 1; round <= 2 * ROUNDS; round++)); do
  rm -rf "$T"/[abc].db* "$T/p" "$T/q"
  at_once "$T/jobs.txt" run -t "$T/a.db" -t "raw:$T/p" -- run -t "raw:$T/p" -t "$T/a.db"
  [ "$(sorted)" = "0 75 " ] || bad="$bad; $CODES"
done
is "A+B and B+A: always one that works" "$bad" ""
bad=
for ((round = 1; round <= ROUNDS; round++)); do
  rm -rf "$T"/[abc].db* "$T/p" "$T/q"
  at_once "$T/jobs.txt" run -t "$T/a.db" -t "$T/b.db" -- run -t "$T/b.db" -t "raw:$T/q" -- run -t "raw:$T/q" -t "$T/a.db"
  case $(sorted) in
  "0 75 75 ") ;;
  *) bad="$bad; $CODES" ;;
  esac
  for sink in "$T/a.db" "$T/b.db" "raw:$T/q"; do
    run_omni run "$T/nine.txt" -t "$sink" --rate 0
    [ "$RC" = 0 ] || bad="$bad; $sink alone after it: $RC"
  done
done
is "A+B, B+C, C+A: one works; what the others let go of is usable" "$bad" ""
finish
