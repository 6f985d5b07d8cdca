#!/bin/bash
# Trying again: what is retried, how often, and what is never taken for a success.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

csv='A,B\n1,2\n3,4\n'
good="{\"message\":\"$(printf 'x%.0s' {1..500})\",\"actions\":[{\"type\":\"generate_query\",\"result\":{\"queryName\":\"q\",\"status\":\"success\",\"csvResult\":\"$csv\"}}]}"
ok="{\"json\":$good}"

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"status":503,"body":"upstream"},{"status":503},$ok]}
{"job":"$(job 2)","result":[{"status":408},{"status":425},{"status":500},{"status":502},{"status":504},{"status":520},{"status":524},$ok]}
{"job":"$(job 3)","result":[{"json":$good,"transfer":"length","cut_after":100},$ok]}
{"job":"$(job 4)","result":[{"json":$good,"transfer":"chunked","cut_after":100},$ok]}
{"job":"$(job 5)","result":[{"json":$good,"transfer":"close","cut_after":100},$ok]}
{"job":"$(job 6)","result":[{"json":$good,"reset_after":100},{"json":$good,"reset_in_headers":true},{"drop":true},$ok]}
{"job":"$(job 7)","result":[{"json":$good,"encoding":"gzip","transfer":"close","cut_after":40},$ok]}
{"job":"$(job 8)","result":[{"body":"{\"message\":\"half"},{"body":"<html>maintenance</html>"},$ok]}
{"job":"$(job 9)","result":{"json":$good,"transfer":"length","cut_after":100}}
{"job":"$(job 10)","result":{"status":500,"envelope":"published","message":"boom"}}
{"job":"$(job 11)","result":[{"json":$good,"stall_after":50},$ok]}
{"job":"$(job 12)","result":{"json":$good,"encoding":"gzip"}}
{"job":"$(job 13)","result":{"json":$good,"encoding":"deflate","transfer":"chunked"}}
{"job":"$(job 14)","result":{"json":$good,"transfer":"close"}}
{"job":"$(job 15)","result":[{"status":503,"headers":{"Retry-After":"1"}},$ok]}
{"job":"$(job 16)","result":[{"json":$good,"encoding":"gzip","transfer":"length","cut_after":40},$ok]}
{"job":"$(job 17)","result":{"base64":"Cw6AeyJtZXNzYWdlIjoiYnJvdGxpIHdhcyBoZXJlIn0D","headers":{"Content-Encoding":"br"}}}
{"job":"$(job 18)","result":{"base64":"KLUv/QRY2QAAeyJtZXNzYWdlIjoienN0ZCB3YXMgaGVyZSJ9P4NcyA==","headers":{"Content-Encoding":"zstd"}}}
SCRIPT
for i in $(seq 18); do job "$i"; done >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --concurrency 16 --retry-wait 0.01 --timeout 2 --summary "$T/summary.json"
is "two jobs cannot be had" "$RC" 3
sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
for i in 1 2 3 4 5 6 7 8 11 12 13 14 15 16; do
  is "job $i is stored, whole" "$(sql "$T/a.db" "SELECT state, length(message), row_count FROM jobs WHERE job_id = '$(job $i)'")" "stored|500|2"
done
is "a body that is always cut is failed, never stored" "$(sql "$T/a.db" "SELECT state, row_count FROM jobs WHERE job_id = '$(job 9)'")" "failed|"
like "and says so" "$(sql "$T/a.db" "SELECT error FROM jobs WHERE job_id = '$(job 9)'")" 'cut short|closed|ended'
is "no rows of what failed" "$(sql "$T/a.db" "SELECT count(*) FROM result_rows JOIN jobs USING (job_id) WHERE state <> 'stored'")" 0
is "always 500 is failed, with the API's words" "$(sql "$T/a.db" "SELECT state || error FROM jobs WHERE job_id = '$(job 10)'")" "failedHTTP 500: boom"
is "8 tries after the first" "$(server_count "$(job 10)/result")" 9
is "attempts are counted" "$(sql "$T/a.db" "SELECT group_concat(attempts) FROM jobs WHERE job_id IN ('$(job 1)', '$(job 2)', '$(job 10)')")" "3,8,9"
is "the kept body of a gzip transfer is the decoded body" \
  "$(sql "$T/a.db" "SELECT body_sha256 FROM jobs WHERE job_id = '$(job 12)'")" "$(sql "$T/a.db" "SELECT body_sha256 FROM jobs WHERE job_id = '$(job 14)'")"
is "brotli and zstd" "$(sql "$T/a.db" "SELECT group_concat(message) FROM (SELECT * FROM jobs WHERE job_id IN ('$(job 17)', '$(job 18)') ORDER BY 1)")" \
  "brotli was here,zstd was here"
is "retries are counted" "$(($(sum retries) >= 30))" 1
t_stop_server

# A port at which nobody listens: every try fails, nothing is lost, and the run goes on.
dead=$URL
job 1 >"$T/one.txt"
URL=$dead run_omni run "$T/one.txt" -t "$T/b.db" --rate 0 --retry-wait 0 --retries 2
is "nobody listens" "$RC" 3
like "says what failed" "$(sql "$T/b.db" "SELECT state || ': ' || error FROM jobs")" 'failed: .*(refused|connect)'
finish
