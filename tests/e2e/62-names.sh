#!/bin/bash
# Files: names that come from outside, names that another user of the machine has put in the way, and who may read what is made.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

nasty='../../../../etc/cron.d/evil'
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m","topic":"$nasty","resultSummary":"$nasty","omniChatUrl":"file://$nasty","actions":[
  {"type":"generate_query","result":{"queryName":"$nasty","status":"success","resultId":"$nasty","csvResult":"a\n1\n"}},
  {"type":"generate_query","result":{"queryName":"..","status":"success","csvResult":"a\n2\n"}},
  {"type":"generate_query","result":{"queryName":"/","status":"success","csvResult":"a\n3\n"}},
  {"type":"generate_query","result":{"queryName":"ab\u001b[2J\u202e\uffff\ud83d\ude00-.csv.exe","status":"success","csvResult":"a\n4\n"}},
  {"type":"generate_query","result":{"queryName":"$(printf 'x%.0s' {1..5000})","status":"success","csvResult":"a\n5\n"}},
  {"type":"generate_query","result":{"queryName":"-rf *; \$(id) \`id\`","status":"success","csvResult":"a\n6\n"}}]}}}
{"job":"$(job 2)","result":{"body":"neither JSON nor a result: $nasty"}}
{"job":"$(job 3)","result":{"json":{"message":"m"}}}
{"job":"$(job 4)","result":{"before":"{\"message\":\"m\",\"actions\":[{\"type\":\"generate_query\",\"result\":{\"queryName\":\"q\",\"csvResult\":\"a\\\\n","body":"0123456789\\\\n","repeat":400000,"after":"\"}}]}","stall_after":4000000}}
SCRIPT

# --- job IDs are the only thing from outside that becomes a path, and the slug of a name ---
{ job 1; job 2; } >"$T/jobs.txt"
mkdir "$T/sinks"
run_omni run "$T/jobs.txt" -t "csv:$T/sinks/csv" -t "raw:$T/sinks/raw" -t "jsonl:$T/sinks/jsonl" -t "$T/sinks/a.db" --rate 0 --retry-wait 0 --retries 1
is "names that are paths" "$RC $(sql "$T/sinks/a.db" "SELECT group_concat(state) FROM (SELECT state FROM jobs ORDER BY job_id)")" "3 stored,unreadable"
is "every file that was made has a name of our making" \
  "$(find "$T/sinks" -mindepth 1 -printf '%P\n' | grep -vcE '^((csv|raw|jsonl)(/|$)|a\.db$)([0-9a-f]{8}-0000-4000-8000-0{12}|[0-9a-f]{2}|unreadable|jobs|actions|results|result_rows|stored_date=[0-9-]+|manifest\.jsonl|job\.json|answer\.md|actions\.csv|[0-9]+-[a-z0-9-]+\.csv|[0-9A-Za-z-]+\.(json|jsonl)\.zst|/)*$')" 0
is "all six tables are there, each once" "$(cat "$T/sinks/csv/$(job 1)"/[0-9]*.csv | tr '\n' ' ')" "a 1 a 2 a 3 a 4 a 5 a 6 "
is "no name is longer than a file system takes" "$(find "$T/sinks" -printf '%f\n' | awk 'length > 120' | wc -l)" 0
is "nobody else may read any of it" "$(find "$T/sinks" -mindepth 1 -perm /077 | wc -l)" 0
is "the request window too" "$(find "$T/state" -perm /077 -type f | wc -l) $(find "$T/state/omni-export" -maxdepth 0 -perm /077 | wc -l)" "0 0"
umask 0
run_omni run "$T/jobs.txt" -t "csv:$T/open" -t "$T/open.db" --rate 0 --retry-wait 0 --retries 0 -e "$T/open.errors" --summary "$T/open.summary"
umask 022
is "whatever the umask" "$(find "$T/open" "$T/open.db" "$T/open.errors" "$T/open.summary" -perm /077 | wc -l)" 0

# --- the spool has no name ---
mkdir "$T/tmp"
job 4 >"$T/large.txt"
OMNI_SETTINGS=("TMPDIR=$T/tmp")
start_omni run "$T/large.txt" -t "$T/large.db" --rate 0
until [ "$(find "/proc/$OMNI_PID/fd" -lname "$T/tmp/*" 2>/dev/null | wc -l)" -gt 0 ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.05; done
spool=$(find "/proc/$OMNI_PID/fd" -lname "$T/tmp/*" | head -n 1)
is "a large body lies in a file without a name, that nobody else may open" "$(find "$T/tmp" -type f | wc -l) $(stat -L -c '%a %h' "$spool")" "0 600 0"
kill -KILL "$OMNI_PID"
wait_omni 2>/dev/null
is "and is gone with the process" "$(find "$T/tmp" -type f | wc -l)" 0
OMNI_SETTINGS=()

# --- another user's names in a folder that all may write to ---
job 3 >"$T/three.txt"
if [ "$(id -u)" != 0 ] || ! touch "$T/probe" || ! chown 65534 "$T/probe" 2>/dev/null; then
  skip "names of another user" "this takes root"
else
  mkdir -m 1777 "$T/shared"
  chmod 1777 "$T/shared"
  echo precious >"$T/precious"
  touch "$T/empty"
  plant() { # TARGET NAME
    ln -s "$1" "$T/shared/$2"
    chown -h 65534 "$T/shared/$2"
  }
  plant ../precious errors
  plant ../precious summary
  plant ../precious prom
  plant ../empty results.db
  mkdir "$T/folder"
  plant ../folder lake
  for args in "-e $T/shared/errors" "--summary $T/shared/summary" "--metrics $T/shared/prom"; do
    # shellcheck disable=SC2086 # two words
    run_omni run "$T/three.txt" -t "$T/three.db" --rate 0 $args
    is "${args%% *} by another user's link is refused before anything is done" "$RC $(cat "$T/precious") $(server_count "$(job 3)")" "2 precious 0"
    like "and said" "$(cat "$T/err")" 'of another user|Permission denied'
  done
  run_omni run "$T/three.txt" -t "$T/shared/results.db" --rate 0
  is "so is a database" "$RC $(stat -c %s "$T/empty")" "5 0"
  for scheme in csv raw jsonl; do
    run_omni run "$T/three.txt" -t "$scheme:$T/shared/lake" --rate 0
    is "and the folder of $scheme:" "$RC $(find "$T/folder" -mindepth 1 | wc -l)" "5 0"
  done
  mkfifo "$T/shared/pipe"
  chown 65534 "$T/shared/pipe"
  run_omni run "$T/three.txt" -t "$T/three.db" --rate 0 -e "$T/shared/pipe"
  is "nor is a pipe of another user's written to" "$RC" 2

  # A journal beside a database is played back into it.
  run_omni run "$T/three.txt" -t "$T/shared/ours.db" --rate 0
  is "a database of our own in that folder is fine" "$RC" 0
  for end in journal wal shm; do
    echo "not ours" >"$T/shared/ours.db-$end"
    chown 65534 "$T/shared/ours.db-$end"
    run_omni run "$T/three.txt" -t "$T/shared/ours.db" --rate 0 --refetch
    is "another user's -$end beside it is not believed" "$RC $(cat "$T/shared/ours.db-$end" 2>&1)" "5 not ours"
    rm -f "$T/shared/ours.db-$end"
  done
  ln -s "$T/shared/ours.db" "$T/link.db"
  echo "not ours" >"$T/shared/ours.db-journal"
  chown 65534 "$T/shared/ours.db-journal"
  run_omni run "$T/three.txt" -t "$T/link.db" --rate 0 --refetch
  is "nor beside what a link of our own points to" "$RC" 5
  rm -f "$T/shared/ours.db-journal"
  run_omni run "$T/three.txt" -t "$T/link.db" --rate 0 --refetch
  is "without it the link is followed" "$RC $(readlink "$T/link.db")" "0 $T/shared/ours.db"
  # SQLite itself follows no link for a journal.
  ln -s "$T/precious" "$T/shared/ours.db-journal"
  run_omni run "$T/three.txt" -t "$T/shared/ours.db" --rate 0 --refetch
  is "a journal that is a link is not followed" "$(cat "$T/precious")" precious
  rm -f "$T/shared/ours.db-journal"
fi

# --- the request window ---
window=$(find "$T/state/omni-export" -type f)
echo precious >"$T/precious"
for how in -s ''; do
  rm -f "$window"
  ln $how "$T/precious" "$window"
  run_omni run "$T/three.txt" -t "$T/three.db" --refetch
  is "a window that is a ${how:+symbolic }link${how:-, a second name} is made anew" "$RC $(cat "$T/precious") $(stat -c '%h %a %F' "$window")" "0 precious 1 600 regular file"
done
finish
