#!/bin/bash
# A wall clock that is wrong, or jumps in mid-run: nothing is lost by it, no wait depends on it, and what is kept goes by the server's clock.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
for FAKETIME in /usr/lib/*/faketime/libfaketimeMT.so.1; do :; done
[ -e "$FAKETIME" ] || skip_all "libfaketime is not installed"
# Of all clocks the wall clock alone is moved. The sanitizers' runtime must be the first library of a program.
if grep -aq __asan_init "$OMNI"; then skip_all "libfaketime and a sanitizer's runtime do not go together"; fi
clock() { OMNI_SETTINGS=("LD_PRELOAD=$FAKETIME" FAKETIME_DONT_FAKE_MONOTONIC=1 "FAKETIME_TIMESTAMP_FILE=$T/clock" FAKETIME_NO_CACHE=1); printf '%s\n' "$1" >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
right() { OMNI_SETTINGS=(); }

t_start_server - <<SCRIPT
{"job":"$(job 1)","state":"COMPLETE","completed_at":"now-1d","result":{"status":404,"message":"Result is not yet available","envelope":"published"}}
{"job":"$(job 2)","state":"COMPLETE","completed_at":"now-15d","result":{"status":404,"message":"Result is not yet available","envelope":"published"}}
{"job":"$(job 3)","result":{"status":404,"message":"Job not found","envelope":"published"}}
{"job":"$(job 4)","state":"EXECUTING","result":{"status":404,"message":"Result is not yet available","envelope":"published"}}
{"job":"$(job 5)","result":[{"status":404,"message":"Job not found","envelope":"published"},{"json":{"message":"m"}}]}
{"job":"$(job 6)","result":[{"status":503,"headers":{"Retry-After":"1"},"body":"busy"},{"json":{"message":"m"},"delay_ms":300}]}
{"job":"*","result":{"json":{"message":"m","actions":[{"type":"MESSAGE","message":"a","timestamp":"2026-01-02T03:04:05Z"}]}}}
SCRIPT
for i in 1 2 3 4; do job "$i"; done >"$T/four.txt"
job 5 >"$T/five.txt"
# What the jobs are called does not depend on the clock, nor, by more than the tolerance, when they were asked for.
for wrong in "+0" "-1h" "+15d" "-56y" "+74y"; do
  clock "$wrong"
  rm -rf "$T"/v.db*
  run_omni run "$T/four.txt" -t "$T/v.db" --rate 0
  right
  is "clock $wrong: pending, expired, not_found, pending" "$RC $(sql "$T/v.db" "SELECT group_concat(state) FROM (SELECT state FROM jobs ORDER BY job_id)")" "4 pending,expired,not_found,pending"
  is "clock $wrong: times are kept by the server's clock" \
    "$(sql "$T/v.db" "SELECT count(*) FROM jobs WHERE abs(julianday(requested_at) - julianday('now')) < 0.01 AND abs(julianday(fetched_at) - julianday('now')) < 0.01")" 4
done
# A ledger written with a wrong clock does not keep a job from being asked again, nor from being had.
for wrong in "-56y" "+74y" "+15d" "-1h"; do
  for sink in "sqlite:$T/l.db" "raw:$T/l"; do
    rm -rf "$T"/l.db* "$T/l"
    t_stop_server
    t_start_server "$T/server-1.script"
    clock "$wrong"
    run_omni run "$T/five.txt" -t "$sink" --rate 0
    first=$RC
    right
    run_omni run "$T/five.txt" -t "$sink" --rate 0
    is "${sink%%:*}: not found once at $wrong: asked again with the right clock" "$first $RC" "4 0"
  done
done

# Written before the times went by the server's clock: a request that lies ahead is put right by the next one.
rm -rf "$T"/l.db*
job 3 >"$T/three.txt"
run_omni run "$T/three.txt" -t "$T/l.db" --rate 0
sql "$T/l.db" "UPDATE jobs SET requested_at = '2100-01-01T00:00:00.000Z'"
run_omni run "$T/three.txt" -t "$T/l.db" --rate 0
is "a first request in the future is put right" "$RC $(sql "$T/l.db" "SELECT requested_at < '2099' FROM jobs")" "0 1"
sql "$T/l.db" "UPDATE jobs SET requested_at = '2026-01-01T00:00:00.000Z'"
run_omni run "$T/three.txt" -t "$T/l.db" --rate 0
is "an early one stays, and over 14 days later it is given up" "$RC $(sql "$T/l.db" "SELECT requested_at < '2026-01-02' FROM jobs")" "0 1"

# A Retry-After that is a date counts from the answer's Date: an hour off, the wait is neither an hour nor none.
for wrong in "-1h" "+1h"; do
  t_stop_server
  until_s=$(($(date +%s) + 3))
  t_start_server - <<SCRIPT
{"job":"$(job 8)","result":[{"status":429,"headers":{"Retry-After":"$(date -u -d "@$until_s" '+%a, %d %b %Y %H:%M:%S GMT')"}},{"json":{"message":"m"}}]}
{"job":"$(job 9)","result":[{"status":503,"body":"busy","headers":{"Retry-After":"$(date -u -d "@$until_s" '+%a, %d %b %Y %H:%M:%S GMT')"}},{"json":{"message":"m"}}]}
SCRIPT
  { job 8; job 9; } >"$T/dates.txt"
  rm -rf "$T"/d.db* "$T/state"
  clock "$wrong"
  run_omni run "$T/dates.txt" -t "$T/d.db" --rate 0 --retry-wait 0 --retry-max-wait 60
  right
  is "a Retry-After that is a date, at $wrong: waited for, and stored" "$RC $(server_count /result)" "0 4"
  early=0
  while read -r at; do [ "$(date -d "$at" +%s)" -ge $until_s ] || early=$((early + 1)); done \
    < <(grep -E '"request": ?2' "$SERVER_LOG" | sed -E 's/.*"time": ?"([^"]*).*/\1/')
  is "a Retry-After that is a date, at $wrong: nothing is asked for before it" "$early" 0
done

# The clock jumps in mid-run, in a transfer and in a wait: the run takes its time, its jobs are stored, expiry is the job's.
for wrong in "-1h" "+15d"; do
  t_stop_server
  t_start_server "$T/server-1.script"
  { job 6; job 7; } >"$T/two.txt"
  rm -rf "$T/j" "$T"/j.db*
  clock "+0"
  start_omni run "$T/two.txt" -t "jsonl:$T/j" -t "$T/j.db" --rate 10/s --max-time 100 --give-up-after 100 --concurrency 1
  until [ "$(server_count '"status": ?503')" = 1 ] || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
  clock "$wrong"
  wait_omni
  right
  is "jump by $wrong: stored, once" "$RC $(server_count "$(job 7)/result") $(server_count "$(job 6)/result")" "0 1 2"
  is "jump by $wrong: in each sink" "$(grep -hc '"state":"stored"' "$T/j/manifest.jsonl") $(sql "$T/j.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "2 2"
  is "jump by $wrong: expires 14 days after its last action" "$(sql "$T/j.db" "SELECT expires_at FROM jobs WHERE job_id = '$(job 7)'")" "2026-01-16T03:04:05Z"
  run_omni run "$T/two.txt" -t "jsonl:$T/j" -t "$T/j.db" --rate 10/s --refetch
  is "jump by $wrong: a run with the right clock replaces it, one part each" "$RC $(zstd -qdc "$T"/j/jobs/*/*.zst | wc -l) $(zstd -qdc "$T"/j/jobs/*/*.zst | grep -oE '"job_id":"[^"]*' | sort | uniq -d | wc -l)" "0 2 0"
done
finish
