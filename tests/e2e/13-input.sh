#!/bin/bash
# Input lines: every format, what is passed over, what is reported, and the order of asking.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

job() { printf '%08d-0000-4000-8000-00000000abcd\n' "$1"; }
t_start_server - <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
asked() { sed -n -E 's#.*"path": ?"[^"]*/jobs/0*([0-9]+)-[^"]*/result".*#\1#p' "$SERVER_LOG" | tr '\n' ' '; }
fast=(--rate 0 --concurrency 1 --summary "$T/summary.json")
sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }

now=$(date -u +%s)
at() { date -u -d "@$((now + $1))" +%Y-%m-%dT%H:%M:%SZ; }
{
  printf '\xef\xbb\xbf# a comment\r\n\r\n'
  printf '  %s \r\n' "$(job 1 | tr a-f A-F)"
  printf '%s\n' "$(job 2)" "nonsense" "$(job 1)"
  printf '{"event_id":"%s","jobId":"%s","status":"COMPLETE","completed_at":"%s"}\n' "$(job 99)" "$(job 3)" "$(at -3600)"
  printf '{"job_id":"%s","completedAt":"%s"}\n' "$(job 4)" "$(at -86400)"
  printf '{"jobId":"not one"}\n{"broken\n'
  printf 'some,%s,words\n' "$(job 5)"
  printf 'a\t%s\tb\n' "$(job 6)"
  printf '%s' "$(job 7)"
} >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$T/a.db" "${fast[@]}"
is "all is well but for lines without a job" "$RC" 7
is "soonest expiry first, then the order of the input; twice is once" "$(asked)" "4 3 1 2 5 6 7 "
is "counts: requested, unique, invalid" "$(sum requested) $(sum unique) $(sum invalid)" "8 7 3"
like "FILE:LINE of a word" "$(cat "$T/err")" "jobs.txt:5: "
like "FILE:LINE of a JSON object without a job" "$(cat "$T/err")" "jobs.txt:9: "
like "FILE:LINE of broken JSON" "$(cat "$T/err")" "jobs.txt:10: "
like "the JSON line is kept as the job's input" "$(sql "$T/a.db" "SELECT input ->> 'event_id' FROM jobs WHERE job_id = '$(job 3)'")" "$(job 99)"
is "expires_at from the line" "$(sql "$T/a.db" "SELECT expires_at FROM jobs WHERE job_id = '$(job 4)'")" \
  "$(date -u -d "@$((now - 86400 + 14 * 86400))" +%Y-%m-%dT%H:%M:%SZ)"

printf 'id,name,job_id\n%s,x,%s\n%s,y,%s\n%s,z,\n' "$(job 90)" "$(job 11)" "$(job 91)" "$(job 12)" "$(job 92)" >"$T/header.csv"
: >"$SERVER_LOG"
run_omni run -t "$T/b.db" "${fast[@]}" "$T/header.csv"
is "a CSV header decides which field is meant" "$RC $(sql "$T/b.db" "SELECT group_concat(substr(job_id, 7, 2)) FROM jobs")" "7 11,12"

run_omni run -t "$T/c.db" "${fast[@]}" < <(job 21)
is "standard input without a name" "$RC $(sql "$T/c.db" "SELECT count(*) FROM jobs")" "0 1"
run_omni run -t "$T/c.db" "${fast[@]}" - "$T/header.csv" < <(job 22)
is "standard input and a file" "$RC $(sql "$T/c.db" "SELECT count(*) FROM jobs")" "7 4"
run_omni run -t "$T/d.db" "${fast[@]}" </dev/null
is "no jobs at all" "$RC $(sum unique) $(sum requests)" "0 0 0"
run_omni run -t "$T/e.db" "${fast[@]}" "$T/header.csv" "$T/missing.txt"
is "a file that is not there: nothing was done" "$RC" 2
check "nothing was made" test ! -e "$T/e.db"
like "says which" "$(cat "$T/err")" "cannot open '.*missing.txt': No such file"

# Those still open from an earlier run come after those never asked for.
t_stop_server
t_start_server - <<SCRIPT
{"job":"$(job 31)","result":[{"status":410},{"json":{"message":"m"}}]}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
run_omni run -t "$T/f.db" "${fast[@]}" < <(job 31)
is "one is open" "$RC" 3
run_omni run -t "$T/f.db" "${fast[@]}" < <(job 31; job 32; job 33)
is "never asked for comes first" "$RC $(asked)" "0 31 32 33 31 "
finish
