#!/bin/bash
# Very much of one thing: one string wherever a string may stand; elements, members, actions, results, columns, rows, empty
# rows, levels, digits, blanks. Each is stored as the man page says (what is longer than 16 MiB is cut, a CSV becomes
# rows), or refused with the reason, its body kept; and all in little memory. OMNI_EXHAUSTIVE=1: strings of 1 GB.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

exhaustive=${OMNI_EXHAUSTIVE:-}
units=2100000 # of 8 bytes: beyond the 16 MiB of a text value
results=2000  # each of them a file in csv:DIR
actions=100000
rows=200000
[ -z "$exhaustive" ] || units=125000000 results=100000 actions=990000 rows=1000000
MAX=$((16 << 20))
measured=1
if ! [ -x "${TIME_PROGRAM:=/usr/bin/time}" ] || nm -D "$OMNI" 2>/dev/null | grep -q '__asan_init\|__ubsan_handle'; then
	measured= # a sanitizer takes memory of its own
fi

n=0
# job STATE MIB NAME ANSWER SQL EXPECTED: what becomes of a job with this answer, in how much memory; SQL: what the database
# then says of it, where j is its ID.
job() {
	n=$((n + 1))
	states[n]=$1 limits[n]=$2 names[n]=$3 queries[n]=$5 expected[n]=$6
	printf '{"job":"%08d-0000-4000-8000-000000000000","result":%s}\n' $n "$4" >>"$T/script"
}
quoted() {
	local s=${1//\\/\\\\}
	printf '"%s"' "${s//\"/\\\"}"
}
# again TIMES BEFORE UNIT AFTER: an answer, UNIT so many times between the two.
again() {
	printf '{"before":%s,"body":%s,"repeat":%d,"after":%s}' "$(quoted "$2")" "$(quoted "$3")" "$1" "$(quoted "$4")"
}
of_job='FROM jobs WHERE job_id = j'
of_result='FROM results WHERE job_id = j'
of_rows='FROM result_rows WHERE job_id = j'
result='{"actions":[{"result":{"queryName":"q","csvResult":"'

# One string.
job stored 64 "a message" "$(again $units '{"message":"' abcdefgh '"}')" \
	"SELECT length(message), ltrim(message, 'abcdefgh'), warnings $of_job" "$MAX||[\"'message' was longer than 16 MiB: cut\"]"
job stored 64 "escapes, over every seam" "$(again 880000 '{"message":"x' '\u00e9\ud83d\ude00y' '"}')" \
	"SELECT message = 'x' || replace(hex(zeroblob(880000)), '00', 'é😀y'), warnings $of_job" "1|"
[ -z "$exhaustive" ] || job stored 64 "a topic" "$(again $units '{"topic":"' abcdefgh '"}')" "SELECT length(topic) $of_job" $MAX
job stored 64 "a topic that is a list" "$(again $units '{"topic":["' abcdefgh '"]}')" "SELECT length(topic) $of_job" $((MAX + 4))
job stored 64 "a name of no column" "$(again $units '{"message":"m","' abcdefgh '":[1]}')" \
	"SELECT length(extra), substr(extra, -6) $of_job" "$((MAX + 8))|\":[1]}"
[ -z "$exhaustive" ] || job stored 64 "a value of no column" "$(again $units '{"message":"m","x":{"y":"' abcdefgh '"}}')" \
	"SELECT length(extra ->> '$.x.y') $of_job" $MAX
job stored 64 "the name of a query" "$(again $units '{"actions":[{"result":{"csvResult":"A\n1\n","queryName":"' abcdefgh '"}}]}')" \
	"SELECT length(query_name), row_count $of_result" "$MAX|1"
job stored 192 "a cell" "$(again $units "$result"'A,B\n1,' abcdefgh '\n2,3\n"}}]}')" \
	"SELECT row_index, cells ->> 0, length(cells ->> 1) $of_rows ORDER BY 1" "0|1|$MAX"$'\n'"1|2|1"
job stored 192 "a quoted cell" "$(again $units "$result"'A,B\n1,\"' 'a\"\"\r\n😀' '\"\n2,3\n"}}]}')" \
	"SELECT row_index, cells ->> 0, length(cells ->> 1) > 4 $of_rows ORDER BY 1" "0|1|1"$'\n'"1|2|0"
job stored 192 "a header" "$(again $units "$result" abcdefgh ',B\n1,2\n"}}]}')" "SELECT length(columns ->> 0), row_count $of_result" "$MAX|1"
job stored 32 "a quote that is never closed" "$(again $units "$result"'A\n1\n\"' 'abcd,x\n' '"}}]}')" \
	"SELECT columns IS NULL, row_count, (SELECT warnings LIKE '%a quote that is never closed in row 3%' $of_job) $of_result" "1|0|1"
job stored 192 "a row" "$(again $((units / 4)) "$result"'A\n1\n' ',,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,' '\n"}}]}')" \
	"SELECT columns IS NULL, row_count, (SELECT warnings LIKE '%row 3 is larger than 64 MiB%' $of_job) $of_result" "1|0|1"
job stored 32 "blanks" "$(again $units '{"message":"m",' $'        ' '"topic":"t"}')" "SELECT message, topic, body_bytes $of_job" "m|t|$((units * 8 + 27))"
if [ -n "$exhaustive" ]; then
	job unreadable 160 "a number beyond the largest skeleton" "$(again $units '{"message":"m","x":1' 23456789 '}')" \
		"SELECT error $of_job" "the document has more than 64 MiB outside of its large strings"
fi
job stored 160 "a number" "$(again 2000000 '{"message":"m","x":1' 23456789 '}')" "SELECT length(extra) $of_job" 16000007

# Many.
job stored 64 "empty rows" "$(again $rows "$result"'A' '\n' '"}}]}')" \
	"SELECT row_count, (SELECT count(*) $of_rows AND cells = '[\"\"]'), (SELECT warnings IS NULL $of_job) $of_result" "$((rows - 1))|$((rows - 1))|1"
job stored 64 "elements" "$(again 990000 '{"message":"m","x":[' '0,' '0]}')" "SELECT json_array_length(extra, '$.x') $of_job" 990001
job unreadable 48 "more elements" "$(again 1000000 '{"message":"m","x":[' '0,' '0]}')" \
	"SELECT error, (SELECT count(*) FROM bodies WHERE job_id = j) $of_job" "the JSON document has more than 1000000 values|1"
job stored 100 "members" '{"file":"members"}' "SELECT (SELECT count(*) FROM json_each(extra)), extra ->> 'k490000', warnings $of_job" "490000|490000|"
job stored 128 "the same member" "$(again 490000 '{"message":"m",' '"k":0,' '"k":1}')" "SELECT extra, warnings $of_job" \
	"{\"k\":1}|[\"'k' stands 490001 times, the last one counts\"]"
job unreadable 48 "more members" "$(again 1000000 '{"message":"m",' '"k":0,' '"k":1}')" "SELECT error $of_job" "the JSON document has more than 1000000 values"
job stored 64 "actions" "$(again $actions '{"actions":[' '{},' '{"type":"last"}]}')" \
	"SELECT action_count, (SELECT type FROM actions WHERE job_id = j AND action_index = $actions) $of_job" "$((actions + 1))|last"
job unreadable 48 "a million actions" "$(again 1000000 '{"actions":[' '{},' '{}]}')" "SELECT error $of_job" "the JSON document has more than 1000000 values"
job stored 96 "results" "$(again $results '{"actions":[' '{"result":{"csvResult":"A,B\n1,2"}},' '{}]}')" \
	"SELECT result_count, row_count, (SELECT count(*) $of_rows AND cells = '[\"1\",\"2\"]') $of_job" "$results|$results|$results"
job stored 96 "results that are no CSV" "$(again $results '{"actions":[' '{"result":{"csvResult":"A,B\n\"1"}},' '{}]}')" \
	"SELECT result_count, row_count, json_array_length(warnings), warnings ->> 100 $of_job" "$results|0|101|and $((results - 100)) more"
job stored 32 "columns" '{"file":"columns"}' \
	"SELECT row_count, json_array_length(columns), (SELECT count(*) $of_rows AND json_array_length(cells) = 10000 AND cells ->> 9999 = '10000') $of_result" \
	"50|10000|50"
job unreadable 32 "levels" "$(again 100000 '{"message":"m","x":' '[' '')" "SELECT error LIKE '%nested too deep' $of_job" 1
job unreadable 32 "levels of objects" "$(again 100000 '{"message":"m","x":' '{"k":' '')" "SELECT error LIKE '%nested too deep' $of_job" 1

awk 'BEGIN { printf "{\"message\":\"m\""; for (i = 1; i <= 490000; i++) printf ",\"k%d\":%d", i, i; printf "}" }' >"$T/members"
awk 'BEGIN {
	printf "{\"actions\":[{\"result\":{\"csvResult\":\""
	for (row = 0; row <= 50; row++)
		for (i = 1; i <= 10000; i++) printf "%d%s", i, i < 10000 ? "," : "\\n"
	printf "\"}}]}"
}' >"$T/columns"

flat=(jsonl csv raw)
under=()
if [ -n "$measured" ]; then
	under=(-q -f %M -o "$T/peak" "$OMNI")
	OMNI=$TIME_PROGRAM
fi
t_start_server "$T/script"
for ((i = 1; i <= n; i++)); do
	id=$(printf '%08d-0000-4000-8000-000000000000' $i)
	quoted="'$id'"
	# Beside the database one of the others, in turn; or all.
	also=("${flat[i % 3]}")
	[ -z "$exhaustive" ] || also=("${flat[@]}")
	sinks=(-t "sqlite:$T/a.db")
	for sink in "${also[@]}"; do
		sinks+=(-t "$sink:$T/$sink")
	done
	run_omni "${under[@]}" run "${sinks[@]}" --rate 0 --retry-wait 0 <<<"$id"
	is "${names[i]}: ${states[i]}" "$RC $(sql "$T/a.db" "SELECT state FROM jobs WHERE job_id = '$id'") $(for sink in "${also[@]}"; do
		grep -F "\"$id\"" "$T/$sink/manifest.jsonl" | tail -n 1 | grep -o '"state":"[a-z]*"'; done | sort -u)" \
		"$([ "${states[i]}" = stored ] && echo 0 || echo 3) ${states[i]} \"state\":\"${states[i]}\"" || diag "$(tail -n 3 "$T/err")"
	is "${names[i]}: as it should be" "$(sql "$T/a.db" "${queries[i]//job_id = j/job_id = $quoted}" 2>&1 | head -c 1000)" "${expected[i]}"
	[ -n "$measured" ] || continue
	peak=$(tail -n 1 "$T/peak")
	t_result $((peak > ${limits[i]} * 1024)) "${names[i]}: under ${limits[i]} MiB"
	diag "$((peak / 1024)) MiB"
done
t_stop_server
finish
