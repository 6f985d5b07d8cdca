#!/bin/bash
# load: results written again from kept bodies, without a request; a loaded job equals a fetched one.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
facts() {
  sql "$1" "SELECT job_id, instance, state, partial, http_status, error, topic, message, row_count, action_count, result_count, body_bytes, body_sha256, first_action_at,
      expires_at, attempts, requested_at, fetched_at, warnings, extra, details, input FROM jobs ORDER BY 1;
    SELECT * FROM actions ORDER BY 1, 2;
    SELECT job_id, action_index, result_id, query_name, status, query, columns, column_types, csv_truncated, has_results, total_row_count, row_count, error_message, error_detail, extra
      FROM results ORDER BY 1, 2;
    SELECT * FROM result_rows ORDER BY 1, 2, 3; SELECT job_id, part, hex(body) FROM bodies ORDER BY 1, 2"
}
t_start_server "$srcdir/tests/data/demo/jobs.script"
run_omni run "$srcdir/tests/data/demo/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0 --details
id=99999999-0000-4000-8000-000000000000
t_stop_server
opts=(--summary "$T/summary.json")

run_omni load --from "$T/a.db" -t "$T/b.db" "${opts[@]}"
is "10 of 13 jobs are stored, one is pending: exit" "$RC $(sum stored) $(sum pending) $(sum requests)" "4 10 1 0"
is "a loaded job equals a fetched one, cell for cell; states, times and inputs too" "$(facts "$T/b.db" | sha256sum)" "$(facts "$T/a.db" | sha256sum)"
is "the run is in the ledger" "$(sql "$T/b.db" "SELECT count(*), summary ->> 'stored' FROM runs")" "1|10"
run_omni load --from "$T/a.db" -t "$T/b.db" "${opts[@]}"
is "again: nothing to do" "$(sum stored) $(sum already_stored)" "0 10"
is "and nothing changed" "$(facts "$T/b.db" | sha256sum)" "$(facts "$T/a.db" | sha256sum)"

# In place, with rows that somebody changed by hand.
cp "$T/a.db" "$T/c.db"
sql "$T/c.db" "UPDATE jobs SET message = 'x' WHERE state = 'stored'; DELETE FROM actions; UPDATE row_cells SET cells = '[]'"
run_omni load --from "$T/c.db" -t "$T/c.db" "${opts[@]}"
is "in place: what is held from the same body stays" "$(sum already_stored)" 10
run_omni load --all --from "$T/c.db" -t "sqlite:$T/c.db" "${opts[@]}"
is "in place with --all: as it was fetched" "$(facts "$T/c.db" | sha256sum)" "$(facts "$T/a.db" | sha256sum)"

# Held from another body.
cp "$T/a.db" "$T/d.db"
stored=$(sql "$T/d.db" "SELECT min(job_id) FROM jobs WHERE state = 'stored'")
sql "$T/d.db" "UPDATE jobs SET body_sha256 = '$(printf '0%.0s' {1..64})', message = 'x' WHERE job_id = '$stored'"
run_omni load --from "$T/a.db" -t "$T/d.db" "${opts[@]}"
is "what is held from another body is replaced" "$(sum stored) $(sql "$T/d.db" "SELECT message = 'x' FROM jobs WHERE job_id = '$stored'")" "1 0"

# Some jobs only.
echo "$stored" >"$T/one.txt"
run_omni load --from "$T/a.db" -t "$T/e.db" "${opts[@]}" "$T/one.txt"
is "the jobs of a list" "$RC $(sql "$T/e.db" "SELECT group_concat(job_id) FROM jobs")" "0 $stored"
echo "$id" >"$T/none.txt"
run_omni load --from "$T/a.db" -t "$T/e.db" "${opts[@]}" "$T/none.txt"
is "a job that the source does not know" "$RC $(sum failed)" "3 1"

# No bodies, damaged bodies, no source.
t_start_server "$srcdir/tests/data/demo/jobs.script"
run_omni run "$T/one.txt" -t "$T/noraw.db" --rate 0 --no-raw
t_stop_server
run_omni load --from "$T/noraw.db" -t "$T/f.db" "${opts[@]}"
is "without a kept body" "$RC $(sum failed) $(sql "$T/f.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "3 1 0"
cp "$T/a.db" "$T/g.db"
sql "$T/g.db" "UPDATE bodies SET body = substr(body, 1, length(body) - 5) WHERE job_id = '$stored'"
run_omni load --from "$T/g.db" -t "$T/h.db" "${opts[@]}"
is "a damaged body costs its own job" "$(sum failed) $(sum stored)" "1 9"
like "and is told" "$(cat "$T/err")" "$stored: not loaded: "
run_omni load --from null: -t "$T/h.db"
is "a source without bodies is bad usage" "$RC" 2
run_omni load --from "$T/nowhere.db" -t "$T/i.db" "${opts[@]}"
is "a source that is not there" "$RC" 5
finish
