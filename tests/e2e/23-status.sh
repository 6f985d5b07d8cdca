#!/bin/bash
# status: is everything safe? Of every sink that has a ledger; and what a run says at its end, and the command that it names.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

# json NAME...: members of the last output, a blank between them
json() { sqlite3 -batch -noheader -separator ' ' :memory: "SELECT $(printf "json_extract(j, '\$.%s')," "$@" | sed 's/,$//') FROM (SELECT readfile('$T/out') AS j)"; }
first() { head -n 1 "$T/out"; }

# The demonstration's jobs: stored ones (one partial, one truncated), one pending, two lost.
t_start_server "$srcdir/tests/data/demo/jobs.script"
sinks=("sqlite:$T/a.db" "jsonl:$T/lines" "csv:$T/folders" "raw:$T/bodies")
[ -z "${OMNI_TEST_PG:-}" ] || sinks+=("pg:$OMNI_TEST_PG")
targets=()
for sink in "${sinks[@]}"; do targets+=(-t "$sink"); done
run_omni run "$srcdir/tests/data/demo/jobs.txt" "${targets[@]}" --rate 0 --retry-wait 0
is "the run loses jobs" "$RC" 4
cp "$T/err" "$T/run.err"
for sink in "${sinks[@]}"; do
  scheme=${sink%%:*}
  run_omni status "$sink"
  is "$scheme: lost" "$RC" 4
  like "$scheme: the first line is the answer" "$(first)" "^LOST: the results of 2 of 13 jobs cannot be had \(since [-0-9]{10}\); 2 of 13 jobs are not complete yet, and the next expires in [0-9]"
  like "$scheme: why" "$(cat "$T/out")" "1 pending: the job is EXECUTING \(e62a7f14-"
  like "$scheme: what the API truncated" "$(cat "$T/out")" "truncated by the API.*  1 result"
  is "$scheme: nothing else is said" "$(cat "$T/err")" ""
  run_omni status --json "$sink"
  is "$scheme: the same as JSON" "$RC $(json answer exit_code jobs stored pending expired not_found partial truncated_results open 'unfinished[0].state' 'reasons[2].job_id')" \
    "4 lost 4 13 10 1 1 1 1 1 2 stored e62a7f14-c3d9-4b80-8f5e-6d1c0b9a8e56"
  run_omni status --since 0d "$sink"
  is "$scheme: what was lost before --since is no news" "$RC" 3
  run_omni status -q "$sink"
  is "$scheme: with -q the exit status alone" "$RC $(cat "$T/out" "$T/err")" "4 "
done
run_omni status --json "$T/a.db"
is "a database notes runs" "$(json 'runs[0].exit_code' 'runs[1]')" "4 "
run_omni status --json "raw:$T/bodies"
is "a folder notes none" "$(json runs)" ""

# All is safe; and while a run holds the sink.
t_stop_server
t_start_server - <<END
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"$(job 2)","result":{"json":{"message":"m"},"stall_after":1}}
END
job 1 >"$T/one.txt"
job 2 >"$T/two.txt"
run_omni run "$T/one.txt" -t "$T/b.db" --rate 0
run_omni status "$T/b.db"
is "all is safe: exit status" "$RC" 0
is "all is safe: first line" "$(first)" "all safe: 1 job is stored"
run_omni run "$T/one.txt" -t "$T/b.db"
is "a run in which all is well says one line at its end" "$(sed 's/;.*//' "$T/err")" "omni-export: 1 of 1 jobs stored (1 already)"
start_omni run "$T/two.txt" -t "$T/b.db" --rate 0
held=$OMNI_PID
until [ "$(server_count "$(job 2)")" -gt 0 ]; do sleep 0.05; done
run_omni status --json "$T/b.db"
is "while a run holds the sink" "$RC $(json answer 'runs[0].finished_at' 'runs[0].exit_code')" "0 safe  "
kill -TERM "$held"
OMNI_PID=$held
wait_omni
run_omni status "$T/b.db"
is "what the run did not get to is open" "$RC $(first)" "3 not all is safe: 1 of 2 jobs is not complete yet"

# What cannot be asked.
before=$(ls -A "$T")
run_omni status "$T/none.db"
is "a sink that is not there" "$RC $(cat "$T/err")" "5 omni-export: error: there is no '$T/none.db'"
for sink in raw jsonl csv; do
  run_omni status "$sink:$T/none"
  is "$sink: not there" "$RC" 5
done
is "nothing is made by looking" "$(ls -A "$T")" "$before"
: >"$T/empty.db"
run_omni status "$T/empty.db"
is "an empty file" "$RC" 5
head -c 8192 "$SERVER_LOG" >"$T/text.db"
run_omni status "$T/text.db"
is "a file that is no database" "$RC" 5
cp -r "$T/bodies" "$T/damaged"
sed -i '3s/{/[/' "$T/damaged/manifest.jsonl"
run_omni status "raw:$T/damaged"
is "a manifest with a damaged line: no answer is better than half of one" "$RC $(cat "$T/out")" "5 "
run_omni status null:
is "null: keeps nothing" "$RC" 2
run_omni status nosuch:x
is "no such sink" "$RC" 2
run_omni status
is "without a sink" "$RC" 2
like "it says what would be right" "$(cat "$T/err")" "SINK is missing; usage: omni-export status"
run_omni status "$T/b.db" "$T/a.db"
is "two sinks" "$RC" 2
run_omni status --since soon "$T/b.db"
is "--since that is no time" "$RC" 2
(t_omni status "$T/b.db" >/dev/full 2>"$T/err")
is "a full disk below standard output" "$?" 1
if [ -n "${OMNI_TEST_PG:-}" ]; then
  run_omni status --pg-schema nosuch "pg:$OMNI_TEST_PG"
  is "a schema that is not there" "$RC" 5
fi

# The end of a run.
err=$(cat "$T/run.err")
like "what is not stored, and why" "$err" "error: not stored: 1 pending: the job is EXECUTING \(e62a7f14-c3d9-4b80-8f5e-6d1c0b9a8e56\)"
like "what is lost, and why" "$err" "error: lost: 1 expired: HTTP 404: Result is no longer available"
like "the summary line is the last one" "$(tail -n 1 <<<"$err")" "error: 10 of 13 jobs stored"
t_stop_server
t_start_server - <<END
{"job":"$(job 1)","result":[{"status":503},{"status":503},{"json":{"message":"m"}}]}
{"job":"$(job 2)","result":[{"status":503},{"json":{"message":"m"}}]}
END
dir="$T/a folder's name"
mkdir "$dir"
soon=$(date -u -d '+2 days +1 hour -14 days' +%FT%TZ)
printf '{"job_id":"%s","completed_at":"%s"}\n%s\n' "$(job 1)" "$soon" "$(job 2)" >"$dir/jobs.txt"
again() { sed -n 's/^omni-export: error: to go on: omni-export \(.*\)  # with the OMNI_EXPORT_ variables of this run$/\1/p' "$T/err"; }
OMNI_SETTINGS=(OMNI_EXPORT_RATE=0)
run_omni run "$dir/jobs.txt" --to "$dir/x.db" --retries 0 -e "$dir/missing.tsv"
is "nothing is stored" "$RC" 3
like "the same reason is told once" "$(cat "$T/err")" "not stored: 2 failed: HTTP 503"
like "what is lost next, and when" "$(cat "$T/err")" "next to be lost: $(job 1), in 2 d"
eval "run_omni $(again)"
is "the command that it names is one that a shell runs: one more is stored" "$RC $(sql "$dir/x.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "3 1"
run_omni run --to "$dir/x.db" --retries 0 -e "$dir/missing.tsv" <"$dir/jobs.txt"
is "then the other" "$RC $(again)" "0 "
name=\'${dir//\'/\'\\\'\'}
run_omni run -t "$dir/y.db" --retries 0 -e "$dir/missing.tsv" --base-url http://127.0.0.1:1 <"$dir/jobs.txt"
is "a list from standard input that is gone: the error file is the list" "$(again)" "run -t $name/y.db' --retries 0 -e $name/missing.tsv' --base-url http://127.0.0.1:1 $name/missing.tsv'"
run_omni run -t "$dir/y.db" --retries 0 --base-url http://127.0.0.1:1 - <"$dir/jobs.txt"
like "without one it says so" "$(again)" "^run .* -, with the same list on standard input$"
OMNI_SETTINGS=(OMNI_EXPORT_RATE=0 OMNI_API_KEY=wrong)
t_stop_server
t_start_server - <<END
{"job":"*","result":{"json":{"message":"m"}}}
END
for sink in "postgresql://u:geheim@127.0.0.1:1/x" "pg:host=127.0.0.1 port=1 password=geheim"; do
  run_omni run -t "$dir/z.db" "$dir/jobs.txt" -t "$sink"
  unlike "no password is said" "$(cat "$T/err")" geheim
done
[ -z "${OMNI_TEST_PG:-}" ] || {
  run_omni load --from "pg:$OMNI_TEST_PG password=geheim" -t "$dir/z.db" "$dir/jobs.txt"
  is "nor by load, of a source with one" "$RC $(grep -c 'not loaded' "$T/err") $(grep -c geheim "$T/err")" "3 2 0"
}
run_omni run -t "$dir/z.db" "$dir/jobs.txt"
like "a key that is refused" "$(cat "$T/err")" "when the key is good: omni-export run -t"
finish
