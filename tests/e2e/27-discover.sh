#!/bin/bash
# discover: which jobs there are, by the conversations; what is wrong with lists and conversations; run --discover; the pipe; the window. Each case has a user of its own,
# so that one server does for all.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

# talk ID USER UPDATED MESSAGES...: a conversation. turn N WHEN [PROMPT]: what was asked and answered in it, by job N.
talk() {
  local id=$1 user=$2 updated=$3 IFS=,
  shift 3
  printf '{"conversation":"%s","name":"Talk %s","user":"%s","updated_at":"%s","messages":[%s]}\n' "$id" "$id" "$user" "$updated" "$*"
}
turn() {
  printf '{"role":"user","content":"%s","timestamp":"%s-1s"},{"role":"assistant","content":"a","timestamp":"%s","jobId":"%08d-0000-4000-8000-000000000000"}' \
    "${3:-Question $1}" "$2" "$2" "$1"
}
page() { # USER ANSWERS
  printf '{"conversations":%s,"user":"%s"}\n' "$2" "$1"
}
one_page='{"json":{"data":[{"id":"%s","name":"n","updatedAt":"now-1h"}],"pageInfo":%s}}'
{
  echo '{"job":"*","result":{"json":{"message":"m"}}}'
  printf '{"job":"%s","result":{"json":{"message":"m","actions":[{"type":"generate_query","result":{"queryName":"q","status":"pending"}}]}}}\n' "$(job 3)"
  printf '{"job":"%s","result":{"status":404,"message":"Job not found"}}\n' "$(job 4)"
  printf '{"job":"%s","result":{"status":404,"message":"Result is no longer available"}}\n' "$(job 5)"
  # Newest last, in the script; the third one is too old, a turn of the second one too.
  talk old main now-15d "$(turn 99 now-15d)"
  talk 'b é?&#%2e' main now-5h "$(turn 98 now-14d-1h)" "$(turn 5 now-6d)" "$(turn 4 now-5h)"
  talk a main now-1h "$(turn 1 now-3h 'Say \"hi\"\\n\u009b2J\u202e')" '{"role":"assistant","content":"no job","timestamp":"now-2h"}' "$(turn 2 now-2h)" \
    '{"role":"assistant","content":"the same","timestamp":"now-2h","jobId":"00000002-0000-4000-8000-000000000000"}' "$(turn 3 now-1h)"
  awk 'BEGIN { for (i = 1; i <= 250; i++) printf "{\"conversation\":\"m%d\",\"user\":\"many\",\"updated_at\":\"now-%dh\",\"messages\":[{\"role\":\"assistant\",\"timestamp\":\"now-%dh\",\"jobId\":\"%08d-0000-4000-8000-000000000000\"}]}\n", i, i, i, 1000 + i }'
  # Times: none at all; of the message before; not yet come; not readable.
  talk t times now-1h '{"role":"assistant","jobId":"00000021-0000-4000-8000-000000000000"}' '{"role":"user","content":["p"],"timestamp":"2000-01-01T00:00:00Z"}' \
    '{"role":"assistant","jobId":"00000022-0000-4000-8000-000000000000"}' '{"role":"assistant","timestamp":"now+5d","jobId":"00000023-0000-4000-8000-000000000000"}' \
    '{"role":"assistant","timestamp":"soon","jobId":"00000024-0000-4000-8000-000000000000"}'
  # A key that the API repeats.
  printf '{"conversation":"%s","name":"my key %s","user":"echo","messages":[{"role":"user","content":"is it %s?"},{"role":"assistant","jobId":"%s"},{"jobId":"%s"}]}\n' \
    "$TOKEN" "$TOKEN" "$TOKEN" "$(job 31)" "$TOKEN"
  page echo "[{\"json\":{\"data\":[{\"id\":\"$TOKEN\",\"name\":\"my key $TOKEN\"}],\"pageInfo\":{\"hasNextPage\":true,\"nextCursor\":\"$TOKEN\"}}}]"
  # Job IDs that are none; a conversation that was deleted.
  talk o odd now-1h '{"jobId":7}' '{"jobId":"12"}' '{"jobId":null}' "$(turn 32 now-1h)"
  echo '{"conversation":"gone","user":"gone","updated_at":"now-1h","answer":{"status":404,"envelope":"application","message":"Conversation not found"}}'
  talk kept gone now-2h "$(turn 33 now-2h)"
  # Conversations that cannot be read, and between them one that can.
  n=0
  for answer in '{"headers":{"Content-Type":"text/html"},"body":"<html>Sign in</html>"}' '{"json":{"turns":[]}}' '{"json":{"messages":"none"}}' '{"json":[]}' '{"status":403,"message":"Permission denied"}' \
    '{"status":410,"body":"gone"}'; do
    printf '{"conversation":"x%d","user":"talks","updated_at":"now-%dm","answer":%s}\n' $((n += 1)) $((10 + n)) "$answer"
  done
  talk y talks now-1h "$(turn 34 now-1h)"
  # Answers that are mended by asking again.
  page mended "[{\"status\":429,\"body\":\"\"},{\"json\":{\"data\":[]},\"transfer\":\"length\",\"cut_after\":5},{\"status\":503,\"body\":\"\"},{\"made\":true}]"
  printf '{"conversation":"w","user":"mended","answer":[{"json":{"messages":[]},"transfer":"close","cut_after":9},{"drop":true},{"json":{"messages":[%s]}}]}\n' "$(turn 35 now-1h)"
  # Lists that do not end well. The conversation on their page is "kept".
  # shellcheck disable=SC2059
  {
    page circle "$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"A"}')"
    page noend "$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":null}')"
    page noinfo "$(printf "$one_page" kept 7)"
    page halfway "[$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"B"}'),{\"status\":503,\"body\":\"\"}]"
    page halfway2 "[$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"B"}'),{\"status\":400,\"message\":\"Invalid cursor\"}]"
    page halfway3 "[$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"B"}'),{\"status\":503,\"body\":\"\"}]"
    page refused3 "[$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"B"}'),{\"status\":401,\"message\":\"Missing or invalid API key\"}]"
    page refused2 "[$(printf "$one_page" kept '{"hasNextPage":true,"nextCursor":"B"}'),{\"status\":401,\"message\":\"Missing or invalid API key\"}]"
  }
  page stale "[$(for i in $(seq 12); do printf '%s{"json":{"data":[],"pageInfo":{"hasNextPage":true,"nextCursor":"s%d"}}}' "$([ "$i" = 1 ] || echo ,)" "$i"; done)]"
  page nodata '{"json":{"pageInfo":{"hasNextPage":false}}}'
  page types '{"json":{"data":[7,{"id":5},{"name":"x"},{"id":".."},{"id":""},{"id":"kept","name":9,"updatedAt":"never"}],"pageInfo":{"hasNextPage":false}}}'
  page html '{"headers":{"Content-Type":"text/html"},"body":"<html>Sign in</html>"}'
  page denied '{"status":403,"message":"Permission denied"}'
  page refused '{"status":401,"message":"Missing or invalid API key"}'
  page far '{"status":429,"body":"","headers":{"Retry-After":"7000"}}'
  talk s1 slow now-1h "$(turn 41 now-1h)"
  echo '{"conversation":"s2","user":"slow","updated_at":"now-2h","answer":{"json":{"messages":[]},"stall_after":3}}'
} >"$T/script"
t_start_server "$T/script"
fast=(--rate 0 --retry-wait 0.01 --retries 3)
discover() { run_omni discover "${fast[@]}" --user-id "$@"; }
ids() { sed -E 's/^\{"job_id":"0*([0-9]+)-.*/\1/' "$T/out" | tr '\n' ' '; }

# --- what is listed ---
discover main
is "each job once, the newest activity first; the old ones are left out" "$RC $(ids)" "0 3 2 1 4 5 "
is "a job's line: ID, time, conversation, prompt" "$(sed -n 2p "$T/out" | sed -E 's/"completed_at":"[0-9T:.-]+Z"/"completed_at":"…"/')" \
  '{"job_id":"00000002-0000-4000-8000-000000000000","completed_at":"…","conversation_id":"a","conversation":"Talk a","prompt":"Question 2"}'
is "what a terminal would obey is escaped" "$(sed -n '3s/.*"prompt"/"prompt"/p' "$T/out")" '"prompt":"Say \"hi\"\\n\u009b2J\u202e"}'
like "an ID with what addresses do not have" "$(grep 00000004 "$T/out")" '"conversation_id":"b é\?&#%2e"'
is "a conversation that is too old is not asked for" "$(server_count '"path":"/api/v1/ai/conversations/old"')" 0
like "what it came to" "$(cat "$T/err")" '5 jobs in 2 conversations since [0-9-]+T.*; 3 requests$'
run_omni discover "${fast[@]}" --user-id main --since 2h30m
is "a span is one number" "$RC" 2
discover main --since 150m -q
is "--since: older turns are left out; -q says nothing" "$RC $(ids)$(cat "$T/err")" "0 3 2 "
discover many
is "three pages, in their order" "$RC $(($(wc -l <"$T/out"))) $(ids | tr ' ' '\n' | head -250 | cmp - <(seq 1001 1250) && echo same)" "0 250 same"
is "a request for each page and conversation" "$(grep -oE '[0-9]+ requests' "$T/err")" "253 requests"
discover times
is "completed_at: none, of the message before, never in the future" "$RC $(sed -E 's/.*_id":"0*([0-9]+)-.*completed_at":(null|"(....)-.*T(..)).*/\1:\2/; s/"....-..-..T...*/time/; ' "$T/out" | tr '\n' ' ')" \
  "0 24:time 23:time 22:time 21:null "
like "a prompt that is no text is none" "$(sed -n 3p "$T/out")" '"completed_at":"2000-01-01T00:00:00Z".*"prompt":null'
is "the future is now" "$(sed -n 2p "$T/out" | sed -E 's/.*completed_at":"([^"]*)".*/\1/')" "$(sed -n 1p "$T/out" | sed -E 's/.*completed_at":"([^"]*)".*/\1/')"
run_omni discover "${fast[@]}" --user-id nobody
is "nothing there is all there is" "$RC $(cat "$T/out")" "0 "

# --- what is wrong ---
discover odd
is "job IDs that are none: 7" "$RC $(ids)" "7 32 "
like "and a warning" "$(cat "$T/err")" "warning: conversation 'o': 2 job IDs are no UUID, .*: 7"
discover gone
is "a conversation that was deleted meanwhile: the list is whole" "$RC $(ids)" "0 33 "
like "with a warning" "$(cat "$T/err")" "warning: conversation 'gone' was deleted, .*: HTTP 404: Conversation not found"
discover talks
is "conversations that cannot be read: 3, the others are listed" "$RC $(ids)" "3 34 "
is "six warnings" "$(grep -cE "warning: conversation 'x[1-6]' cannot be read" "$T/err")" 6
for said in 'no list .messages' 'not one whole JSON' 'HTTP 403: Permission denied' 'HTTP 410'; do like "which say '$said'" "$(cat "$T/err")" "$said"; done
like "and the last word" "$(tail -1 "$T/err")" 'error: the list is not whole: 1 jobs in '
discover mended
is "429, cut bodies, 503: asked again" "$RC $(ids)" "0 35 "
while read -r user code said; do
  discover "$user"
  is "$user: $code, what was found is listed" "$RC $(ids)" "$code $([[ $user =~ ^(nodata|html|denied|refused|far|stale)$ ]] || echo '33 ')"
  like "it says why" "$(cat "$T/err")" "$said"
  case $code in 3) like "and that the list is not whole" "$(tail -1 "$T/err")" 'error: the list is not whole' ;; esac
done <<'CASES'
circle 3 leads back to one that was there before
noend 3 neither that it is the last one
noinfo 3 neither that it is the last one
halfway 3 cannot be read any further: HTTP 503
halfway2 3 cannot be read any further: HTTP 400: Invalid cursor
refused2 6 refuses the key
stale 3 shows nothing new
nodata 3 it has no list 'data'
types 3 5 entries of the list of conversations have no ID
html 3 not one whole JSON document
denied 3 HTTP 403: Permission denied
refused 6 the API refuses the key
far 3 come back after
CASES
discover echo -v
is "a page that leads back to itself, and a job ID that is none: 3" "$RC $(ids)" "3 31 "
is "the key, repeated by the API, is shown nowhere" "$(grep -c -e "$TOKEN" -e omni_osk_test "$T/out" "$T/err" | sed 's/.*://' | tr '\n' ' ')" "0 0 "
like "stars are" "$(cat "$T/out")" '"prompt":"is it \*+\?"'

# --- its ends ---
start_omni discover "${fast[@]}" --user-id slow
until [ "$(server_count '"path":"/api/v1/ai/conversations/s2"')" = 1 ] && [ -s "$T/out" ]; do sleep 0.02; done
is "a line is there as soon as it is known" "$(ids)" "41 "
kill -INT "$OMNI_PID"
wait_omni
is "interrupted: what was printed stays" "$RC $(ids)" "130 41 "
(t_omni discover "${fast[@]}" --user-id many 2>"$T/err") | head -1 >"$T/out"
codes="${PIPESTATUS[*]}"
is "a reader that goes away: 1" "$codes $(wc -l <"$T/out")" "1 0 1"
like "and it is said" "$(cat "$T/err")" 'cannot write standard output: Broken pipe'
discover main --max-time 0
is "--max-time: 3" "$RC $(ids)" "3 "
for bad in '--since yesterday' '--not-in null:' '--not-in nothing:x' '--to x.db' 'jobs.txt'; do
  # shellcheck disable=SC2086
  run_omni discover $bad
  is "discover $bad is bad usage" "$RC $(cat "$T/out")" "2 "
done

# --- into run ---
(t_omni discover "${fast[@]}" --user-id main 2>"$T/err1") | (t_omni run - --rate 0 --concurrency 1 -t "$T/pipe.db" >"$T/out" 2>"$T/err")
codes="${PIPESTATUS[*]}"
is "discover | run -" "$codes $(sql "$T/pipe.db" "SELECT group_concat(state, ' ') FROM (SELECT state FROM jobs ORDER BY job_id)")" "0 4 stored stored stored not_found expired"
is "the line is kept as the job's input" "$(sql "$T/pipe.db" "SELECT input ->> 'prompt' FROM jobs WHERE job_id = '$(job 2)'")" "Question 2"
is "what expires first is asked for first" "$(grep -oE '"job":"[0-9]+' "$SERVER_LOG" | tail -5 | sed 's/.*"0*//' | tr '\n' ' ')" "5 4 1 2 3 "
discover main --not-in "$T/pipe.db"
is "--not-in: what run would ask for again is left" "$RC $(ids)" "0 3 4 "
like "and it is said" "$(cat "$T/err")" '5 jobs in 2 .*, 3 of them left out'
discover main --not-in "$T/pipe.db" --not-in "$T/not-there.db"
is "a sink that is not there knows no job, and is not made" "$RC $(ids)$(ls "$T"/not-there.db* 2>/dev/null)" "0 3 4 "
echo no database at all, but long enough to be looked at >"$T/no.db"
discover main --not-in "$T/no.db"
is "a sink that cannot be read: 5" "$RC $(ids)" "5 "

job 777 >"$T/list.txt"
run_omni run --discover "${fast[@]}" --user-id many --since 1830m -t "$T/both.db" "$T/list.txt" --summary "$T/summary.json" </dev/null
is "run --discover, and a list beside it" "$RC $(sql "$T/both.db" "SELECT count(*), sum(state = 'stored'), sum(job_id = '$(job 777)') FROM jobs")" "0 31|31|1"
like "the summary counts what was found" "$(cat "$T/summary.json")" '"requested":31,"unique":31,.*"discovered":30,"list_whole":true'
run_omni run --discover "${fast[@]}" --user-id gone -t "$T/alone.db" <"$T/list.txt"
is "without FILE standard input is not read" "$RC $(sql "$T/alone.db" 'SELECT count(*) FROM jobs')" "0 1"
run_omni run --discover "${fast[@]}" --user-id halfway3 -t "$T/half.db" --summary "$T/summary.json" "$T/list.txt"
is "a list that ends half-way: what was found is exported, 3" "$RC $(sql "$T/half.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "3 2"
like "the summary says so" "$(cat "$T/summary.json") $(tail -1 "$T/err")" '"exit_code":3.*"discovered":1,"list_whole":false.*the list of jobs is not whole'
like "so does the log, and what to run then" "$(cat "$T/err")" 'the list is not whole, what was found is exported.*for the rest of the list: omni-export run --discover'
run_omni run --discover "${fast[@]}" --user-id refused3 -t "$T/key.db"
is "a key that is refused half-way: nothing more is asked" "$RC $(sql "$T/key.db" 'SELECT state FROM jobs') $(tail -1 "$SERVER_LOG" | grep -c '"path":"/api/v1/ai/conversations"')" "6 unasked 1"
run_omni run --discover --dry-run -t "$T/dry.db" </dev/null
is "run --discover --dry-run is bad usage" "$RC $(ls "$T"/dry.db* 2>/dev/null)" "2 "
like "which says what would do" "$(cat "$T/err")" "list the jobs with 'omni-export discover'"
if [ -n "${OMNI_TEST_PG:-}" ]; then
  OMNI_SETTINGS=("PGHOST=${PGHOST:-}" "PGPORT=${PGPORT:-}")
  pg=(--pg-schema discover)
  discover main --not-in "pg:$OMNI_TEST_PG" "${pg[@]}"
  is "PostgreSQL: a schema that is not there knows no job" "$RC $(ids)" "0 3 2 1 4 5 "
  (t_omni discover "${fast[@]}" --user-id main 2>"$T/err1") | (t_omni run - --rate 0 "${pg[@]}" -t "pg:$OMNI_TEST_PG" >"$T/out" 2>"$T/err")
  is "the pipe" "${PIPESTATUS[*]}" "0 4"
  discover main --not-in "pg:$OMNI_TEST_PG" "${pg[@]}"
  is "--not-in" "$RC $(ids)" "0 3 4 "
  run_omni run --discover "${fast[@]}" --user-id many --since 1230m "${pg[@]}" -t "pg:$OMNI_TEST_PG" </dev/null
  is "run --discover" "$RC $(psql -XAtq "$OMNI_TEST_PG" -c "SELECT count(*), min(input ->> 'conversation_id') FROM discover.jobs WHERE job_id > '00001000-0000-0000-0000-000000000000' AND state = 'stored'")" "0 20|m1"
  OMNI_SETTINGS=()
fi
t_stop_server

# --- one window for both ---
awk 'BEGIN { print "{\"job\":\"*\",\"result\":{\"json\":{\"message\":\"m\"}}}"
  for (i = 1; i <= 20; i++) printf "{\"conversation\":\"r%d\",\"messages\":[{\"jobId\":\"%08d-0000-4000-8000-000000000000\"}]}\n", i, i }' >"$T/script"
t_start_server "$T/script" --limit 30/s
start_omni run --discover -t "$T/rate.db" --rate 30/s --concurrency 8 -q
(t_omni discover --rate 30/s --concurrency 8 -q >"$T/out1" 2>"$T/err1")
code=$?
wait_omni
is "two processes at once, both listing: all is there, not one 429" "$code $RC $(wc -l <"$T/out1") $(sql "$T/rate.db" 'SELECT count(*) FROM jobs') $(server_count '"status": ?429')" "0 0 20 20 0"
t_stop_server
finish
