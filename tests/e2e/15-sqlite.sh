#!/bin/bash
# The SQLite sink from outside: modes, the lock, schema versions, what a reader sees, what cannot be opened or written.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"csv_rows":20000,"csv_cols":6}}
{"job":"$(job 2)","result":{"body":"{\"message\":\"m\",\"unknown\":{\"deep\":[1,2,{\"x\":\"\\\\u0000\"}]},\"actions\":[{\"type\":\"validate\",\"toolName\":\"t\",\"isError\":true,\"durationMs\":5}]}"}}
{"job":"$(job 3)","result":{"json":{"message":"m"},"stall_after":3}}
SCRIPT
{ job 1; job 2; } >"$T/jobs.txt"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0
is "stored" "$RC" 0
is "0600" "$(stat -c %a "$T/a.db")" 600
is "one file, no journal beside it" "$(cd "$T" && echo a.db*)" "a.db"
is "rows of a large result" "$(sql "$T/a.db" "SELECT count(*), count(DISTINCT row_index), max(row_index) FROM result_rows")" "20000|20000|19999"
is "an integrity check" "$(sql "$T/a.db" "PRAGMA integrity_check")" ok
is "unknown fields are in extra, and no U+0000 is" "$(sql "$T/a.db" "SELECT json_extract(extra, '\$.unknown.deep[2].x') = char(65533) FROM jobs WHERE job_id = '$(job 2)'")" 1
is "an action's" "$(sql "$T/a.db" "SELECT is_error, extra ->> 'toolName', extra ->> 'durationMs' FROM actions WHERE job_id = '$(job 2)'")" "1|t|5"
is "asking for one job reads one job" \
  "$(sql "$T/a.db" "EXPLAIN QUERY PLAN SELECT * FROM result_rows WHERE job_id = 'x'" | grep -c SCAN)" 0
sql "$T/a.db" "SELECT writefile('$T/' || part, body) FROM bodies WHERE job_id = '$(job 1)'" >/dev/null
is "the body's digest" "$(zstd -dc "$T/0" | sha256sum | cut -d' ' -f1)" "$(sql "$T/a.db" "SELECT body_sha256 FROM jobs WHERE job_id = '$(job 1)'")"
is "the runs table" "$(sql "$T/a.db" "SELECT count(*), exit_code, summary ->> 'stored' FROM runs")" "1|0|2"
run_omni run "$T/jobs.txt" -t "$T/mode.db" --rate 0 --file-mode 0640
is "--file-mode" "$(stat -c %a "$T/mode.db")" 640
run_omni run "$T/jobs.txt" -t "$T/noraw.db" --rate 0 --no-raw
is "--no-raw" "$(sql "$T/noraw.db" "SELECT count(*) FROM bodies")" 0
run_omni run "$T/jobs.txt" --to "sqlite:$T/odd name?#%.x" --rate 0
is "a path is a path" "$RC $(test -s "$T/odd name?#%.x" && echo there)" "0 there"

# --- the lock ---
job 3 >"$T/stalls.txt"
start_omni run "$T/stalls.txt" -t "$T/lock.db" --rate 0
holder=$OMNI_PID
until [ "$(server_count "$(job 3)/result")" -gt 0 ] || [ "$(sqlite3 -batch "$T/lock.db" 'SELECT count(*) FROM runs' 2>/dev/null)" = 1 ]; do sleep 0.05; done
run_omni run "$T/jobs.txt" -t "$T/lock.db" --rate 0
is "a second run on the same sink" "$RC" 75
like "says so" "$(cat "$T/err")" "another run holds '.*lock.db'"
run_omni run "$T/jobs.txt" -t "$T/other.db" -t "$T/lock.db" --rate 0
is "one sink of two is held: nothing is done" "$RC $(test -e "$T/other.db" && echo made)" "75 "
is "a reader is not kept out" "$(sql "$T/lock.db" 'SELECT count(*) FROM jobs')" 0
kill -KILL "$holder"
wait "$holder" 2>/dev/null
t_forget "$holder"
run_omni run "$T/jobs.txt" -t "$T/lock.db" --rate 0
is "the lock died with its holder" "$RC" 0

# --- what cannot be opened or written ---
refuse() { # NAME REGEX SINK
  run_omni run "$T/jobs.txt" -t "$3" --rate 0
  is "$1" "$RC" 5
  like "$1: says so" "$(cat "$T/err")" "$2"
}
cp "$T/a.db" "$T/newer.db"
sql "$T/newer.db" "UPDATE schema_version SET version = 99"
before=$(sha256sum <"$T/newer.db")
refuse "a newer schema" '99' "$T/newer.db"
is "a newer schema is left alone" "$(sha256sum <"$T/newer.db")" "$before"
head -c 5000 /dev/urandom >"$T/noise.db"
before=$(sha256sum <"$T/noise.db")
refuse "no database" 'not an SQLite database' "$T/noise.db"
is "no database: left alone" "$(sha256sum <"$T/noise.db")" "$before"
refuse "a folder" 'is not a file' "sqlite:$T"
refuse "a folder that is not there" 'No such file' "$T/nowhere/a.db"
run_omni run "$T/jobs.txt" -t "mysql:x" --rate 0
is "an unknown sink is bad usage" "$RC" 2
like "and the known ones are named" "$(cat "$T/err")" 'sqlite.*null'
run_omni run "$T/jobs.txt" -t "$T/a.db" -t "sqlite:$T/a.db" --rate 0
is "the same sink twice is bad usage" "$RC" 2

# --- a disk that is full in mid-run: what was committed stays, the rest is left for the next run ---
if ! mkdir "$T/small" || ! mount -t tmpfs -o size=1m tmpfs "$T/small" 2>/dev/null; then
  skip "a full disk" "no tmpfs can be mounted here"
else
  { job 2; job 1; } >"$T/order.txt"
  run_omni run "$T/order.txt" -t "$T/small/a.db" --rate 0 --concurrency 1
  is "a full disk" "$RC" 5
  like "says so" "$(cat "$T/err")" 'full'
  is "the database is whole, without half a job" \
    "$(sql "$T/small/a.db" "PRAGMA integrity_check; SELECT count(*) FROM result_rows")" "ok
0"
  mount -o remount,size=64m "$T/small"
  run_omni run "$T/order.txt" -t "$T/small/a.db" --rate 0
  is "with room again the next run finishes" "$RC $(sql "$T/small/a.db" "SELECT count(*) FROM result_rows")" "0 20000"
  umount "$T/small"
fi
finish
