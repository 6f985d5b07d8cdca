#!/bin/bash
# A computer that sleeps for eight hours in mid-run: boot time goes on, the clock that time-outs go by does not. Nothing is lost by it, nothing
# is asked for twice, nothing that waited for a time waits on, and nothing runs in circles.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

jobs() { for i in "$@"; do job "$i"; done >"$T/jobs.txt"; }
asked() { server_count "$(job "$1")/result"; }
sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
OMNI_SETTINGS=("LD_PRELOAD=$(t_absolute "$top_builddir/tests/fault/clock.so")" "OMNI_CLOCK=$T/clock")

# The answers that are under way when it falls asleep take three seconds: time enough to do so, also on a machine that is busy.
# begin SCRIPT-LINES < : a server of its own, no sink and no window from before, awake.
begin() {
  t_stop_server
  rm -rf "$T/clock" "$T/clock.looks" "$T/state" "$T/raw" "$T/csv" "$T/jsonl" "$T"/s.db*
  t_start_server -
}
SINKS=(-t "$T/s.db" -t "raw:$T/raw" -t "csv:$T/csv" -t "jsonl:$T/jsonl")
start() { start_omni run "$T/jobs.txt" "${SINKS[@]}" --summary "$T/summary.json" "$@"; }
until_asked() { until [ "$(asked "$1")" -ge "${2:-1}" ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.02; done; }
fall_asleep() { echo 28800 >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
# What would wait for an hour by a clock that stood still is ended, and has failed.
awake() {
  local i
  for ((i = 0; i < 600; i++)); do
    kill -0 "$OMNI_PID" 2>/dev/null || break
    sleep 0.1
  done
  [ $i -lt 600 ] || kill -KILL "$OMNI_PID"
  wait_omni
}
# How many jobs are stored: in each of the sinks the same.
stored() {
  {
    sql "$T/s.db" "SELECT count(*) FROM jobs WHERE state = 'stored'"
    for i in raw csv jsonl; do grep -hoE '"job_id":"[^"]*".*"state":"stored"' "$T/$i/manifest.jsonl" | cut -d'"' -f4 | sort -u | wc -l; done
  } | sort -u | tr '\n' ' '
}
# It looked at the clock after it woke up, and not as often as one that never waits.
calm() {
  local n
  n=$(cat "$T/clock.looks")
  is "$1: it waits while it waits" "$([ "${n:-0}" -gt 0 ] && [ "$n" -lt 5000 ] && echo yes || echo "$n")" yes
}
again() { # NAME: the next run finds all there
  local before
  before=$(server_count /api/)
  start --rate 0
  awake
  is "$1: the next run asks for nothing" "$RC $(($(server_count /api/) - before))" "0 0"
}

# In transfers: one goes on as if nothing had been, the connection of the other is gone, a third is in mid-body.
begin <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"},"delay_ms":3000}}
{"job":"$(job 2)","result":[{"json":{"message":"m"},"delay_ms":3000,"drop":true},{"json":{"message":"m"}}]}
{"job":"$(job 3)","result":[{"csv_rows":20000,"csv_cols":6,"stall_after":100000},{"csv_rows":20,"csv_cols":6}]}
SCRIPT
jobs 1 2 3
start --rate 0 --retry-wait 0.1 --timeout 5
for i in 1 2 3; do until_asked $i; done
fall_asleep
awake
is "in transfers: all is stored" "$RC $(stored)" "0 3 "
is "in transfers: what arrived is asked for once, what broke off once more" "$(asked 1) $(asked 2) $(asked 3)" "1 2 2"
calm "in transfers"
again "in transfers"

# In waits that would be an hour: a backoff, and one failure in eight hours is no API that is down.
begin <<SCRIPT
{"job":"$(job 1)","result":[{"status":503,"body":"busy","headers":{"Retry-After":"3600"}},{"status":503,"body":"busy"},{"json":{"message":"m"}}]}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
jobs 1 2
start --rate 0 --retry-wait 0.1 --retry-max-wait 4000 --give-up-after 60
until [ "$(asked 2)" = 1 ] && grep -q stored <(sql "$T/s.db" "SELECT state FROM jobs" 2>/dev/null) || ! kill -0 "$OMNI_PID"; do sleep 0.05; done
fall_asleep
awake
is "in a backoff: it is over, the API is not held for down" "$RC $(stored) $(asked 1) $(asked 2)" "0 2  3 1"
calm "in a backoff"
again "in a backoff"

# A pause that a 429 asked for.
begin <<SCRIPT
{"job":"$(job 1)","result":[{"status":429,"headers":{"Retry-After":"3600"}},{"json":{"message":"m"}}]}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
jobs 1 2
start --rate 0 --retry-max-wait 4000 --concurrency 1
until_asked 1
until grep -q 'requests pause' "$T/err" || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
fall_asleep
awake
is "in a pause: it is over" "$RC $(stored) $(asked 1) $(asked 2)" "0 2  2 1"
calm "in a pause"

# The request window: one request is under way, one is answered, the next would have its turn in an hour.
begin <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"},"delay_ms":3000}}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
jobs 1 2 3
start --rate 2/h
until_asked 1
until_asked 2
fall_asleep
awake
is "in the request window: it is free" "$RC $(stored) $(server_count /result)" "0 3  3"
calm "in the request window"
# Three requests since then are more than two: the window still counts.
jobs 4
start --rate 2/h --max-time 0.5
awake
is "in the request window: what was asked for since counts" "$RC $(asked 4)" "3 0"

# A group that waits for its flush: it comes at the next look, while the run still waits for an answer.
begin <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"*","result":{"json":{"message":"m"},"delay_ms":60000}}
SCRIPT
jobs 1 2
start --rate 0 --concurrency 1
until_asked 2
until grep -q stored <(sql "$T/s.db" "SELECT state FROM jobs" 2>/dev/null) || ! kill -0 "$OMNI_PID"; do sleep 0.05; done
is "in a group: the part file is still open" "$(grep -c '"state":"stored"' "$T/jsonl/manifest.jsonl")" 0
fall_asleep
for ((i = 0; i < 400; i++)); do
  [ "$(grep -c '"state":"stored"' "$T/jsonl/manifest.jsonl")" = 0 ] || break
  sleep 0.05
done
is "in a group: it is durable in every sink while the run goes on" "$(stored) $(kill -0 "$OMNI_PID" && echo on)" "1  on"
kill -TERM "$OMNI_PID"
awake
is "in a group: interrupted then" "$RC $(asked 1)" "143 1"
calm "in a group"
rm "$T/clock"
jobs 1
again "in a group"

# --max-time is over when it wakes up: what was under way is stored, nothing more is asked for.
begin <<SCRIPT
{"job":"*","result":{"json":{"message":"m"},"delay_ms":3000}}
SCRIPT
jobs 1 2 3
start --rate 0 --concurrency 1 --max-time 3600
until_asked 1
fall_asleep
awake
is "with --max-time: the sleep counts" "$RC $(stored) $(sum unasked) $(server_count /result)" "3 1  2 1"
calm "with --max-time"
rm "$T/clock"
start --rate 0
awake
is "with --max-time: the next run asks for the rest" "$RC $(stored) $(server_count /result)" "0 3  3"
finish
