#!/bin/bash
# What is logged: one event a line, in JSON and in text; each request with -v; priorities where standard error is the journal.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"status":503,"body":"busy"},{"json":{"message":"m"}}]}
{"job":"$(job 2)","result":{"status":404,"envelope":"application","message":"Job not found"}}
{"job":"$(job 3)","state":"EXECUTING","result":{"status":404,"message":"Result is not yet available","envelope":"published"}}
{"job":"$(job 4)","result":{"body":"{"}}
SCRIPT
for i in 1 2 3 4; do job "$i"; done >"$T/jobs.txt"
ID='[0-9a-f-]{36}'
go() { rm -rf "$T"/a.db*; run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0 --concurrency 1 "$@"; }

# --- each request ---
go -v
is "-v: as many lines as requests" "$(grep -cE "^omni-export: $ID: GET /v1/ai/jobs/$ID(/result)?, attempt [1-9], [0-9]+ bytes in [0-9]+\.[0-9]{3} s: HTTP [0-9]{3}" "$T/err") $(grep -c ': GET ' "$T/err")" \
  "$(server_count '/v1/ai/jobs/') $(server_count '/v1/ai/jobs/')"
request() { grep ": GET /v1/ai/jobs/$(job "$1")$2" "$T/err" | sed -E 's/ in [0-9.]+ s:/ in TIME:/; s/.*: GET/GET/; s/again in [0-9.]+ s/again in TIME/'; }
is "one that is tried again, and works" "$(request 1 /result)" "GET /v1/ai/jobs/$(job 1)/result, attempt 1, 4 bytes in TIME: HTTP 503: busy; again in TIME
GET /v1/ai/jobs/$(job 1)/result, attempt 2, 15 bytes in TIME: HTTP 200"
like "a status look-up counts as an attempt of its job" "$(request 3 ,)" "^GET /v1/ai/jobs/$(job 3), attempt 2, [0-9]+ bytes in TIME: HTTP 200: the job is EXECUTING$"
like "a body that is none is named behind its code" "$(request 4 /result | head -n 1)" 'attempt 1, 1 bytes in TIME: HTTP 200: the body is not one whole JSON document: '
go
is "without -v: none" "$(grep -c ': GET ' "$T/err")" 0

# --- the journal: descriptor 2 is what JOURNAL_STREAM names ---
: >"$T/err"
stream=$(stat -c %d:%i "$T/err")
shape() { sed -E "s/$ID/ID/g; s/^((<[0-9]>)?(omni-export: )?(error|warning): |(<[0-9]>)?(omni-export: )?ID: [A-Z_a-z]+|.*).*/\1/" "$T/err" | sort | uniq -c | sed -E 's/^ +[0-9]+ //'; }
OMNI_SETTINGS=("JOURNAL_STREAM=$stream")
go -v
is "the journal: each line has its priority, and not the program's name" "$(shape)" "<3>error: 
<4>warning: 
<6>ID: pending
<7>ID: GET"
go -v --log-format json
is "in JSON too" "$(grep -vcE '^<[3467]>\{"time":.*\}$' "$T/err") $(sed -E 's/^(<.>).*"level":"([a-z]+)".*/\1\2/' "$T/err" | sort -u | tr '\n' ' ')" "0 <3>error <4>warning <6>info <7>debug "
run_omni run --no-such-option
like "also before the options are known" "$(cat "$T/err")" '^<3>error: '
OMNI_SETTINGS=()
go -v
plain=$(shape)
is "no journal: the program's name and the level, and no priority" "$plain" "omni-export: ID: GET
omni-export: ID: pending
omni-export: error: 
omni-export: warning: "
while IFS='|' read -r name other; do
  OMNI_SETTINGS=("JOURNAL_STREAM=$other")
  run_omni run --no-such-option
  like "not descriptor 2: $name" "$(cat "$T/err")" '^omni-export: error: '
done <<LIST
another device|$((${stream%%:*} + 1)):${stream#*:}
another inode|${stream%%:*}:$((${stream#*:} + 1))
more behind it|$stream:1
half of it|${stream%%:*}
nothing|
nonsense|journal
LIST
finish
