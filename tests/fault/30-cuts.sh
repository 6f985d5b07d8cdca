#!/bin/bash
# A small result, cut at any byte of what goes over the wire (OMNI_EXHAUSTIVE=1: at every one): status line, headers, chunk sizes, body, trailers; with a
# length, in chunks, ended by the close; plain and compressed; by an end of the connection, and by a reset. What was cut
# is never stored for a success, and the next run, with a server in order, stores it exactly.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

# Bytes from one cut to the next, from one reset to the next. Around the ends of headers and body it is always each byte.
cuts=${OMNI_EXHAUSTIVE:+1} resets=${OMNI_EXHAUSTIVE:+1}
cuts=${cuts:-9} resets=${resets:-41}

printf '%s \n' '{"message":"caf\u00e9 \ud83d\ude00 naïve","actions":[{"type":"generate_query","timestamp":"2026-01-02T03:04:05Z","result":{"queryName":"q","status":"success","csvResult":"A,B\n1,\"x \"\"y\"\"\"\n22,\"l\r\nm\"\n"}}],"topic":"t"}' >"$T/body"
json=$(($(stat -c %s "$T/body") - 2)) # the document ends so far; a blank and a line end follow
gzip -9n <"$T/body" >"$T/body.gz"

# wire TRANSFER CODING: the answer as it goes over the wire, in $T/wire; HEAD: the bytes of it before the body.
wire() {
	local body=$T/body extra='' n at=0 size=37
	[ "$2" = plain ] || { body=$T/body.gz extra=$'Content-Encoding: gzip\r\n'; }
	n=$(stat -c %s "$body")
	case $1 in
	length) extra+="Content-Length: $n"$'\r\n' ;;
	chunked) extra+=$'Transfer-Encoding: chunked\r\n' ;;
	close) extra+=$'Connection: close\r\n' ;;
	esac
	printf 'HTTP/1.1 200 OK\r\n%s\r\n' "$extra" >"$T/wire"
	HEAD=$(stat -c %s "$T/wire")
	if [ "$1" != chunked ]; then
		cat "$body" >>"$T/wire"
		return
	fi
	for ((; at < n; at += size)); do
		printf '%x;x=y\r\n' $((n - at < size ? n - at : size)) >>"$T/wire"
		tail -c +$((at + 1)) "$body" | head -c $size >>"$T/wire"
		printf '\r\n' >>"$T/wire"
	done
	printf '0\r\nX-Trailer: t\r\n\r\n' >>"$T/wire"
}

# Jobs KKKKKKKK-TTTT-4000-8000-00000000000R: cut after K bytes, of the kind T, with a reset or not.
kinds="length,plain length,gzip chunked,plain chunked,gzip close,plain close,gzip"
kind=0
for name in $kinds; do
	kind=$((kind + 1))
	wire "${name%,*}" "${name#*,}"
	cp "$T/wire" "$T/wire-$kind"
	HEADS[kind]=$HEAD
	awk -v kind=$kind -v all="$(stat -c %s "$T/wire")" -v head="$HEAD" -v cuts="$cuts" -v resets="$resets" 'BEGIN {
		for (k = 0; k < all; k++) {
			if ((k + kind) % cuts && k % resets && (k < head - 5 || k > head + 1) && k < all - 14)
				continue
			for (reset = 0; reset <= (k % resets == 0); reset++) {
				id = sprintf("%08d-%04d-4000-8000-%012d", k, kind, reset)
				printf "{\"job\":\"%s\",\"result\":{\"wire\":true,\"file\":\"wire-%d\",\"%s_after\":%d}}\n",
					id, kind, reset ? "reset" : "cut", k
				print id >"/dev/stderr"
			}
		}
	}' >>"$T/cuts.script" 2>>"$T/jobs.txt"
done
awk 'NR % 29 == 0' "$T/jobs.txt" >"$T/some.txt"
diag "$(wc -l <"$T/jobs.txt") cuts"

flat=(-t "raw:$T/raw" -t "jsonl:$T/jsonl?compress=none" -t "csv:$T/csv")
fast=(-q --rate 0 --concurrency 32 --retry-wait 0)
t_start_server "$T/cuts.script"
run_omni run "$T/jobs.txt" -t "$T/a.db" "${fast[@]}" --retries 1
is "jobs are missing, says the run" "$RC" 3
run_omni run "$T/some.txt" "${flat[@]}" "${fast[@]}" --retries 1
is "the same with the sinks made of files" "$RC" 3
t_stop_server

# count CONDITION: the states of the jobs of which it holds, with their numbers.
count() {
	sql "$T/a.db" "WITH j AS (SELECT *, CAST(substr(job_id, 1, 8) AS INT) AS k, CAST(substr(job_id, 10, 4) AS INT) AS kind,
		CAST(substr(job_id, 36, 1) AS INT) AS reset FROM jobs)
		SELECT group_concat(state || ' ' || n, ', ') FROM (SELECT state, count(*) AS n FROM j WHERE $1 GROUP BY state)"
}
# were FROM TO: how many cuts, not resets, of this kind there were from byte FROM on, up to TO.
were() {
	awk -F- -v kind="$kind" -v from="$1" -v to="$2" '$2 + 0 == kind && $5 + 0 == 0 && $1 + 0 >= from && $1 + 0 < to { n++ } END { print n + 0 }' "$T/jobs.txt"
}
kind=0
for name in $kinds; do
	kind=$((kind + 1))
	head=${HEADS[kind]} all=$(stat -c %s "$T/wire-$kind")
	# Within the headers nothing was said yet, whatever a library makes of it. A reset is never an end.
	is "$name: cut in the headers" "$(count "kind = $kind AND k < $head AND NOT reset")" "failed $(were 0 "$head")"
	is "$name: a reset anywhere" "$(count "kind = $kind AND reset AND state <> 'failed'")" ""
	case $name in
	close,plain)
		is "$name: a part, twice the same" "$(count "kind = $kind AND k >= $head AND k - $head < $json AND NOT reset")" "unreadable $(were "$head" $((head + json)))"
		is "$name: whole but for its last blanks" "$(count "kind = $kind AND k - $head >= $json AND NOT reset")" "stored 2"
		;;
	close,gzip)
		# Of a compressed body the last bytes are a checksum, which is missed or not. What was stored is looked at below.
		is "$name: a part" "$(count "kind = $kind AND k >= $head AND k < $all - 12 AND NOT reset AND state NOT IN ('failed', 'unreadable')")" ""
		;;
	chunked,*)
		is "$name: a part" "$(count "kind = $kind AND k >= $head AND k < $all - 4 AND NOT reset")" "failed $(were "$head" $((all - 4)))"
		;;
	length,*)
		is "$name: a part" "$(count "kind = $kind AND k >= $head AND NOT reset")" "failed $(were "$head" "$all")"
		;;
	esac
done
is "of what is not stored there is not a row" \
	"$(sql "$T/a.db" "SELECT (SELECT count(*) FROM actions WHERE job_id NOT IN (SELECT job_id FROM jobs WHERE state = 'stored')),
		(SELECT count(*) FROM results WHERE job_id NOT IN (SELECT job_id FROM jobs WHERE state = 'stored'))")" "0|0"
like "what was missed is said" "$(sql "$T/a.db" "SELECT group_concat(DISTINCT error) FROM jobs WHERE job_id LIKE '00000030-%'")" 'ended within the headers'

# The next run.
t_start_server - <<SCRIPT
{"job":"*","result":{"file":"body"}}
SCRIPT
cp "$T/jobs.txt" "$T/again.txt"
run_omni run "$T/again.txt" -t "$T/a.db" "${fast[@]}"
is "the next run stores them all" "$RC $(count 1)" "0 stored $(wc -l <"$T/jobs.txt")"
run_omni run "$T/some.txt" "${flat[@]}" "${fast[@]}"
is "in every sink" "$RC $(for s in raw jsonl csv; do tac "$T/$s/manifest.jsonl" | awk -F'"job_id":"' '{ id = substr($2, 1, 36) } !seen[id]++' |
	grep -c '"state":"stored"'; done | sort -u)" "0 $(wc -l <"$T/some.txt")"
t_stop_server
is "exactly" "$(sql "$T/a.db" "SELECT DISTINCT message, topic, row_count FROM jobs"; sql "$T/a.db" "SELECT DISTINCT row_index, cells FROM result_rows ORDER BY 1")" \
	"$(printf 'café 😀 naïve|t|2\n0|["1","x \\"y\\""]\n1|["22","l\\r\\nm"]')"
is "each once" "$(sql "$T/a.db" "SELECT count(*) = 2 * (SELECT count(*) FROM jobs) FROM result_rows")" 1
finish
