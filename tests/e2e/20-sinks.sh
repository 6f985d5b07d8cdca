#!/bin/bash
# Several sinks in one run: one fetch, every sink; one that is added later gets what it lacks from the bodies that another keeps; one that fails does not undo another.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
# Everything that two sinks must agree on.
facts() {
  sql "$1" "SELECT job_id, state, partial, http_status, topic, message, row_count, body_bytes, body_sha256, expires_at, fetched_at, warnings, extra, details, input FROM jobs ORDER BY 1;
    SELECT * FROM actions ORDER BY 1, 2; SELECT job_id, action_index, query_name, columns, column_types, row_count FROM results ORDER BY 1, 2;
    SELECT * FROM result_rows ORDER BY 1, 2, 3; SELECT job_id, part, hex(body) FROM bodies ORDER BY 1, 2"
}
t_start_server "$srcdir/tests/data/demo/jobs.script"
grep -vE '^#|not-a' "$srcdir/tests/data/demo/jobs.txt" >"$T/jobs.txt"
opts=(--rate 0 --retry-wait 0 --summary "$T/summary.json")

run_omni run "$T/jobs.txt" -t "$T/a.db" -t "$T/b.db" -t null: "${opts[@]}" --details
is "three sinks, one fetch each" "$(sum sinks[0].stored) $(sum sinks[1].stored) $(sum sinks[2].stored)" "10 10 10"
is "two sinks hold the same" "$(facts "$T/a.db" | sha256sum)" "$(facts "$T/b.db" | sha256sum)"

# A sink added later.
before=$(server_count '/result')
run_omni run "$T/jobs.txt" -t "$T/a.db" -t "$T/c.db" "${opts[@]}" --details
is "what the first one keeps is not asked for" "$(sum sinks[1].stored) $(sum already_stored)" "10 0"
is "only what is open is" "$(($(server_count '/result') - before <= 6))" 1
is "and is the same there" "$(sql "$T/c.db" "SELECT job_id, state, topic, message, row_count, body_sha256, fetched_at FROM jobs WHERE state = 'stored' AND NOT partial ORDER BY 1")" \
  "$(sql "$T/a.db" "SELECT job_id, state, topic, message, row_count, body_sha256, fetched_at FROM jobs WHERE state = 'stored' AND NOT partial ORDER BY 1")"
t_stop_server

# The API has nothing any more: the bodies are enough.
t_start_server - <<'SCRIPT'
{"job":"*","result":{"status":404,"envelope":"published","message":"Result is no longer available"}}
SCRIPT
sql "$T/a.db" "SELECT job_id FROM jobs WHERE state = 'stored' AND NOT partial" >"$T/stored.txt"
run_omni run "$T/stored.txt" -t "$T/a.db" -t "$T/d.db" "${opts[@]}"
is "filled without a request" "$RC $(sum requests) $(sql "$T/d.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 0 9"
is "cell for cell" "$(sql "$T/d.db" "SELECT * FROM result_rows ORDER BY 1, 2, 3")" \
  "$(sql "$T/a.db" "SELECT * FROM result_rows WHERE job_id IN (SELECT job_id FROM jobs WHERE NOT partial) ORDER BY 1, 2, 3")"

# A kept body that is damaged is told, and the API is asked.
cp "$T/a.db" "$T/damaged.db"
sql "$T/damaged.db" "UPDATE bodies SET body = zeroblob(length(body))"
head -n 1 "$T/stored.txt" >"$T/one.txt"
run_omni run "$T/one.txt" -t "$T/damaged.db" -t "$T/e.db" "${opts[@]}"
is "a damaged body is not taken" "$(sum requests) $(sql "$T/e.db" "SELECT state FROM jobs")" "1 expired"
like "and told of" "$(cat "$T/err")" 'of no use'
t_stop_server

# --- one fails in mid-run ---
t_start_server - <<SCRIPT
{"job":"*","result":{"csv_rows":20000,"csv_cols":6}}
SCRIPT
if ! mkdir "$T/small" || ! mount -t tmpfs -o size=1m tmpfs "$T/small" 2>/dev/null; then
  skip "a sink that fails in mid-run" "no tmpfs can be mounted here"
else
  { job 1; job 2; } >"$T/two.txt"
  run_omni run "$T/two.txt" -t "$T/small/a.db" -t "$T/f.db" "${opts[@]}" --concurrency 1
  is "it drops out, the other goes on" "$RC $(sql "$T/f.db" "SELECT count(*) FROM result_rows")" "5 40000"
  is "the summary says which lacks what" "$(sum sinks[0].stored) $(sum sinks[0].failed) $(sum sinks[1].stored) $(sum sinks[1].failed)" "0 2 2 0"
  like "and why" "$(sum sinks[0].error)" 'full'
  mount -o remount,size=64m "$T/small"
  before=$(server_count '/result')
  run_omni run "$T/two.txt" -t "$T/small/a.db" -t "$T/f.db" "${opts[@]}"
  is "the next run fills it from the other's bodies" "$RC $(($(server_count '/result') - before)) $(sql "$T/small/a.db" "SELECT count(*) FROM result_rows")" "0 0 40000"
  umount "$T/small"
fi
finish
