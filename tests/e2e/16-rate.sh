#!/bin/bash
# The request window: true for any window of the unit, for one process and for three, across restarts; not one 429 caused by us.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

list() { for i in $(seq "$1" "$2"); do job "$i"; done; }
stats() { curl -s "$URL/__stats" | tr -d ' \n' | sed -n -E "s/.*\"$1\":([0-9]+).*/\1/p"; }

# The server counts for itself: more than 20 requests in any second are refused with a 429.
t_start_server - --limit 20/s <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
list 1 50 >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 20/s --concurrency 8 --summary "$T/summary.json"
is "one process: all stored" "$RC $(sql "$T/a.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 50"
is "not one 429" "$(server_count '"status": ?429')" 0
for i in 1 2 3; do list $((i * 1000)) $((i * 1000 + 24)) >"$T/$i.txt"; done
pids=()
for i in 1 2 3; do
  (t_omni run "$T/$i.txt" -t "$T/$i.db" --rate 20/s --concurrency 8 >"$T/out$i" 2>"$T/err$i") &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
is "three processes at once, right after the first: all stored" "$failed" 0
is "not one 429" "$(server_count '"status": ?429')" 0
is "never more than 20 in a second" "$(($(stats max_in_window) <= 20))" 1

# Restarts: each process makes one request; the file remembers.
for i in $(seq 30); do job $((5000 + i)) >"$T/one.txt"; run_omni run "$T/one.txt" -t "$T/b.db" --rate 20/s -q || break; done
is "thirty runs of one job each" "$RC $(server_count '"status": ?429')" "0 0"
is "the window lies under the state folder, readable by nobody else" "$(stat -c %a "$T"/state/omni-export/rate-* | sort -u)" 600
is "named by a hash: the key is not in its name or content" "$(grep -rl "$TOKEN" "$T/state" | wc -l) $(find "$T/state" -name "*$TOKEN*" | wc -l)" "0 0"
t_stop_server

# A pause that one process was asked for holds for the others.
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"status":429,"headers":{"Retry-After":"2"}},{"json":{"message":"m"}}]}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
list 1 1 >"$T/one.txt"
list 7000 7003 >"$T/others.txt"
(t_omni run "$T/one.txt" -t "$T/c.db" --rate 0 >/dev/null 2>&1) &
pid=$!
until [ "$(server_count '"status": ?429')" = 1 ]; do sleep 0.02; done
run_omni run "$T/others.txt" -t "$T/d.db" --rate 0
wait "$pid"
first=$(grep -oE '"mono_ns": ?[0-9]+|"boot_ns": ?[0-9]+|"ns": ?[0-9]+' "$SERVER_LOG" | sed -n '1s/.*: *//p')
second=$(grep -oE '"mono_ns": ?[0-9]+|"boot_ns": ?[0-9]+|"ns": ?[0-9]+' "$SERVER_LOG" | sed -n '2s/.*: *//p')
is "no process asks before the two seconds are over" "$(((second - first) / 100000000 >= 20))" 1
t_stop_server

# Where the state cannot be kept: a warning, and the window is this process's own.
t_start_server - <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
OMNI_SETTINGS=(XDG_STATE_HOME=/proc/nowhere)
run_omni run "$T/one.txt" -t "$T/e.db"
is "no state folder: the run goes on" "$RC" 0
like "with a warning" "$(cat "$T/err")" 'warning: .*own'
OMNI_SETTINGS=()
for bad in 60 m/60 -1/s 60/d 99999999/s; do
  run_omni run "$T/one.txt" -t "$T/f.db" --rate "$bad"
  is "--rate $bad is bad usage" "$RC" 2
done
finish
