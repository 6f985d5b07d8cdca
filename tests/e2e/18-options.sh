#!/bin/bash
# What the options do that no other test shows: --dry-run, -q, -v, --log-format, --summary -, --error-file, --details, --max-size, null:, --config.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

now=$(date +%s)
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}},"prompt":"what sold best?","completed_at":"2026-11-20T10:00:00.5Z"}
{"job":"$(job 2)","result":{"json":{"message":"m"}},"status":{"status":500}}
{"job":"$(job 3)","result":{"before":"{\"message\":\"","body":"aaaaaaaaaaaaaaaa","repeat":4000000,"after":"\"}","encoding":"gzip"}}
{"job":"$(job 4)","result":{"status":404,"envelope":"application","message":"bad \u001b[31mred\u001b[0m \u202eword"}}
{"job":"$(job 5)","result":{"status":404,"envelope":"application","message":"Job not found for Bearer $TOKEN, $TOKEN"},"prompt":"$TOKEN"}
{"job":"$(job 6)","result":{"redirect":"https://elsewhere.example/?key=$TOKEN"}}
SCRIPT
{ job 1; job 2; } >"$T/jobs.txt"

run_omni run "$T/jobs.txt" -n -t "$T/a.db" --summary "$T/summary.json"
is "--dry-run: nothing is asked, nothing is written" "$RC $(server_count /v1/) $(ls "$T" | grep -c -E 'a\.db|summary')" "0 0 0"
is "it says what would be fetched, and from where" "$(cat "$T/out")" "$(job 1)	$URL/api/v1/ai/jobs/$(job 1)/result
$(job 2)	$URL/api/v1/ai/jobs/$(job 2)/result"
run_omni run "$T/jobs.txt" -q -t "$T/a.db" --rate 0 --summary -
is "-q: not a word when all is well" "$RC $(cat "$T/err")" "0 "
is "--summary -: one JSON object on standard output" "$(sqlite3 :memory: "SELECT json_extract(readfile('$T/out'), '\$.stored')") $(wc -l <"$T/out")" "2 1"
before=$(sha256sum <"$T/a.db")
job 9 >"$T/nine.txt"
run_omni run "$T/nine.txt" "$T/jobs.txt" -n -t "$T/a.db"
is "--dry-run knows what is stored and changes nothing" "$(cut -f1 "$T/out") $([ "$(sha256sum <"$T/a.db")" = "$before" ] && echo same)" "$(job 9) same"
run_omni run "$T/jobs.txt" -v -t "$T/b.db" --rate 0
is "-v: each request too" "$(grep -c '/result, attempt 1, .*: HTTP 200$' "$T/err")" 2
unlike "never the key" "$(cat "$T/err" "$T/out"; strings -a "$T/b.db")" "$TOKEN"
{ job 5; job 6; } >"$T/echo.txt"
run_omni run "$T/echo.txt" -v -t "$T/echo.db" -t "jsonl:$T/echo" --rate 0 -e "$T/errors" --details --summary "$T/summary.json"
is "a server that repeats the key" "$RC $(sql "$T/echo.db" "SELECT count(*) FROM jobs")" "4 2"
is "does not get it anywhere" "$(grep -raclF "$TOKEN" "$T/err" "$T/errors" "$T/echo.db" "$T/echo" "$T/summary.json" "$T/state" | wc -l)" 0
run_omni run "$T/jobs.txt" --log-format json -v -t "$T/c.db" --rate 0
is "--log-format json: one object a line" \
  "$(while read -r line; do sqlite3 :memory: "SELECT json_type('$(printf %s "$line" | sed "s/'/''/g")')"; done <"$T/err" | sort -u)" object
like "with time, level, msg and job_id" "$(cat "$T/err")" '"time":".*"level":".*"msg":".*"job_id":"'

{ job 1; job 2; } >"$T/details.txt"
run_omni run "$T/details.txt" --details -t "$T/d.db" --rate 0 --retry-wait 0 --retries 1
is "--details keeps the status document; where it cannot be had the result is stored all the same" \
  "$RC $(sql "$T/d.db" "SELECT group_concat(coalesce(details ->> 'prompt', 'none'), '; ') FROM (SELECT * FROM jobs ORDER BY job_id)")" "0 what sold best?; none"
is "and its completion decides the expiry" "$(sql "$T/d.db" "SELECT expires_at FROM jobs WHERE job_id = '$(job 1)'")" "2026-12-04T10:00:00.5Z"

job 3 >"$T/large.txt"
run_omni run "$T/large.txt" -t "$T/e.db" --rate 0 --max-size 10M
is "--max-size counts decompressed bytes, and there is no second try" "$RC $(sql "$T/e.db" "SELECT state, attempts FROM jobs")" "3 failed|1"
like "says so" "$(sql "$T/e.db" "SELECT error FROM jobs")" '10485760|10 ?M|larger|too large|max-size'
run_omni run "$T/large.txt" -t "$T/e.db" --rate 0
is "with room it is stored, its text cut at 16 MiB with a warning" \
  "$RC $(sql "$T/e.db" "SELECT state, length(message), body_bytes, json_array_length(warnings) FROM jobs")" "0 stored|16777216|64000014|1"

job 4 >"$T/red.txt"
run_omni run "$T/red.txt" -t "$T/f.db" --rate 0 -e "$T/errors"
unlike "no control character of the API's reaches the terminal" "$(cat "$T/err" "$T/errors")" $'\033|\u202e'
run_omni run "$T/jobs.txt" -t null: --rate 0
is "null: keeps nothing and has no memory" "$RC $(grep -c '2 of 2 jobs stored' "$T/err")" "0 1"
run_omni run "$T/jobs.txt" -t "$T/g.db" -t "$T/h.db" --rate 0 --summary "$T/summary.json"
is "two sinks, one fetch" "$RC $(sqlite3 :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.requests', '\$.sinks[1].stored')")" "0 [2,2]"
is "the same in both" "$(sql "$T/g.db" "SELECT job_id, message, body_sha256 FROM jobs")" "$(sql "$T/h.db" "SELECT job_id, message, body_sha256 FROM jobs")"
mkdir -p "$T/config/omni-export"
printf 'to = %s\nrate = 0\n' "$T/i.db" >"$T/config/omni-export/config.ini"
run_omni run "$T/jobs.txt"
is "the config file" "$RC $(sql "$T/i.db" "SELECT count(*) FROM jobs")" "0 2"
run_omni run "$T/jobs.txt" -e /nowhere/x
is "an error file that cannot be written is told before anything is done" "$RC" 2
run_omni run "$T/jobs.txt" --summary /dev/full
is "a summary that cannot be written is no success" "$RC" 1
run_omni run "$T/jobs.txt" -t "$T/m.db" --rate 0 --metrics "$T/m.prom"
metric() { sed -n "s/^omni_export_$1 //p" "$T/m.prom"; }
is "--metrics" "$(metric last_run_exit_code) $(metric 'jobs{state="stored"}') $(stat -c %a "$T/m.prom")" "0 2 644"
success=$(metric last_success_timestamp_seconds)
check "the last success is now" test "${success%.*}" -ge "$now"
check "each metric has its HELP and TYPE" test "$(grep -c '^# HELP' "$T/m.prom")" = "$(grep -v '^#' "$T/m.prom" | sed 's/[{ ].*//' | sort -u | wc -l)"
OMNI_SETTINGS=(OMNI_BASE_URL=http://127.0.0.1:1)
run_omni run "$T/nine.txt" -t "$T/m.db" --rate 0 --retries 0 --metrics "$T/m.prom"
is "after a failure: the last success is the old one" "$(metric last_run_exit_code) $(metric 'jobs{state="failed"}') $(metric last_success_timestamp_seconds)" "3 1 $success"
run_omni run "$T/nine.txt" -t "$T/nowhere/m.db" --metrics "$T/m.prom"
is "also when nothing could be done" "$(metric last_run_exit_code) $(metric last_success_timestamp_seconds)" "5 $success"
OMNI_SETTINGS=()
run_omni frobnicate
is "no such command" "$RC" 2
run_omni --version
like "--version" "$(cat "$T/out")" '^omni-export [0-9]'
OMNI_SETTINGS=(OMNI_API_KEY=)
run_omni run "$T/jobs.txt"
is "no key" "$RC" 2
OMNI_SETTINGS=()
finish
