#!/bin/bash
# RFC 4180 from both ends: cells by chance (a fixed seed) are written as CSV, quoted where they must be or where it pleases,
# with either line end, with or without the last one, whole or truncated into sections, and put into JSON; what the
# program stores is those cells, each in its place.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

jobs=300
[ -z "${OMNI_EXHAUSTIVE:-}" ] || jobs=20000

awk -v jobs=$jobs -v seed=4180 -v expected="$T/expected" '
function any(n) { return int(rand() * n) }
function json(s,    i, c, out) { # the inside of a JSON string
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		out = out (c in escape ? escape[c] : c)
	}
	return out
}
function cell(    s, n) {
	s = ""
	for (n = any(4) ? any(5) : any(60); n > 0; n--)
		s = s alphabet[any(letters)]
	return s
}
function field(s,    q) { # as CSV
	if (s !~ /[",\r\n]/ && any(4))
		return s
	q = s
	gsub(/"/, "\"\"", q)
	return "\"" q "\""
}
function row(cols, first, expect,    c, s, line, cells) {
	line = cells = ""
	for (c = 0; c < cols; c++) {
		s = first && c == 0 ? "h" cell() : cell()
		line = line (c ? "," : "") field(s)
		cells = cells (c ? "," : "") "\"" json(s) "\""
	}
	if (expect != "")
		print expect "|[" cells "]" >expected
	return line
}
BEGIN {
	srand(seed)
	escape["\\"] = "\\\\"; escape["\""] = "\\\""; escape["\n"] = "\\n"; escape["\r"] = "\\r"; escape["\t"] = "\\t"
	letters = split("a b Z 0 9 , , \" \" N N R C S S T ; # \\ / Q = + - é 日 😀 : { [", alphabet, " ")
	alphabet[0] = ","
	for (i = 1; i <= letters; i++) {
		a = alphabet[i]
		alphabet[i] = a == "N" ? "\n" : a == "R" ? "\r" : a == "C" ? "\r\n" : a == "S" ? " " : a == "T" ? "\t" : a == "Q" ? "\047" : a
	}
	split("first middle last", sections, " ")
	for (j = 1; j <= jobs; j++) {
		id = sprintf("%08d-0000-4000-8000-000000000000", j)
		eol = any(2) ? "\n" : "\r\n"
		cols = j % 50 == 0 ? 300 : j % 7 == 0 ? 1 : 2 + any(6)
		truncated = any(3) == 0
		csv = row(cols, 1, "")
		r = 0
		for (s = 1; s <= (truncated ? 3 : 1); s++) {
			n = any(8)
			if (truncated && s == 1) csv = csv eol "# FIRST " n " ROWS:"
			if (truncated && s == 2) csv = csv eol "# SAMPLED " n " ROWS FROM MIDDLE (rows 10-99):"
			if (truncated && s == 3) csv = csv eol "# LAST " n " ROWS:"
			for (k = 0; k < n; k++)
				csv = csv eol row(cols, 0, id "|" r++ "|" (truncated ? sections[s] : ""))
		}
		# An empty cell that is a line of its own is one only if the line ends.
		if (any(2) || (cols == 1 && substr(csv, length(csv)) == "\n"))
			csv = csv eol
		printf "{\"job\":\"%s\",\"result\":{\"json\":{\"actions\":[{\"type\":\"generate_query\",\"result\":{\"csvResultWasTruncated\":%s,\"csvResult\":\"%s\"}}]}}}\n",
			id, truncated ? "true" : "false", json(csv)
		print id >"/dev/stderr"
	}
}' >"$T/script" 2>"$T/jobs.txt"

t_start_server "$T/script"
run_omni run "$T/jobs.txt" -q -t "$T/a.db" -t "jsonl:$T/jsonl?compress=none" --rate 0 --concurrency 8
is "all are stored" "$RC $(sql "$T/a.db" "SELECT count(*), sum(warnings IS NOT NULL) FROM jobs WHERE state = 'stored'")" "0 $jobs|0"
t_stop_server
sql "$T/a.db" "SELECT job_id, row_index, coalesce(section, ''), json(cells) FROM result_rows ORDER BY job_id, row_index" >"$T/got"
diag "$(wc -l <"$T/expected") rows"
check "every cell, in SQLite" cmp "$T/got" "$T/expected"
cat "$T"/jsonl/result_rows/*/*.jsonl >"$T/rows.jsonl"
sqlite3 -batch -noheader :memory: "CREATE TABLE t (line)" ".mode ascii" '.separator "\037" "\n"' ".import '$T/rows.jsonl' t" \
	'.separator "|" "\n"' "SELECT line ->> 'job_id', line ->> 'row_index', coalesce(line ->> 'section', ''), line -> 'cells' FROM t ORDER BY 1, 2" >"$T/got.jsonl"
check "every cell, in JSON Lines" cmp "$T/got.jsonl" "$T/expected"
finish
