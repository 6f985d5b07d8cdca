#!/bin/bash
# 01-server.sh: the test server does what its script says, byte for byte, so that the other tests may rely on it.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

command -v curl >/dev/null || skip_all "curl is not here"

ID=aaaaaaaa-0000-4000-8000-0000000000

# get LAST_TWO_DIGITS [CURL OPTION...]: the result of that job. CODE, CURL_RC, $T/body, $T/headers.
get() {
	local job=$1
	shift
	get_path "/api/v1/ai/jobs/$ID$job/result" "$@"
}

get_path() {
	local path=$1
	shift
	: >"$T/body"
	CODE=$(curl -sS -q --noproxy '*' --max-time 20 -H "Authorization: Bearer $TOKEN" -o "$T/body" -D "$T/headers" \
		-w '%{http_code}' "$@" "$URL$path" 2>"$T/curl.err")
	CURL_RC=$?
}

has_header() { # REGEX
	tr -d '\r' <"$T/headers" | grep -qiE "^$1\$"
}

no_header() {
	! has_header "$1"
}

json_valid() {
	[ "$(sqlite3 :memory: "SELECT json_valid(CAST(readfile('$1') AS TEXT))")" = 1 ]
}

printf '\0\1\377raw' >"$T/bytes.bin"
head -c 3000000 /dev/zero | tr '\0' 'x' >"$T/large.txt"
cat >"$T/server.script" <<EOF
# every behaviour, one job each
{"job": "${ID}01", "result": [{"status": 503}, {"status": 404, "envelope": "application", "message": "no \"luck\""},
                              {"json": {"message": "ok", "at": "now-2d"}}], "completed_at": "2026-01-02T03:04:05Z"}

{"conversation": "older", "name": "O", "user": "u2", "updated_at": "now-2h", "messages": [{"role": "user", "timestamp": "now-2h"}]}
{"conversation": "newer", "user": "u1", "updated_at": "now-1h", "answer": [{"made": true}, {"status": 404, "envelope": "application", "message": "Conversation not found"}]}
{"conversations": [{"status": 503}, {"made": true}], "user": "u2"}
{"query": [{"status": 408, "json": {"remaining_job_ids": ["r1"]}}, {"headers": {"Content-Type": "text/csv"}, "body": "A,B\\n1,2\\n"}]}
{"wait": {"json": {"remaining_job_ids": []}}}

{"job": "${ID}02", "result": {"body": "plain\n", "headers": {"Content-Type": "text/plain", "X-Two": "b"}}}
{"job": "${ID}03", "result": {"file": "bytes.bin"}}
{"job": "${ID}04", "result": {"base64": "AAH/cmF3"}}
{"job": "${ID}05", "result": {"body": "0123456789", "repeat": 1000, "before": "<", "after": ">"}}
{"job": "${ID}06", "result": {"file": "large.txt", "encoding": "gzip", "transfer": "chunked"}}
{"job": "${ID}07", "result": {"body": "abcdef", "encoding": "deflate"}}
{"job": "${ID}08", "result": {"body": "0123456789", "transfer": "chunked"}}
{"job": "${ID}09", "result": {"body": "0123456789", "transfer": "close"}}
{"job": "${ID}10", "result": {"body": "0123456789", "cut_after": 4}}
{"job": "${ID}11", "result": {"body": "0123456789", "cut_after": 4, "transfer": "chunked"}}
{"job": "${ID}12", "result": {"body": "0123456789", "cut_after": 4, "transfer": "close"}}
{"job": "${ID}13", "result": {"file": "large.txt", "reset_after": 2000000}}
{"job": "${ID}14", "result": {"body": "0123456789", "reset_in_headers": true}}
{"job": "${ID}15", "result": {"body": "0123456789", "stall_after": 3}}
{"job": "${ID}16", "result": {"body": "late", "delay_ms": 300}}
{"job": "${ID}17", "result": {"status": 429, "headers": {"Retry-After": "7"}}}
{"job": "${ID}18", "result": {"redirect": "https://elsewhere.example/x"}}
{"job": "${ID}19", "result": {"csv_rows": 50000, "csv_cols": 10, "csv_results": 2}}
{"job": "${ID}20", "result": {"csv_rows": 50000, "csv_cols": 10, "csv_results": 2, "encoding": "gzip", "transfer": "length"}}
{"job": "${ID}21", "state": ["QUEUED", "EXECUTING"], "prompt": "Why?"}
{"job": "${ID}22", "state": "FAILED", "error": "no model"}
{"job": "${ID}23", "result": {"status": 500, "envelope": "list", "message": "m"}, "status": {"status": 502, "body": ""}}
{"job": "${ID}24", "result": {"status": 403, "envelope": "auth", "message": "Permission denied"}}
{"job": "${ID}25", "result": {"body": "x", "repeat": 100000000, "encoding": "gzip"}}
{"job": "${ID}26", "result": {"drop": true}}
{"job": "${ID}27", "result": {"file": "large.txt", "encoding": "gzip", "cut_after": 100}}
{"job": "${ID}28", "result": {"body": ""}}
EOF

t_start_server "$T/server.script" --port-file "$T/port"
is "it writes its port" "http://127.0.0.1:$(cat "$T/port")" "$URL"

# --- sequences, bodies ---
get 01
is "the first answer" "$CODE $(cat "$T/body")" "503 "
get 01
is "the second, in the application's envelope" "$CODE $(cat "$T/body")" '404 {"detail":"no \"luck\"","status":404}'
get 01
like "the third, with a relative time" "$CODE $(cat "$T/body")" '^200 \{"message": "ok", "at": "20[0-9-]+T[0-9:.]+Z"\}$'
get 01
is "the last one repeats" "$CODE" 200
get 02
is "a text" "$CODE $(cat "$T/body")" "200 plain"
check "its headers" has_header 'x-two: b'
check "its own content type" has_header 'content-type: text/plain'
get 03
check "a file's bytes" cmp "$T/body" "$T/bytes.bin"
get 04
check "base64 is the same bytes" cmp "$T/body" "$T/bytes.bin"
check "JSON unless said otherwise" has_header 'content-type: application/json.*'
get 05
is "a text repeated between two others" "$(md5sum <"$T/body")" \
	"$({ printf '<'; for ((i = 0; i < 1000; i++)); do printf 0123456789; done; printf '>'; } | md5sum)"
check "with its length" has_header 'content-length: 10002'
get 28
is "an empty body" "$CODE $CURL_RC $(wc -c <"$T/body")" "200 0 0"

# --- encodings, transfers ---
get 06 --compressed
check "gzip gives back the bytes" cmp "$T/body" "$T/large.txt"
check "and says so" has_header 'content-encoding: gzip'
get 07 --compressed
is "deflate gives back the bytes" "$(cat "$T/body")" abcdef
get 08
is "chunked" "$(cat "$T/body")" 0123456789
check "has chunks" has_header 'transfer-encoding: chunked'
check "and no length" no_header 'content-length:.*'
get 09
is "ended by close" "$(cat "$T/body")" 0123456789
check "has no length" no_header 'content-length:.*'
check "nor chunks" no_header 'transfer-encoding:.*'
check "and says close" has_header 'connection: close'
get 19
check "a generated result is JSON" json_valid "$T/body"
is "with the rows asked for" "$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$T/body') AS TEXT),
	'\$.actions[1].result.totalRowCount')")" 50000
cp "$T/body" "$T/generated"
get 20 --compressed
check "the same again, compressed" cmp "$T/body" "$T/generated"
check "with a length when asked for" has_header 'content-length: [0-9]+'
get 25
check "a body that unpacks to a hundred megabytes is small" test "$(wc -c <"$T/body")" -lt 1000000
is "and is a hundred megabytes" "$(gzip -dc "$T/body" | wc -c)" 100000000

# --- faults ---
get 10
is "cut short of its length" "$CURL_RC $(cat "$T/body")" "18 0123"
get 11
is "cut before the last chunk" "$CURL_RC $(cat "$T/body")" "18 0123"
get 12
is "cut where only the close tells" "$CURL_RC $(cat "$T/body")" "0 0123"
get 27
is "cut counts encoded bytes" "$CURL_RC $(wc -c <"$T/body")" "18 100"
get 13
is "a reset, after exactly so many bytes" "$CURL_RC $(wc -c <"$T/body")" "56 2000000"
get 14
is "a reset in the header" "$CURL_RC $CODE" "56 200"
get 26
is "closed without a byte" "$CURL_RC $CODE" "52 000"
get 15 --max-time 0.5
is "silence" "$CURL_RC $(cat "$T/body")" "28 012"
mkfifo "$T/stalled"
curl -sS -q --noproxy '*' -N -H "Authorization: Bearer $TOKEN" "$URL/api/v1/ai/jobs/${ID}15/result" \
	>"$T/stalled" 2>/dev/null {SERVER_IN}>&- &
STALLED=$!
T_PIDS+=("$STALLED")
read -rN 3 got <"$T/stalled"
is "a client that is kept waiting has its bytes" "$got" 012
get 02
is "and does not hold up others" "$CODE" 200
get 16
is "a delay" "$CODE $(cat "$T/body")" "200 late"
get 17
is "a 429" "$CODE" 429
check "with Retry-After" has_header 'retry-after: 7'
get 18
is "a redirect" "$CODE" 302
check "with its Location" has_header 'location: https://elsewhere.example/x'
get 23
is "the list envelope" "$CODE $(cat "$T/body")" '500 {"error":"m","success":false}'
get 24
is "the auth envelope" "$CODE $(cat "$T/body")" '403 {"error":{"code":403,"message":"Permission denied"}}'

# --- jobs, their status, the token ---
get 99
is "a job that is not there" "$CODE $(cat "$T/body")" '404 {"error":"404","message":"Job not found"}'
get xx
is "an ID that is none" "$CODE $(cat "$T/body")" '400 {"error":"400","message":"Invalid job ID"}'
get 21
is "a job without a result" "$CODE $(cat "$T/body")" '404 {"error":"404","message":"Job results not yet available"}'
get_path "/api/v1/ai/jobs/${ID}21"
like "its status" "$CODE $(cat "$T/body")" '^200 .*"id":"'"${ID}21"'","state":"QUEUED","prompt":"Why\?".*"completedAt":null'
get_path "/api/v1/ai/jobs/${ID}21"
like "its next status" "$(cat "$T/body")" '"state":"EXECUTING"'
get_path "/api/v1/ai/jobs/${ID}22"
like "a failed job" "$(cat "$T/body")" '"state":"FAILED".*"message":"no model"'
get_path "/api/v1/ai/jobs/${ID}01"
like "a complete job" "$(cat "$T/body")" '"state":"COMPLETE".*"completedAt":"2026-01-02T03:04:05Z"'
get_path "/api/v1/ai/jobs/${ID}23"
is "a scripted status" "$CODE" 502
get_path /api/v1/whoami
is "whoami" "$CODE" 200
get_path /api/v1/nothing
is "a path that is not there" "$CODE $(cat "$T/body")" '404 {"detail":"Not Found","status":404}'
get_path /v1/whoami
is "outside of the API" "$CODE $(head -c 15 "$T/body")" "404 <!DOCTYPE html>"
get_path /api/v1/whoami -X POST -d hello
is "another method" "$CODE" 405
get_path /api/v1/whoami -I
is "HEAD" "$CODE $CURL_RC" "200 0"
CODE=$(curl -sq --noproxy '*' -o "$T/body" -w '%{http_code}' "$URL/api/v1/whoami")
is "no token" "$CODE $(cat "$T/body")" '401 {"error":"401","message":"Missing or invalid API key"}'
CODE=$(curl -sq --noproxy '*' -o "$T/body" -w '%{http_code}' -H 'Authorization: Bearer omni_osk_x' "$URL/api/v1/whoami")
is "a bad token" "$CODE $(cat "$T/body")" '403 {"error":{"code":403,"message":"Invalid bearer token"}}'
CODE=$(curl -sq --noproxy '*' -o "$T/body" -w '%{http_code}' -H "Authorization: $TOKEN" "$URL/api/v1/whoami")
is "a token without its scheme" "$CODE" 400

# --- the log, the totals ---
is "each request to a job is counted" "$(server_count "\"path\":\"/api/v1/ai/jobs/${ID}01/result\"")" 4
is "with the step of the script" "$(server_count "\"job\":\"${ID}01\",\"request\":4,\"step\":3,\"why\":\"script\"")" 1
is "no key in the log" "$(server_count "$TOKEN")" 0
is "but its digest" "$(server_count "\"authorization\":\"$(printf 'Bearer %s' "$TOKEN" | sha256sum | cut -c1-12)\"")" \
	"$(($(wc -l <"$SERVER_LOG") - $(server_count '"why":"token"')))"
before=$(wc -l <"$SERVER_LOG")
check "three requests" curl -sq --noproxy '*' -H "Authorization: Bearer $TOKEN" "$URL/api/v1/ai/jobs/${ID}02/result" \
	"$URL/api/v1/ai/jobs/${ID}08/result" "$URL/api/v1/ai/jobs/${ID}03/result" -o /dev/null -o /dev/null -o /dev/null
is "share one connection" "$(tail -n +$((before + 1)) "$SERVER_LOG" | grep -o '"connection":[0-9]*' | sort | uniq -c |
	sed 's/^ *//; s/ .*//')" 3
get_path /__stats
like "totals, without a token" "$(cat "$T/body")" "\"requests\":$(wc -l <"$SERVER_LOG"),.*\"${ID}01\":\{\"result\":4,\"status\":1\}"
# Conversations, and queries that are run again.
get_path "/api/v1/ai/conversations?pageSize=1"
like "the first page: the newest activity, and a cursor" "$CODE $(cat "$T/body")" '^200 \{"data":\[\{"id":"newer",.*\}\],"pageInfo":\{"hasNextPage":true,"nextCursor":"[^"]+","pageSize":1,"totalRecords":2\}\}$'
cursor=$(sed 's/.*"nextCursor":"\([^"]*\)".*/\1/' "$T/body")
get_path "/api/v1/ai/conversations" -G -d pageSize=1 --data-urlencode "cursor=$cursor"
like "the second one is the last" "$CODE $(cat "$T/body")" '^200 .*"id":"older","name":"O",.*"hasNextPage":false,"nextCursor":null'
get_path "/api/v1/ai/conversations?pageSize=1&cursor=$cursor"
is "a cursor that is not escaped is none" "$CODE" 400
get_path "/api/v1/ai/conversations?pageSize=101"
is "pages have 100 entries at most" "$CODE" 400
get_path "/api/v1/ai/conversations?userId=u1"
like "one user's" "$CODE $(cat "$T/body")" '^200 .*"id":"newer".*"totalRecords":1'
get_path "/api/v1/ai/conversations?userId=u2"
is "the list of one user is scripted" "$CODE" 503
get_path "/api/v1/ai/conversations?userId=u2"
like "and then made" "$CODE $(cat "$T/body")" '^200 .*"id":"older".*"totalRecords":1'
get_path /api/v1/ai/conversations/older
like "a conversation, with its times" "$CODE $(cat "$T/body")" '^200 \{"id":"older","name":"O","messages":\[\{"role": "user", "timestamp": "2[0-9-]+T[0-9:.]+Z"\}\]\}$'
get_path /api/v1/ai/conversations/newer
is "made first" "$CODE" 200
get_path /api/v1/ai/conversations/newer
is "then deleted" "$CODE" 404
get_path /api/v1/ai/conversations/none
like "one that is not there" "$CODE $(cat "$T/body")" '^404 .*Conversation not found'
get_path /api/v1/query/run
is "a query is posted" "$CODE" 405
get_path /api/v1/query/run --data '{"query":{}}'
like "it takes its time" "$CODE $(cat "$T/body")" '^408 .*remaining_job_ids'
get_path /api/v1/query/wait
like "and can be waited for" "$CODE $(cat "$T/body")" '^200 .*remaining_job_ids'
get_path /api/v1/query/run --data '{"query":{}}'
is "then there is a CSV" "$CODE $(cat "$T/body")" $'200 A,B\n1,2'
is "what was posted is logged" "$(server_count '"posted":"\{\\"query\\":\{\}\}"')" 2

t_stop_server
is "it ends cleanly, with a client still waiting" "$SERVER_RC" 0
like "and ends its log with totals" "$(tail -n 1 "$SERVER_LOG")" '^\{"totals":true,"requests":[0-9]+,.*"statuses":\{"200":'
wait "$STALLED"
t_forget "$STALLED"

# --- the limit, latency, another prefix ---
t_start_server - --limit 3/h --latency 1 --prefix /omni/ --token "other" <<'EOF'
{"job": "*", "result": {"json": {"message": "any"}}}
{"whoami": [{"status": 403, "envelope": "auth", "message": "Invalid bearer token"}, {"status": 200, "json": {}}]}
EOF
for expected in 200 200 200 429 429; do
	get_path "/omni/v1/ai/jobs/${ID}50/result"
	is "request within the limit of three: $expected" "$CODE" "$expected"
done
check "the firewall's header" has_header 'x-omni-waf-action: block'
check "and no Retry-After" no_header 'retry-after:.*'
like "and its page" "$(cat "$T/body")" '^<!DOCTYPE html>'
TOKEN=other get_path /omni/v1/whoami
is "another key has a window of its own; whoami is scripted" "$CODE" 403
TOKEN=other get_path /omni/v1/whoami
is "step by step" "$CODE" 200
get_path /__stats
like "the largest window is known" "$(cat "$T/body")" '"max_in_window":5,"violations":2'
exec {SERVER_IN}>&-
wait "$SERVER_PID"
is "it ends when its standard input does" "$?" 0
t_forget "$SERVER_PID"

# --- TLS ---
if openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$T/key.pem" -out "$T/cert.pem" 2>"$T/openssl.err"; then
	t_start_server "$T/server.script" --tls-cert "$T/cert.pem" --tls-key "$T/key.pem"
	like "says https" "$URL" '^https://'
	get 02 --cacert "$T/cert.pem"
	is "TLS" "$CODE $(cat "$T/body")" "200 plain"
	get 10 --cacert "$T/cert.pem"
	is "cut short over TLS" "$CURL_RC $(cat "$T/body")" "18 0123"
	get 02
	is "a certificate that is not trusted" "$CURL_RC" 60
	t_stop_server
	is "it ends cleanly, too" "$SERVER_RC" 0
else
	skip "TLS" "openssl cannot make a certificate"
fi

# --- scripts that are wrong ---
wrong() { # NAME SCRIPT REGEX
	printf '%s' "$2" >"$T/wrong.script"
	"$TEST_API" "$T/wrong.script" >"$T/wrong.out" 2>&1 </dev/null
	is "$1: exit" $? 2
	like "$1: message" "$(cat "$T/wrong.out")" "^omni-test-api: .*$3"
}
wrong "no JSON" $'# one\n\n{"job": nonsense}\n' 'wrong.script:3: '
wrong "no end" $'{"whoami": {"status": 200},\n' 'wrong.script:1: this object has no end$'
wrong "an error on the second line of an object" $'{"whoami":\n {"status": 1}}' "wrong.script:1: 'status' is not a whole number"
wrong "a key that is not known" '{"whoami": {"state": 200}}' "an answer has no key 'state'"
wrong "two bodies" '{"whoami": {"body": "", "json": {}}}' "'body' and 'json' in one answer"
wrong "two faults" '{"whoami": {"body": "ab", "cut_after": 1, "drop": true}}' "'cut_after' and 'drop' in one answer"
wrong "a cut beyond the end" '{"whoami": {"body": "ab", "cut_after": 2}}' "'cut_after' lies beyond the body of 2 bytes"
wrong "a file that is not there" '{"whoami": {"file": "none"}}' "cannot open .*/none': No such file"
wrong "not base64" '{"whoami": {"base64": "AAA"}}' 'base64 that is cut short'
wrong "two things" '{"whoami": {}, "query": {}}' "a line is about one of 'job', 'conversation'"
wrong "a list twice" $'{"conversations": {}, "user": "u"}\n{"conversations": {}, "user": "u"}' "wrong.script:2: this user's list has a line already"
wrong "no UUID" '{"job": "1", "state": "QUEUED"}' "'job' is not a UUID"
wrong "a job twice" "{\"job\": \"${ID}01\", \"state\": \"QUEUED\"}
{\"job\": \"${ID}01\", \"state\": \"QUEUED\"}" "wrong.script:2: job '${ID}01' has a line already"
wrong "a state that is none" "{\"job\": \"${ID}01\", \"state\": \"DONE\"}" "the API has no state 'DONE'"
wrong "a header that breaks the framing" '{"whoami": {"headers": {"Content-Length": "5"}}}' "cannot send the header 'Content-Length'"
wrong "a header of two lines" '{"whoami": {"headers": {"A": "b\r\nC: d"}}}' "cannot send the header 'A'"
"$TEST_API" >"$T/wrong.out" 2>&1 </dev/null
is "no script at all" "$?" 2
check "--help" "$TEST_API" --help

finish
