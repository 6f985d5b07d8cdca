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

# Strings, as text: what SQLite's reader makes of them, character for character, pairs of surrogates too.
rm -f "$T/script" "$T/jobs.txt"
echo "CREATE TABLE expected (job_id TEXT, json TEXT);" >"$T/expected.sql"
n=0 pair='\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}'
while IFS= read -r value; do
	[[ $value =~ \\x|\\u0000 || $(sed -E "s/$pair//g" <<<"$value") =~ \\u[dD][89a-fA-F] ]] && continue
	n=$((n + 1))
	quoted=${value//\\/\\\\}
	quoted=${quoted//\"/\\\"}
	id=$(printf '%08d-0000-4000-8000-000000000000' $n)
	printf '{"job":"%s","result":{"body":"{\\"message\\":%s}"}}\n' "$id" "$quoted" >>"$T/script"
	printf '%s\n' "$id" >>"$T/jobs.txt"
	printf "INSERT INTO expected VALUES ('%s', '%s');\n" "$id" "${value//\'/\'\'}" >>"$T/expected.sql"
done < <(sed -n -E 's/^y (".*")$/\1/p' "$srcdir/tests/data/json/cases.txt"; printf '%s\n' '"\ud83d\ude00"' '"x\uD834\uDd1Ey\udbff\udfff"' '"\ud800\udc00"')
t_start_server "$T/script"
run_omni run "$T/jobs.txt" -q -t "$T/b.db" --rate 0 --concurrency 8
t_stop_server
sqlite3 -batch "$T/b.db" <"$T/expected.sql"
is "$n strings are stored" "$RC $((n > 20)) $(sql "$T/b.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 1 $n"
is "as text they are what SQLite makes of them" "$(sql "$T/b.db" "SELECT json, hex(message), hex(json ->> '$') FROM expected JOIN jobs USING (job_id) WHERE message IS NOT json ->> '$'")" ""
finish
