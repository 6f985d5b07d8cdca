#!/bin/bash
# The jsonl sink from outside: its folder, every compression, what counts and what is waste, what cannot be opened or written, and DuckDB where it is installed.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"

plain() { # DIR TABLE: the lines of this table, as every engine that globs sees them
  local suffix command files
  for suffix in zst gz jsonl; do
    case $suffix in zst) command="zstd -dcq" ;; gz) command="gzip -dc" ;; *) command=cat ;; esac
    files=("$1/$2"/stored_date=*/*."$suffix")
    # shellcheck disable=SC2086 # a command and its options
    [ ! -e "${files[0]}" ] || $command "${files[@]}" 2>/dev/null
  done
}
# load DIR: all of it in $T/load.db: a table of lines for each table, and "counted", those that the manifest counts.
load() {
  local table imports=()
  rm -f "$T/load.db"
  for table in jobs actions results result_rows; do
    plain "$1" $table >"$T/lines.$table"
    imports+=("CREATE TABLE $table(line);" ".import $T/lines.$table $table")
  done
  imports+=("CREATE TABLE manifest(line);" ".import --skip 1 $1/manifest.jsonl manifest")
  printf '%s\n' ".bail on" ".mode ascii" '.separator "\037" "\n"' "${imports[@]}" "
    CREATE VIEW last AS SELECT max(rowid), line, line ->> 'job_id' AS id, line ->> 'state' AS state, line -> 'parts' AS parts FROM manifest GROUP BY line ->> 'job_id';
    CREATE VIEW counted AS SELECT t, l.line FROM (SELECT 'jobs' AS t, line FROM jobs UNION ALL SELECT 'actions', line FROM actions UNION ALL
      SELECT 'results', line FROM results UNION ALL SELECT 'result_rows', line FROM result_rows) l JOIN last ON id = l.line ->> 'job_id'
      WHERE EXISTS (SELECT 1 FROM json_each(parts) WHERE value LIKE t || '/stored_date=____-__-__/' || (l.line ->> 'part'));" |
    sqlite3 -batch "$T/load.db"
}
# contents DIR: what a run that begins anew must come to: each line once, without what differs from run to run.
contents() {
  load "$1"
  sql "$T/load.db" "SELECT id, state FROM last ORDER BY 1;
    SELECT line ->> 'job_id', line ->> 'message', line ->> 'row_count' FROM jobs ORDER BY 1;
    SELECT line ->> 'job_id', line ->> 'action_index', line ->> 'type' FROM actions ORDER BY 1, 2;
    SELECT line ->> 'job_id', line -> 'columns', line ->> 'row_count' FROM results ORDER BY 1;
    SELECT line ->> 'job_id', line ->> 'row_index', line -> 'cells' FROM result_rows ORDER BY 1, 2;
    SELECT 'waste', (SELECT count(*) FROM jobs) + (SELECT count(*) FROM actions) + (SELECT count(*) FROM results) + (SELECT count(*) FROM result_rows) - (SELECT count(*) FROM counted)"
  (cd "$1" && ls -A unreadable 2>/dev/null; ls -Ad .new .unsettled 2>/dev/null)
}
# torn DIR: stored jobs of which the join does not give exactly one job and all of its rows.
torn() {
  load "$1"
  sql "$T/load.db" "SELECT count(*) FROM last WHERE state = 'stored' AND (1, last.line ->> 'row_count') IS NOT
    (SELECT sum(t = 'jobs'), sum(t = 'result_rows') FROM counted c WHERE c.line ->> 'job_id' = id)"
}

# --- the folder, in every compression, beside a database of the same run ---
rows='{"json":{"message":"caf\u00e9","extra field":{"a":[1]},"actions":[{"type":"generate_query","timestamp":"2026-01-01T00:00:00Z","result":{"queryName":"q","query":{"fields":["a.b"]},"csvResult":"A,\"B \"\"x\"\"\"\n1,\"line\nbreak\"\n,\"\u20ac\"\n\\N,\\."}}]}}'
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":$rows}
{"job":"$(job 2)","result":{"csv_rows":5000,"csv_cols":6}}
{"job":"$(job 3)","result":{"body":"odd"}}
{"job":"$(job 4)","result":{"status":404,"envelope":"published","message":"Job not found"}}
{"job":"$(job 5)","result":{"csv_rows":200000,"csv_cols":8}}
{"job":"$(job 9)","result":{"json":{"message":"m"},"stall_after":3}}
SCRIPT
for id in 1 2 3 4; do job $id; done >"$T/four.txt"
run_omni run "$T/four.txt" -t "$T/a.db" -t "jsonl:$T/zst" -t "jsonl:$T/gz?compress=gzip" -t "jsonl:$T/none?compress=none" --rate 0 --retry-wait 0
is "one run, four sinks" "$RC" 4
for kind in zst gz none; do
  suffix=.jsonl.$kind
  [ $kind = none ] && suffix=.jsonl
  load "$T/$kind"
  is "$kind: a file for each table, of one name" \
    "$(cd "$T/$kind" && echo */stored_date="$(date -u +%Y)"-*/*-0001"$suffix" | wc -w) $(find "$T/$kind" -path '*stored_date*' -type f | wc -l)" "4 4"
  is "$kind: cell for cell" \
    "$(sql "$T/load.db" "SELECT line ->> 'job_id', line ->> 'action_index', line ->> 'row_index', (SELECT group_concat(hex(value)) FROM json_each(line, '\$.cells')) FROM result_rows ORDER BY 1, 2, 3" | sha256sum)" \
    "$(sql "$T/a.db" "SELECT job_id, action_index, row_index, (SELECT group_concat(hex(value)) FROM json_each(cells)) FROM result_rows ORDER BY 1, 2, 3" | sha256sum)"
  is "$kind: results" \
    "$(sql "$T/load.db" "SELECT line ->> 'job_id', line ->> 'query_name', json(line -> 'query'), json(line -> 'columns'), line ->> 'csv_truncated', line ->> 'row_count' FROM results ORDER BY 1")" \
    "$(sql "$T/a.db" "SELECT job_id, query_name, json(query), json(columns), csv_truncated, row_count FROM results ORDER BY 1")"
  is "$kind: actions" "$(sql "$T/load.db" "SELECT line ->> 'job_id', line ->> 'type', line ->> 'timestamp' FROM actions ORDER BY 1")" \
    "$(sql "$T/a.db" "SELECT job_id, type, timestamp FROM actions ORDER BY 1")"
  is "$kind: jobs" "$(sql "$T/load.db" "SELECT line ->> 'job_id', line ->> 'message', line ->> 'extra', line ->> 'body_sha256' FROM jobs ORDER BY 1")" \
    "$(sql "$T/a.db" "SELECT job_id, message, json(extra), body_sha256 FROM jobs WHERE state = 'stored' ORDER BY 1")"
  is "$kind: states" "$(sql "$T/load.db" "SELECT id, state FROM last ORDER BY 1")" "$(sql "$T/a.db" "SELECT job_id, state FROM jobs ORDER BY 1")"
  is "$kind: every line counts" "$(contents "$T/$kind" | grep waste) $(torn "$T/$kind")" "waste|0 0"
done
is "an unreadable body is kept" "$(zstd -dcq <"$T/zst/unreadable/$(job 3).json.zst")" odd
is "modes" "$(find "$T/zst" -printf '%m %y\n' | sort -u)" "600 f
700 d"
run_omni run "$T/four.txt" -t "jsonl:$T/wide" --rate 0 --retry-wait 0 --file-mode 0640
is "--file-mode" "$(find "$T/wide" -printf '%m %y\n' | sort -u)" "640 f
750 d"
before=$(cd "$T/zst" && find . -type f -path '*stored*' -exec sha256sum {} + | sort)
run_omni run "$T/four.txt" -t "jsonl:$T/zst" --rate 0 --retry-wait 0
is "a second run changes no part" "$(cd "$T/zst" && find . -type f -path '*stored*' -exec sha256sum {} + | sort)" "$before"
for spec in "x?compress=lz4" "x?rows=1" ""; do
  run_omni run "$T/four.txt" -t "jsonl:${spec:+$T/}$spec" --rate 0
  is "'jsonl:$spec' is bad usage" "$RC $(test -e "$T/x" && echo made)" "2 "
done

# --- DuckDB, where it is installed ---
if [ -d "$srcdir/bench/duckdb/node_modules" ]; then
  expected=$(sql "$T/a.db" "SELECT 'jobs=' || (SELECT count(*) FROM jobs WHERE state = 'stored') || ' actions=' || (SELECT count(*) FROM actions) || ' results=' || (SELECT count(*) FROM results) || ' result_rows=' || (SELECT count(*) FROM result_rows)")
  for kind in zst gz none; do
    like "DuckDB reads $kind" "$(node "$srcdir/bench/duckdb/read.mjs" "$T/$kind" $kind 2>&1)" "^$expected "
  done
else
  skip "DuckDB" "it is not installed (bench/duckdb: npm install)"
fi

# --- links, the lock, other folders, a full disk ---
for id in 1 2; do job $id; done >"$T/jobs.txt"
flat_refusals jsonl
{ job 1; job 5; } >"$T/order.txt"
flat_full jsonl
for table in jobs result_rows .new unreadable; do
  rm -rf "$T/linked" "$T/away"
  mkdir "$T/linked" "$T/away"
  ln -s "$T/away" "$T/linked/$table"
  run_omni run "$T/four.txt" -t "jsonl:$T/linked" --rate 0 --retry-wait 0
  is "$table is a link: nothing goes through it" "$(find "$T/away" | wc -l)" 1
done
rm "$T/none/manifest.jsonl"
run_omni run "$T/four.txt" -t "jsonl:$T/none" --rate 0
is "parts without a manifest are left alone" "$RC $(find "$T/none" -path '*stored*' -type f | wc -l)" "5 4"
t_stop_server

# --- replaced ---
answers() { # TAG
  local id
  for id in 1 2 3; do
    echo "{\"job\":\"$(job $id)\",\"result\":{\"json\":{\"message\":\"$1 $id\",\"actions\":[{\"type\":\"generate_query\",\"result\":{\"queryName\":\"q\",\"csvResult\":\"A,B\\n1,$1\\n2,$1\\n\"}}]}}}"
  done
  echo "{\"job\":\"$(job 4)\",\"result\":{\"body\":\"$1 odd\"}}"
}
answers old >"$T/old.script"
answers new >"$T/new.script"
job 2 >"$T/second.txt"
opts=(--rate 0 --retry-wait 0)
t_start_server "$T/old.script"
run_omni run "$T/four.txt" -t "jsonl:$T/old" "${opts[@]}"
old=$(contents "$T/old")
t_stop_server
t_start_server "$T/new.script"
cp -a "$T/old" "$T/second"
run_omni run "$T/second.txt" -t "jsonl:$T/second" "${opts[@]}" --refetch
is "replaced: the others stay, and it is there once" "$(contents "$T/second")" "$(sed "/^$(job 2)|/s/old/new/g" <<<"$old")"
is "in a part of its own" "$(find "$T/second" -path '*stored*' -type f | wc -l)" 8
cp -a "$T/old" "$T/k"
run_omni run "$T/four.txt" -t "jsonl:$T/all" "${opts[@]}"
rm -rf "$T/k"
cp -a "$T/old" "$T/k"
run_omni run "$T/four.txt" -t "jsonl:$T/k" "${opts[@]}" --refetch
new=$(contents "$T/k")
is "all replaced: as if there had never been others" "$new" "$(contents "$T/all")"
is "and the old parts are gone" "$(find "$T/k" -path '*stored*' -type f | wc -l)" 4
if can_trace; then
  for error in fsync:error=EIO pwrite64:error=ENOSPC renameat:error=EIO; do
    for n in 1 5; do
      rm -rf "$T/k"
      cp -a "$T/old" "$T/k"
      traced_run "$error:when=$n" run "$T/four.txt" -t "jsonl:$T/k" "${opts[@]}" --refetch
      is "$error, the $n. ($RC): old or new" "$(torn "$T/k")" 0
      run_omni run "$T/four.txt" -t "jsonl:$T/k" "${opts[@]}" --refetch
      is "$error, the $n.: the next run makes it whole" "$(contents "$T/k")" "$new"
    done
  done
else
  skip "a disk that fails while replacing" "no strace"
fi
finish
