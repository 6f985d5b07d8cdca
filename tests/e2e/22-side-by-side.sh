#!/bin/bash
# Network, decoding and writing go on side by side: a slow download holds up nothing, and a sink that has to wait starts no more requests
# than fit in between, and breaks none that is under way.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

stored() { sql "$T/$1.db" "SELECT count(*) FROM jobs WHERE state = 'stored'" 2>/dev/null || echo 0; }

# --- one download that never goes on, and two large results among the small ones ---
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"json":{"message":"m"},"stall_after":3},{"json":{"message":"m"}}]}
{"job":"$(job 5)","result":{"csv_rows":50000,"csv_cols":6}}
{"job":"$(job 9)","result":{"csv_rows":50000,"csv_cols":6}}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
for i in $(seq 40); do job "$i"; done >"$T/jobs.txt"
start_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --concurrency 2 --summary "$T/summary.json"
until [ "$(stored a)" = 39 ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.02; done
is "all others are stored while one download stands still" "$(stored a) $(kill -0 "$OMNI_PID" && echo running) $(server_count "$(job 1)/result")" "39 running 1"
is "the large ones whole" "$(sql "$T/a.db" "SELECT count(*), sum(row_count) FROM result_rows JOIN results USING (job_id)" | cut -d'|' -f1)" 100000
kill -TERM "$OMNI_PID"
wait_omni
is "interrupted: the others stay" "$RC $(stored a)" "143 39"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0
is "the next run fetches the one" "$RC $(stored a) $(server_count "$(job 1)/result")" "0 40 2"
t_stop_server

# --- a sink that waits: another program locks the database once the run has it open ---
t_start_server - <<SCRIPT
$(for i in 1 2 3 4; do echo "{\"job\":\"$(job $i)\",\"result\":{\"json\":{\"message\":\"m\"},\"delay_ms\":1500}}"; done)
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
for i in $(seq 400); do job "$i"; done >"$T/jobs.txt"
start_omni run "$T/jobs.txt" -t "$T/b.db" --rate 0 --concurrency 4 --summary "$T/summary.json"
until [ "$(server_count '/result"')" = 4 ]; do sleep 0.02; done
coproc LOCK { exec sqlite3 -batch "$T/b.db"; }
T_PIDS+=("$LOCK_PID")
lock_pid=$LOCK_PID
echo "BEGIN IMMEDIATE; SELECT 'locked';" >&"${LOCK[1]}"
read -r said <&"${LOCK[0]}"
is "another program locks the database" "$said" locked
# What waits is bounded, so the requests stop by themselves: the same count twice, with a while between in which a run that is not held
# back would make them all.
last=-1
until now=$(server_count '/result"') && [ "$now" = "$last" ] && [ "$now" -gt 60 ]; do
  last=$now
  sleep 0.3
done
is "some requests were made, and no more than fit in between" "$((now > 60 && now < 100)) $(stored b)" "1 0"
echo "COMMIT;" >&"${LOCK[1]}"
exec {LOCK[1]}>&-
wait "$lock_pid"
t_forget "$lock_pid"
wait_omni
is "when it is free all are stored, each asked for once" "$RC $(stored b) $(server_count '/result"')" "0 400 400"
is "without a retry" "$(sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.retries')")" 0
finish
