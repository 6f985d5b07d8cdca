#!/bin/bash
# run --complete-truncated: the queries of truncated results are run again, and the whole results kept beside them.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

OMNI_SETTINGS=("PGHOST=${PGHOST:-}" "PGPORT=${PGPORT:-}" "PGUSER=${PGUSER:-}" "PGDATABASE=${PGDATABASE:-}")
OPTS=(--rate 0 --retry-wait 0 --retries 2 --concurrency 1)
pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET search_path = omni_export; SET client_min_messages = warning" -c "$1"; }
# truncated QUERY [TOTAL]: one action with such a result.
truncated() {
  printf '{"type":"generate_query","result":{"queryName":"q","status":"success","query":%s,"csvResult":"Label,Value\\n# FIRST 1 ROWS:\\nfirst,1\\n# LAST 1 ROWS:\\nlast,10\\n","csvResultWasTruncated":true%s}}' \
    "$1" "${2:+,\"totalRowCount\":$2}"
}
result() { # JOB ACTION...
  local IFS=,
  printf '{"job":"%s","result":{"json":{"actions":[%s]}}}\n' "$(job "$1")" "${*:2}"
}
# list JOB...: of the next runs.
list() {
  local n
  for n in "$@"; do job "$n"; done >"$T/jobs.txt"
}
# complete DB [OPTION...]: all that was said is kept, to be searched for the key.
complete() {
  run_omni run "$T/jobs.txt" -t "$1" "${OPTS[@]}" --complete-truncated -v --summary "$T/summary.json" "${@:2}"
  cat "$T/err" "$T/out" "$T"/summary.jso[n] >>"$T/said"
}
posts() { server_count '"method":"POST"'; }
# state DB: of the only rerun: state, code, attempts, rows that are there, error.
state() { sql "$1" "SELECT state, http_status, attempts, (SELECT count(*) FROM rerun_rows), error FROM reruns"; }

# The answers to queries, in the order in which they are asked for below.
whole='"body":"Label,Value\r\nfirst,1\r\n\"a,\"\"b\"\"\r\nc\",2\r\n=cmd(),\u00e9\r\nlast,10\r\n"'
csv='"headers":{"Content-Type":"text/csv"}'
timeout='{"status":408,"headers":{"Content-Type":"application/json"},"json":{"message":"still running","remaining_job_ids":["1-2"]}}'
Q=()
q() { Q+=("$@"); }
q "{$whole,$csv}" '{"body":"A,B\n1,2\n"}' '{"body":"A\n\nx\n"}'                     # 1 to 3: the first run
q "{$whole}" '{"body":"A,B\n1,2\n"}' '{"body":"A\n"}'                              # to a second sink
q "$timeout" "$timeout" '{"body":"Label,Value\nonly,1\n"}'                         # 408, and then
q "$timeout" "$timeout" "$timeout" "$timeout" '{"body":"Label,Value\nonly,1\n"}'   # 408 for ever, and the next run
q '{"status":400,"json":{"message":"no such field: orders.x"}}' "{$whole}"         # the query is refused; --retry-lost
q '{"status":403,"json":{"message":"Permission denied"}}'                          # hostile answers from here on
q '{"status":404,"body":"<html>nothing</html>"}'
q '{"body":"<html>sign in</html>","headers":{"Content-Type":"text/html"}}' '{"body":"<html>sign in</html>","headers":{"Content-Type":"text/html"}}'
q "{\"json\":{\"error\":\"not you, $TOKEN\"}}" "{\"json\":{\"error\":\"not you, $TOKEN\"}}"
q '{"body":""}' '{"body":""}'
q '{"body":"Label,Value\nfirst,\"open\nlast,10\n"}' '{"base64":"TGFiZWwsVmFsdWUKZmlyc3Qs/woK"}'
q '{"body":"x,1\n","repeat":100000,"before":"Label,Value\n","encoding":"gzip"}'
q "{$whole,\"cut_after\":30}" '{"status":503}' '{"base64":"77u/YSwiYiIiCmMiCiInKTsgRFJPUCBUQUJMRSByZXJ1bnM7IC0tIix4Cg=="}'
q '{"body":"Label,Value\n1,2\n"}' '{"body":"Label,Value\n3,4\n5,6\n"}'             # of job 8, whose query changes
q "{$whole,\"stall_after\":20}"                                                    # interrupted
q '{"body":"x,1\n","repeat":100000,"before":"Label,Value\n"}' '{"body":"x,1\n","repeat":100000,"before":"Label,Value\n"}'
q "{$whole}"                                                                       # killed, again and again
{
  result 1 "$(truncated '{"fields":["a.label","a.value"], "limit":500 , "n":1.50}' 4)"
  result 2 "$(truncated '{"model_job":{"fields":["a"]}}' 3)" '{"type":"summarize"}' "$(truncated '{"fields":["é"]}')"
  result 3 '{"type":"generate_query","result":{"queryName":"q","query":{"fields":["c"]},"csvResult":"A\n1\n","csvResultWasTruncated":false}}'
  for n in 4 5 6 7; do result $n "$(truncated "{\"n\":$n}" 100)"; done
  printf '{"job":"%s","result":[%s,%s]}\n' "$(job 8)" "{\"json\":{\"actions\":[$(truncated '{"v":1}')]}}" "{\"json\":{\"actions\":[$(truncated '{"v":2}')]}}"
  result 9 "$(truncated 'null')" "$(truncated '"SELECT 1"')"
  (IFS=, && echo "{\"query\":[${Q[*]}]}")
} >"$T/script"
t_start_server "$T/script"

# --- never without being asked to ---
list 1 2 3
run_omni run "$T/jobs.txt" -t "$T/a.db" "${OPTS[@]}"
is "a run asks for jobs alone" "$RC $(posts)" "0 0"
is "and makes no table for what it has not" "$(sql "$T/a.db" "SELECT count(*) FROM sqlite_master WHERE name LIKE 'rerun%'")" 0
run_omni status "$T/a.db"
like "status tells how many are truncated" "$(cat "$T/out")" '3 results truncated by the API, 0 of them completed since'
run_omni run "$T/jobs.txt" -t "$T/a.db" "${OPTS[@]}" --complete-truncated --dry-run
is "a dry run says what would be asked" "$RC $(sort <"$T/out" | tr '\n' ' ')" \
  "0 $(job 1)	$URL/api/v1/query/run $(job 2)	$URL/api/v1/query/run $(job 2)	$URL/api/v1/query/run "
is "and asks nothing, and makes nothing" "$(posts) $(sql "$T/a.db" "SELECT count(*) FROM sqlite_master WHERE name LIKE 'rerun%'")" "0 0"
complete "$T/a.db" --base-url "${URL/127.0.0.1/localhost}"
is "another instance is asked for none of it" "$RC $(posts) $(grep -c '3 truncated results are of another instance than' "$T/err")" "0 0 1"
complete "csv:$T/csv"
is "where no sink has a place for it, nothing is done" "$RC $(posts) $([ -e "$T/csv" ]; echo $?)" "2 0 1"
like "which is said" "$(cat "$T/err")" "'--complete-truncated': 'csv:' has no place for whole results, only SQLite and PostgreSQL have"

# --- the whole of it ---
sinks=(-t "csv:$T/csv" -t "raw:$T/raw")
[ -z "${OMNI_TEST_PG:-}" ] || sinks+=(-t "pg:$OMNI_TEST_PG")
complete "$T/a.db" "${sinks[@]}"
is "completed" "$RC $(posts)" "0 3"
is "in each place one warning" "$(grep -c 'has no place for whole results' "$T/err")" 1
rows="SELECT job_id, action_index, row_index, %s FROM rerun_rows ORDER BY 1, 2, 3"
want="$(job 1)|0|0|66697273742C31
$(job 1)|0|1|612C22620D0A632C32
$(job 1)|0|2|3D636D6428292CC3A9
$(job 1)|0|3|6C6173742C3130
$(job 2)|0|0|312C32
$(job 2)|2|0|
$(job 2)|2|1|78"
# shellcheck disable=SC2059 # the columns
is "each row of the CSVs, to the byte" "$(sql "$T/a.db" "$(printf "$rows" "(SELECT hex(group_concat(value, ',')) FROM json_each(cells))")")" "${want//612C22620D0A632C32/612C2262220D0A632C32}"
is "what came with the jobs is as it was" "$(sql "$T/a.db" "SELECT count(*) FROM result_rows")" 7
is "warned of what is other than it was" "$(sql "$T/a.db" "SELECT action_index, warnings FROM reruns WHERE job_id = '$(job 2)' ORDER BY 1")" \
  '0|["the query gave 1 rows, where the job counted 3","its columns are not those of the truncated result"]
2|["its columns are not those of the truncated result"]'
is "posted as it was stored" "$(sed -n 's/.*"posted":"\(.*\)".*/\1/p' "$SERVER_LOG" | sed 's/\\"/"/g')" \
  '{"query":{"fields":["a.label","a.value"], "limit":500 , "n":1.50},"resultType":"csv"}
{"query":{"model_job":{"fields":["a"]}},"resultType":"csv"}
{"query":{"fields":["é"]},"resultType":"csv"}'
like "the line says so" "$(cat "$T/err")" '3 truncated results completed with 7 rows, 3 requests'
like "the summary too" "$(cat "$T/summary.json")" '"reruns_stored":3,"reruns_open":0,"reruns_lost":0,"rerun_rows":7'
run_omni status "$T/a.db" --json
like "and status" "$(cat "$T/out")" '"truncated_results":3,"completed_results":3,'
check "the README's query" sqlite3 -batch -bail "$T/a.db" "$(sed -n 's/^    //p' "$srcdir/README.md" | sed -n '/^SELECT query_name, r.row_count/,/;/p')"
if [ -n "${OMNI_TEST_PG:-}" ]; then
  # shellcheck disable=SC2059
  is "PostgreSQL has the same" "$(pg "$(printf "$rows" "upper(encode(convert_to(array_to_string(cells, ','), 'UTF8'), 'hex'))")")" "${want//612C22620D0A632C32/612C2262220D0A632C32}"
  run_omni status "pg:$OMNI_TEST_PG"
  like "and says so" "$(cat "$T/out")" '3 results truncated by the API, 3 of them completed since'
fi
complete "$T/a.db" "${sinks[@]}"
is "once: a second run asks nothing" "$RC $(server_count .)" "0 $((3 + 3))"
before=$(sql "$T/a.db" "SELECT * FROM reruns" | sha256sum)
complete "$T/b.db" -t "$T/a.db"
is "a sink added later: the jobs from the other one, the queries once more" "$RC $(server_count '"endpoint":"result"') $(posts)" "0 3 6"
is "for this one alone" "$(sql "$T/b.db" "SELECT count(*) FROM rerun_rows") $(sql "$T/a.db" "SELECT * FROM reruns" | sha256sum)" "5 $before"

# --- 408 ---
list 5
complete "$T/d.db"
is "a time-out is waited for" "$RC $(posts) $(state "$T/d.db")" "0 9 stored|200|3|1|"
is "the jobs come first" "$(sed -n 's/.*"endpoint":"\([a-z]*\)".*/\1/p' "$SERVER_LOG" | tail -n 4 | tr '\n' ' ')" "result query query query "
complete "$T/e.db" --retries 3
is "if not for ever" "$RC $(posts) $(state "$T/e.db")" "3 13 pending|408|4|0|HTTP 408: still running"
like "that is said, and what to do" "$(cat "$T/err")" "truncated, not completed: 1 pending: HTTP 408: still running \($(job 5)\).*to go on: omni-export run .*1 truncated result not completed"
complete "$T/e.db"
is "the next run asks again" "$RC $(posts) $(state "$T/e.db")" "0 14 stored|200|5|1|"

# --- refused ---
list 6
complete "$T/f.db"
is "a query that the API does not take" "$RC $(posts) $(state "$T/f.db")" "4 15 rejected|400|1|0|HTTP 400: no such field: orders.x"
complete "$T/f.db"
is "is not asked again" "$RC $(posts)" "0 15"
complete "$T/f.db" --retry-lost
is "unless one says so" "$RC $(posts) $(state "$T/f.db")" "0 16 stored|200|2|4|"
list 9
complete "$T/f.db"
is "a result without a query of ours is asked for nothing" "$RC $(posts) $(sql "$T/f.db" "SELECT state, error FROM reruns WHERE job_id = '$(job 9)'")" \
  "4 16 rejected|the result names no query that could be run again
rejected|the result names no query that could be run again"

# --- hostile answers: nothing of them is kept, and the next run asks again ---
list 7
hostile() { # NAME RC ERROR [OPTION...]
  complete "$T/g.db" "${@:4}"
  is "$1" "$RC $(sql "$T/g.db" "SELECT count(*) FROM rerun_cells")" "$2 0"
  like "  and why" "$(sql "$T/g.db" "SELECT state || ': ' || error FROM reruns")" "$3"
}
hostile "403" 3 '^denied: HTTP 403: Permission denied$'
hostile "404 that is not the API's" 3 '^failed: HTTP 404 \(HTML\); not JSON'
hostile "a page" 3 '^failed: the answer is HTML'
hostile "JSON in disguise" 3 '^failed: the answer is JSON and no CSV: \{"error": ?"not you, \*+"\}$'
hostile "nothing" 3 '^failed: the answer is empty'
hostile "a quote that stays open" 3 '^failed: the answer is no CSV: .*row 1'
hostile "bytes that are no text" 3 '^failed: the answer is no CSV: byte 18 is no UTF-8$'
hostile "more than --max-size" 3 '^failed: .*4096' --max-size 4096
complete "$T/g.db"
is "cut, then 503, then whole" "$RC $(sql "$T/g.db" "SELECT state, columns, (SELECT group_concat(cells) FROM rerun_rows) FROM reruns")" \
  "0 stored|[\"a\",\"b\\\"\\nc\"]|[\"'); DROP TABLE reruns; --\",\"x\"]"

# --- a job that is fetched again ---
list 1
n=$(posts)
complete "$T/a.db" --refetch
is "with the same query its rerun stays" "$RC $(posts) $(sql "$T/a.db" "SELECT count(*) FROM rerun_rows WHERE job_id = '$(job 1)'")" "0 $n 4"
list 8
complete "$T/h.db"
run_omni run "$T/jobs.txt" -t "$T/h.db" "${OPTS[@]}" --refetch
is "with another one it goes" "$RC $(sql "$T/h.db" "SELECT (SELECT count(*) FROM reruns), (SELECT count(*) FROM rerun_cells)")" "0 0|0"
complete "$T/h.db"
is "and is asked for anew" "$RC $(posts) $(sql "$T/h.db" "SELECT query, (SELECT count(*) FROM rerun_rows) FROM reruns")" "0 $((n + 2)) {\"v\":2}|2"

# --- interrupted ---
list 1
rm -f "$T/i.db"
start_omni run "$T/jobs.txt" -t "$T/i.db" "${OPTS[@]}" --complete-truncated
until [ "$(posts)" -gt $((n + 2)) ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.02; done
kill -INT "$OMNI_PID"
wait_omni
is "interrupted: the job is stored, the rerun waits for the next run" "$RC $(sql "$T/i.db" "SELECT state, (SELECT count(*) FROM sqlite_master WHERE name = 'reruns') FROM jobs")" "130 stored|0"

# --- much of it ---
list 4
run_omni run "$T/jobs.txt" -t "$T/m.db" "${OPTS[@]}"
if command -v "${TIME_PROGRAM:=/usr/bin/time}" >/dev/null && ! nm -D "$OMNI" 2>/dev/null | grep -q '__asan_init\|__ubsan_handle'; then
  real=$OMNI
  OMNI=$TIME_PROGRAM run_omni -q -f %M -o "$T/peak" "$real" run "$T/jobs.txt" -t "$T/m.db" "${OPTS[@]}" --complete-truncated
  peak=$(tail -n 1 "$T/peak")
  diag "peak: $peak KiB"
  is "100,000 rows in little memory" "$((peak < 32 * 1024))" 1
else
  complete "$T/m.db"
  skip "100,000 rows in little memory" "a sanitizer takes memory of its own, or GNU time is not here"
fi
is "and all of them" "$RC $(sql "$T/m.db" "SELECT count(*), min(row_index), max(row_index) FROM rerun_rows")" "0 100000|0|99999"
if [ -n "${OMNI_TEST_PG:-}" ]; then
  complete "pg:$OMNI_TEST_PG"
  is "in PostgreSQL too" "$RC $(pg "SELECT count(*), max(row_index) FROM rerun_rows WHERE job_id = '$(job 4)'")" "0 100000|99999"
else
  complete "$T/m2.db"
fi

# --- tables of these names that are somebody else's ---
list 1
sqlite3 "$T/x.db" "CREATE TABLE reruns (mine TEXT)"
run_omni run "$T/jobs.txt" -t "$T/x.db" "${OPTS[@]}"
run_omni run "$T/jobs.txt" -t "$T/x.db" "${OPTS[@]}" --refetch
rc=$RC
run_omni status "$T/x.db"
is "do not matter as long as none is needed" "$rc $RC" "0 0"
complete "$T/x.db"
is "then they are left alone" "$RC $(sql "$T/x.db" "SELECT count(*) FROM pragma_table_info('reruns')")" "5 1"
like "which is said" "$(cat "$T/err")" "x.db.*reruns.* already exists"

# --- killed in its calls: old or new, and the next run makes it whole ---
KILLER=$(t_absolute "$top_builddir/tests/fault/killer")
CALLS=write,pwrite64,fsync,fdatasync,ftruncate,unlink,fcntl
"$KILLER" 0 "$T/trace" close /bin/true
if [ $? = 77 ] || grep -q __asan_init "$OMNI"; then
  skip "killed" "no program can be traced here, or it is the build without sanitizers that is killed"
else
  run_omni run "$T/jobs.txt" -t "$T/k.db" "${OPTS[@]}"
  killed() { # N FILE: killed in that call (0: in none)
    real=$OMNI
    OMNI=$KILLER run_omni "$1" "$T/trace" "$CALLS" "$real" run "$T/jobs.txt" -t "$2" "${OPTS[@]}" --complete-truncated
  }
  cp "$T/k.db" "$T/k0.db"
  killed 0 "$T/k0.db"
  calls=$(wc -l <"$T/trace")
  bad=
  old=0 new=0
  for at in 1 3 5 7 8 9; do
    cp "$T/k.db" "$T/k1.db"
    killed $((calls * at / 10)) "$T/k1.db"
    held=$(sql "$T/k1.db" "PRAGMA integrity_check; SELECT count(*) FROM sqlite_master WHERE name = 'rerun_rows'" | tr '\n' ' ')
    [ "$held" = "ok 1 " ] && held=$(sql "$T/k1.db" "SELECT count(*), (SELECT count(*) FROM rerun_cells) FROM reruns WHERE state = 'stored'")
    case $held in
    "ok 0 " | "0|0") old=$((old + 1)) ;;
    "1|4") new=$((new + 1)) ;;
    *) bad="$bad$at: $held; " ;;
    esac
    complete "$T/k1.db"
    [ "$RC $(state "$T/k1.db" | cut -d'|' -f1,4)" = "0 stored|4" ] || bad="$bad$at: then $RC $(state "$T/k1.db"); "
    rm -f "$T/k1.db"*
  done
  is "killed in six of $calls calls: old ($old) or new ($new)" "$bad" ""
  is "both are seen" "$((old > 0)) $((new > 0))" "1 1"
fi

# --- the key ---
is "the key is nowhere but in the request" "$(grep -rlaF "$TOKEN" "$T"/*.db "$T/said" "$T/csv" "$T/raw" | wc -l)" 0
t_stop_server
is "the server has seen nothing odd" "$SERVER_RC" 0
finish
