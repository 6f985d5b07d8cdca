#!/bin/bash
# What RFC 8259 calls valid (tests/data/json/cases.txt) comes out of the sinks as it went in, wherever it stood: in a field
# that has no column, in a topic, in a query. SQLite's own JSON reader takes it, too.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

n=0
while IFS= read -r line; do
	case $line in
	"y "*) ;;
	*) continue ;;
	esac
	value=${line#y }
	case $value in
	*'\x'* | *'\u0000'* | *'\ud'* | *'\uD'*) continue ;; # the unit test has them: other bytes, and what no sink can store
	' '* | *' ') continue ;;
	esac
	n=$((n + 1))
	quoted=${value//\\/\\\\}
	quoted=${quoted//\"/\\\"}
	id=$(printf '%08d-0000-4000-8000-000000000000' $n)
	printf '{"job":"%s","result":{"body":"{\\"message\\":\\"m\\",\\"x\\":%s,\\"topic\\":[%s],\\"actions\\":[{\\"result\\":{\\"query\\":{\\"f\\":%s}}}]}"}}\n' \
		"$id" "$quoted" "$quoted" "$quoted" >>"$T/script"
	printf '%s\n' "$id" >>"$T/jobs.txt"
	printf '%s|{"x":%s}|[%s]|{"f":%s}\n' "$id" "$value" "$value" "$value" >>"$T/expected"
done <"$srcdir/tests/data/json/cases.txt"

t_start_server "$T/script"
run_omni run "$T/jobs.txt" -q -t "$T/a.db" -t "jsonl:$T/jsonl?compress=none" --rate 0 --concurrency 8
t_stop_server
is "all $n are stored" "$RC $((n > 80))" "0 1"
sql "$T/a.db" "SELECT job_id, jobs.extra, topic, query FROM jobs JOIN results USING (job_id) ORDER BY 1" >"$T/got"
check "as they came, in SQLite" diff "$T/expected" "$T/got"
is "and SQLite reads them" "$(sql "$T/a.db" "SELECT count(*) FROM jobs JOIN results USING (job_id) WHERE json_valid(jobs.extra) AND json_valid(topic) AND json_valid(query)")" $n
cat "$T"/jsonl/jobs/*/*.jsonl >"$T/jobs.jsonl"
while IFS='|' read -r _ extra _; do
	grep -qF -- "\"extra\":$extra" "$T/jobs.jsonl" || printf '%s\n' "$extra"
done <"$T/expected" >"$T/missing"
is "as they came, in JSON Lines" "$(cat "$T/missing")" ""
finish
