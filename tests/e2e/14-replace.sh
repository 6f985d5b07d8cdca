#!/bin/bash
# Only a result replaces a result: what is stored stays stored, whatever a later request answers; a new result replaces it whole.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

id=00000001-0000-4000-8000-000000000000
echo $id >"$T/jobs.txt"
csv() { printf '{"json":{"message":"%s","actions":[{"type":"generate_query","result":{"queryName":"q","csvResult":"A\\n%s"}}]}}' "$1" "$2"; }
facts() { # everything that a later answer must not touch
  sql "$T/$1.db" "SELECT state, partial, http_status, message, row_count, body_sha256, stored_at, fetched_at FROM jobs;
    SELECT cells FROM result_rows ORDER BY row_index; SELECT count(*), sum(length(body)) FROM bodies; SELECT count(*) FROM actions"
}

n=0
for answer in \
  '{"status":404,"envelope":"published","message":"Result is no longer available"}' \
  '{"status":404,"envelope":"published","message":"Job not found"}' \
  '{"status":400,"envelope":"published","message":"Invalid job ID"}' \
  '{"status":403,"envelope":"application","message":"Permission denied"}' \
  '{"status":404,"body":"<html>not JSON</html>"}' \
  '{"status":503,"body":"down"}' \
  '{"status":410}' \
  '{"body":"<html>log in</html>"}' \
  '{"body":"{\"half\":"}' \
  '{"redirect":"https://example.org"}' \
  '{"status":404,"envelope":"published","message":"Job results not yet available"}'; do
  n=$((n + 1))
  t_start_server - <<SCRIPT
{"job":"$id","result":[$(csv first '1\n2\n3\n'),$answer],"state":["EXECUTING","FAILED"]}
SCRIPT
  run_omni run "$T/jobs.txt" -t "$T/$n.db" --rate 0
  before=$(facts $n)
  run_omni run "$T/jobs.txt" -t "$T/$n.db" --rate 0 --retry-wait 0 --retries 1 --refetch
  is "after $answer: what is stored stays" "$(facts $n)" "$before"
  like "the answer goes to jobs.error" "$(sql "$T/$n.db" "SELECT error FROM jobs")" .
  t_stop_server
done

# --refetch: a new result replaces the old one, whole, and once.
t_start_server - <<SCRIPT
{"job":"$id","result":[$(csv first '1\n2\n3\n'),{"status":410},$(csv second '9\n')]}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/r.db" --rate 0
run_omni run "$T/jobs.txt" -t "$T/r.db" --rate 0 --refetch
run_omni run "$T/jobs.txt" -t "$T/r.db" --rate 0 --refetch
is "the new rows alone" "$RC $(sql "$T/r.db" "SELECT group_concat(cells), count(*) FROM result_rows")" '0 ["9"]|1'
is "the new message, no error" "$(sql "$T/r.db" "SELECT message, error IS NULL FROM jobs")" "second|1"
is "one body" "$(sql "$T/r.db" "SELECT count(*) FROM bodies")" 1
is "nothing is left of the old rows" "$(sql "$T/r.db" "SELECT count(*) FROM results")" 1
t_stop_server

# An unreadable body that is kept stays kept, until a result comes.
t_start_server - <<SCRIPT
{"job":"$id","result":[{"body":"odd"},{"body":"odd"},{"status":404,"envelope":"published","message":"Result is no longer available"},$(csv late '5\n')]}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/u.db" --rate 0 --retry-wait 0 --no-raw
is "kept, also with --no-raw" "$RC $(sql "$T/u.db" "SELECT state, body_bytes, (SELECT count(*) FROM bodies) FROM jobs")" "3 unreadable|3|1"
run_omni run "$T/jobs.txt" -t "$T/u.db" --rate 0
is "expired meanwhile: the body is still there" "$RC $(sql "$T/u.db" "SELECT state, body_bytes, (SELECT count(*) FROM bodies) FROM jobs")" "4 expired|3|1"
run_omni run "$T/jobs.txt" -t "$T/u.db" --rate 0 --retry-lost --no-raw
is "a result replaces it" "$RC $(sql "$T/u.db" "SELECT state, message, (SELECT count(*) FROM bodies) FROM jobs")" "0 stored|late|0"
t_stop_server

# A partial job is asked for again until it is settled or expired.
partial='{"json":{"message":"p","actions":[{"type":"generate_query","status":"pending","timestamp":"2026-01-01T00:00:00Z"}]}}'
whole='{"json":{"message":"w","actions":[{"type":"generate_query","status":"complete"}]}}'
printf '{"jobId":"%s","completed_at":"%s"}\n' $id "$(date -u -d '-1 day' +%FT%TZ)" >"$T/partial.jsonl"
t_start_server - <<SCRIPT
{"job":"$id","result":[$partial,{"status":503},$partial,$whole]}
SCRIPT
for expected in "stored|p|1" "stored|p|1" "stored|p|1" "stored|w|0" "stored|w|0"; do
  run_omni run "$T/partial.jsonl" -t "$T/p.db" --rate 0 --retries 0
  is "partial: $expected" "$(sql "$T/p.db" "SELECT state, message, partial FROM jobs")" "$expected"
done
is "settled is not asked for again" "$(server_count /result)" 4
t_stop_server
t_start_server - <<SCRIPT
{"job":"$id","result":[$partial,{"status":404,"envelope":"published","message":"Result is no longer available"}]}
SCRIPT
for i in 1 2 3; do run_omni run "$T/partial.jsonl" -t "$T/q.db" --rate 0; done
is "a partial job that expired stays as it is, and is not asked for a third time" \
  "$(sql "$T/q.db" "SELECT state, message, partial FROM jobs") $(server_count /result) $RC" "stored|p|1 2 0"
finish
