#!/bin/bash
# The sink csv: from outside: files that a person can use, exact, replaced whole, and never half there.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"# Answer\n\ncaf\u00e9\n","topic":"Orders","actions":[{"type":"validate","isError":true,"message":"=1+1"},{"type":"generate_query","result":{"queryName":"../../Sales by Month (\u00e9) / 2025","status":"success","csvResult":"Month,\"Amount, \$\"\r\n2025-01,\"678,994.41\"\r\n\"say \"\"hi\"\"\",00123\r\n-5,\"=HYPERLINK(\"\"x\"\")\"\r\n\"two\nlines\",\r\n"}},{"type":"generate_query","result":{"queryName":"","status":"error","error":{"message":"no such field"}}},{"type":"generate_query","result":{"csvResult":"One\n\nx\n\n"}},{"type":"generate_query","result":{"queryName":"Top","csvResultWasTruncated":true,"csvResult":"L,V\n# FIRST 1 ROWS:\na,1\n# LAST 1 ROWS:\nz,9\n"}}]}}}
{"job":"$(job 2)","result":{"csv_rows":20000,"csv_cols":6}}
{"job":"$(job 3)","result":{"body":"odd"}}
{"job":"$(job 9)","result":{"json":{"message":"m"},"stall_after":3}}
SCRIPT
{ job 1; job 2; } >"$T/jobs.txt"
{ cat "$T/jobs.txt"; job 3; } >"$T/three.txt"
run_omni run "$T/three.txt" -t "csv:$T/a" -t "$T/a.db" --rate 0 --retry-wait 0
is "stored, but for what cannot be read" "$RC" 3
d=$T/a/$(job 1)
is "the files of a job" "$(cd "$d" && echo *)" "1-sales-by-month-2025.csv 3-result.csv 4-top.csv actions.csv answer.md job.json"
is "the cells are exact" "$(cat "$d/1-sales-by-month-2025.csv")" 'Month,"Amount, $"
2025-01,"678,994.41"
"say ""hi""",00123
-5,"=HYPERLINK(""x"")"
"two
lines",'
is "a blank row of a one-column result" "$(cat "$d/3-result.csv"; echo .)" 'One
""
x
""
.'
is "the answer" "$(cat "$d/answer.md")" "$(printf '# Answer\n\ncaf\xc3\xa9')"
is "actions" "$(head -n 2 "$d/actions.csv")" "job_id,action_index,type,message,timestamp,status,is_error,extra
$(job 1),0,validate,=1+1,,,true,"
json() { sql :memory: "SELECT readfile('$d/job.json') ->> '$1'"; }
is "job.json: columns of jobs" "$(json '$.topic') $(json '$.action_count') $(json '$.row_count')" "Orders 5 9"
is "job.json: columns of results" "$(json '$.results[0].query_name') $(json '$.results[0].file') $(json '$.results[1].error_message')" \
  "../../Sales by Month (é) / 2025 1-sales-by-month-2025.csv no such field"
is "job.json: which rows belong to which section" "$(json '$.results[3].sections') $(json '$.results[0].sections')" \
  '[{"section":"first","row_index":0,"rows":1},{"section":"last","row_index":1,"rows":1}] '
is "nothing but the job's own folder" "$(cd "$T/a" && echo *)" "$(job 1) $(job 2) manifest.jsonl unreadable"
is "a body that cannot be read is kept" "$(zstd -dcq "$T/a/unreadable/$(job 3).json.zst")" odd
is "the ledger" "$(of "$T/a" 3 "line ->> 'state', line ->> 'has_body'") $(of "$T/a" 1 "line ->> '\$.files[0]', json_array_length(line, '\$.files')")" \
  "unreadable|1 $(job 1)/job.json|6"
# The same rows as in SQLite: its own reader of CSV, against the cells that it was given.
sqlite3 -batch "$T/a.db" <<SQL
.mode csv
.import "$(echo "$T/a/$(job 2)"/[0-9]*.csv)" t
SQL
is "a large result" "$(sql "$T/a.db" "SELECT count(*) FROM t") $(sql "$T/a.db" "SELECT count(*) FROM (SELECT * FROM t EXCEPT SELECT cells ->> 0, cells ->> 1, cells ->> 2, cells ->> 3, cells ->> 4, cells ->> 5 FROM result_rows WHERE job_id = '$(job 2)')")" "20000 0"
is "modes" "$(find "$T/a" -printf '%y%m\n' | sort -u | tr '\n' ' ')" "d700 f600 "
before=$(find "$T/a" -type f -exec sha256sum {} + | sort)
run_omni run "$T/jobs.txt" -t "csv:$T/a" --rate 0
is "running again changes nothing" "$RC $(find "$T/a" -type f -exec sha256sum {} + | sort)" "0 $before"
run_omni run "$T/jobs.txt" -t "csv:$T/f?formulas=escape" --rate 0 --file-mode 0644
is "what a spreadsheet would run is escaped, and numbers are not" "$(sed -n 4,5p "$T/f/$(job 1)/1-sales-by-month-2025.csv")" '-5,"'"'"'=HYPERLINK(""x"")"
"two'
like "in actions too" "$(sed -n 2p "$T/f/$(job 1)/actions.csv")" ",'=1\+1,"
is "--file-mode" "$(find "$T/f" -printf '%y%m\n' | sort -u | tr '\n' ' ')" "d755 f644 "
run_omni run "$T/jobs.txt" -t "csv:$T/g?formulas=no" --rate 0
is "an unknown option is bad usage" "$RC $(test -e "$T/g" && echo there)" "2 "
like "and the known one is named" "$(cat "$T/err")" "formulas=escape"
flat_refusals csv

# --- replaced whole, and links are not followed ---
mkdir "$T/away"
echo precious >"$T/away/precious"
echo stale >"$d/stale.csv"
run_omni run "$T/jobs.txt" -t "csv:$T/a" --rate 0 --refetch
is "a new result replaces the folder" "$RC $(test -e "$d/stale.csv" && echo stale) $(litter "$T/a")" "0  0"
rm -r "$d"
ln -s "$T/away" "$d"
mkdir "$T/a/$(job 2)/deep"
ln -s "$T/away" "$T/a/$(job 2)/deep/link"
run_omni run "$T/jobs.txt" -t "csv:$T/a" --rate 0 --refetch
is "a link in the place of a folder is replaced" "$RC $(test -L "$d" || stat -c %F "$d") $(litter "$T/a")" "0 directory 0"
is "what links point to is left alone" "$(cat "$T/away/precious") $(find "$T/away" | wc -l)" "precious 2"
if can_trace; then
  echo stale >"$d/stale.csv"
  traced_run renameat2:error=EINVAL run "$T/jobs.txt" -t "csv:$T/a" --rate 0 --refetch
  is "where nothing can be exchanged" "$RC $(test -e "$d/stale.csv" && echo stale) $(litter "$T/a")" "0  0"
fi
mv "$d" "$T/a/.old-$(job 1)"
run_omni run "$T/jobs.txt" -t "csv:$T/a" --rate 0
is "what was moved aside is put back" "$(test -s "$d/job.json" && echo back) $(litter "$T/a")" "back 0"
t_stop_server

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"$(job 2)","result":{"csv_rows":20000,"csv_cols":6}}
SCRIPT
cp "$T/jobs.txt" "$T/order.txt"
flat_full csv
t_stop_server

finish
