#!/bin/bash
# What becomes of a job: every state of the contract, from every envelope and from bodies that are none; what the ledger says, and the exit code.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

good='{"actions":[{"type":"generate_query","message":"m","timestamp":"2026-01-01T00:00:00Z","result":{"queryName":"q","status":"success","query":{"fields":["a"]},"csvResult":"A,B\n1,2\n","csvResultWasTruncated":false,"hasResults":true,"totalRowCount":1}}],"message":"done","topic":"t"}'
not_yet='{"status":404,"envelope":"published","message":"Job results not yet available"}'

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":$good}}
{"job":"$(job 2)","result":$not_yet,"state":"EXECUTING"}
{"job":"$(job 3)","result":$not_yet,"state":"QUEUED"}
{"job":"$(job 4)","result":{"status":404,"envelope":"application","message":"Result is NO LONGER available. Results are retained for 14 days."}}
{"job":"$(job 5)","result":{"status":404,"envelope":"published","message":"Job not found"}}
{"job":"$(job 6)","result":{"status":404,"envelope":"auth","message":"job   not-found!"}}
{"job":"$(job 7)","result":{"status":404,"envelope":"list","message":"Job not found"}}
{"job":"$(job 8)","result":$not_yet,"state":"FAILED"}
{"job":"$(job 9)","result":$not_yet,"state":"CANCELLED"}
{"job":"$(job 10)","result":{"status":400,"envelope":"published","message":"Invalid job ID"}}
{"job":"$(job 11)","result":{"status":403,"envelope":"application","message":"Permission denied"}}
{"job":"$(job 12)","result":{"status":404,"headers":{"Content-Type":"text/html"},"body":"<html>nginx</html>"}}
{"job":"$(job 13)","result":{"status":404,"body":""}}
{"job":"$(job 14)","result":{"status":402,"envelope":"published","message":"AI credits used up"}}
{"job":"$(job 15)","result":{"status":410,"body":"gone"}}
{"job":"$(job 16)","result":{"status":501,"body":"[1,2,3]"}}
{"job":"$(job 17)","result":{"redirect":"https://elsewhere.example/login"}}
{"job":"$(job 18)","result":{"headers":{"Content-Type":"text/html"},"body":"<html>please log in</html>"}}
{"job":"$(job 19)","result":{"body":"[1,2,3]"}}
{"job":"$(job 20)","result":{"body":"{\"other\":1}"}}
{"job":"$(job 21)","result":{"body":""}}
{"job":"$(job 22)","result":[{"status":404,"message":"no idea","envelope":"published"},{"json":$good}],"state":"COMPLETE","completed_at":"now-1d"}
{"job":"$(job 23)","result":$not_yet,"state":"COMPLETE","completed_at":"now-15d"}
{"job":"$(job 24)","result":$not_yet,"state":"COMPLETE","completed_at":"now-1d"}
{"job":"$(job 25)","result":$not_yet,"status":{"status":404,"envelope":"published","message":"Job not found"}}
{"job":"$(job 26)","result":{"json":{"actions":[{"type":"generate_query","status":"pending"}],"message":null}}}
{"job":"$(job 27)","result":{"status":204,"body":""}}
{"job":"$(job 28)","result":{"status":404,"body":"{}"},"state":"DELIVERING"}
{"job":"$(job 29)","result":{"body":"null"}}
SCRIPT

for i in $(seq 29); do job "$i"; done >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0 --retries 2 --summary "$T/summary.json" -e "$T/errors.tsv"
is "jobs that are lost weigh more than those that are open" "$RC" 4

is_state() { # N STATE HTTP ERROR-REGEX
  local got
  got=$(sql "$T/a.db" "SELECT state || '|' || coalesce(http_status, '') FROM jobs WHERE job_id = '$(job "$1")'")
  is "job $1 is $2 (HTTP $3)" "$got" "$2|$3"
  like "job $1: its reason" "$(sql "$T/a.db" "SELECT coalesce(error, 'null') FROM jobs WHERE job_id = '$(job "$1")'")" "$4"
}
is_state 1 stored 200 '^null$'
is_state 2 pending 200 'EXECUTING|not finished|running'
is_state 3 pending 200 .
is_state 4 expired 404 'NO LONGER available'
for i in 5 6 7; do is_state $i not_found 404 'not.found'; done
is_state 8 no_result 200 FAILED
is_state 9 no_result 200 CANCELLED
is_state 10 rejected 400 'Invalid job ID'
is_state 11 denied 403 'Permission denied'
is_state 12 failed 404 'HTTP 404'
is_state 13 failed 404 'HTTP 404'
is_state 14 failed 402 'AI credits used up'
is_state 15 failed 410 .
is_state 16 failed 501 .
is_state 17 failed 302 'https://elsewhere.example/login'
is_state 18 unreadable 200 'not JSON'
is_state 19 unreadable 200 'no object'
is_state 20 unreadable 200 .
is_state 21 unreadable 200 'empty'
is_state 22 stored 200 null
is_state 23 expired 404 .
is_state 24 pending 404 .
is_state 25 not_found 404 'not found'
is_state 26 stored 200 null
is_state 27 failed 204 .
is_state 28 pending 200 .
is_state 29 unreadable 200 'no object'

is "a job with a pending query is partial" "$(sql "$T/a.db" "SELECT group_concat(job_id) FROM jobs WHERE partial")" "$(job 26)"
is "the body of each unreadable job is kept" \
  "$(sql "$T/a.db" "SELECT count(*) FROM jobs j JOIN bodies b USING (job_id) WHERE state = 'unreadable' AND part = 0")" 5
sql "$T/a.db" "SELECT writefile('$T/body.zst', body) FROM bodies WHERE job_id = '$(job 18)'" >/dev/null
is "its very bytes" "$(zstd -dc "$T/body.zst")" '<html>please log in</html>'
is "no second try for what trying again does not mend" "$(server_count "$(job 15)|$(job 14)|$(job 12)|$(job 17)|$(job 16)")" 5
is "an unreadable body is asked for until the same bytes came twice" "$(server_count "$(job 18)/result")" 2
is "whoami was asked once, for a 403 before the first success, or not at all" "$(($(server_count 'v1/whoami') <= 1))" 1
is "a redirect is not followed" "$(server_count login)" 0
is "expires_at of a job whose completion is known is 14 days after it" \
  "$(sql "$T/a.db" "SELECT round(julianday(expires_at) - julianday('now')) FROM jobs WHERE job_id = '$(job 22)'")" 13.0

# The summary says the same.
sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
is "summary: stored" "$(sum stored)" 3
is "summary: partial" "$(sum partial)" 1
is "summary: pending" "$(sum pending)" 4
is "summary: failed" "$(sum failed)" 7
is "summary: unreadable" "$(sum unreadable)" 5
is "summary: denied" "$(sum denied)" 1
is "summary: expired" "$(sum expired)" 2
is "summary: not_found" "$(sum not_found)" 4
is "summary: no_result" "$(sum no_result)" 2
is "summary: rejected" "$(sum rejected)" 1
is "summary: exit code" "$(sum exit_code)" 4
is "the error file has all that are not stored" "$(wc -l <"$T/errors.tsv" | tr -d ' ')" 26
like "with state and reason" "$(grep "^$(job 10)" "$T/errors.tsv")" $'\trejected\t.*Invalid job ID'

# A second run asks for nothing that is stored or lost, and again for what is open.
: >"$T/before"
mark=$(wc -l <"$SERVER_LOG")
run_omni run "$T/errors.tsv" "$T/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0 --retries 2 --summary "$T/summary.json"
is "the second run learns of no loss that it did not know: what is open decides" "$RC" 3
asked() { tail -n +$((mark + 1)) "$SERVER_LOG" | grep -c "$(job "$1")/result"; }
for i in 1 4 8 9 10 22 23; do is "job $i is not asked for again" "$(asked $i)" 0; done
for i in 2 5 11 12 18 26 28; do is "job $i is asked for again" "$(($(asked $i) > 0))" 1; done
is "already_stored" "$(sum already_stored)" 2
is "already_lost" "$(sum already_lost)" 5
is "the sum of all states is unique" "$(sum 'unique')" \
  "$(($(sum already_stored) + $(sum already_lost) + $(sum stored) + $(sum pending) + $(sum failed) + $(sum unreadable) + $(sum denied) + $(sum expired) + $(sum not_found) + $(sum no_result) + $(sum rejected) + $(sum unasked)))"

job 5 >"$T/again.txt"
run_omni run "$T/again.txt" -t "$T/a.db" --rate 0
is "that a job is not found once more is no news" "$RC" 0
like "and when it ends is said" "$(cat "$T/err")" "not_found is asked for again until 14 days after"

# --retry-lost asks for all of them.
mark=$(wc -l <"$SERVER_LOG")
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0 --retries 0 --retry-lost
for i in 4 8 10; do is "--retry-lost asks for job $i" "$(($(asked $i) > 0))" 1; done
is "and still not for what is stored" "$(asked 1)" 0
finish
