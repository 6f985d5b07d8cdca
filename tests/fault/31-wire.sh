#!/bin/bash
# Answers that are no good HTTP, or more of it than anybody needs: lengths and chunk sizes that lie, what follows the
# document, headers without end, codings that break. Nothing but the whole document is ever stored, the run always ends,
# and one bad answer costs its own job alone.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

doc='{"message":"m"}'
gzip -n >"$T/doc.gz" <<<"$doc"
size=$(stat -c %s "$T/doc.gz")
b64() { base64 -w 0; }

# answer EXPECTED NAME JSON: what becomes of a job with this answer.
n=0
: >"$T/script"
answer() {
	n=$((n + 1))
	expected[n]=$1
	names[n]=$2
	printf '{"job":"%08d-0000-4000-8000-000000000000","result":%s}\n' "$n" "$3" >>"$T/script"
	printf '%08d-0000-4000-8000-000000000000\n' "$n" >>"$T/jobs.txt"
}
# wire EXPECTED NAME FORMAT ARG...: the same, of the bytes that printf makes of it.
wire() {
	local want=$1 name=$2
	shift 2
	# shellcheck disable=SC2059 # the format is the point
	answer "$want" "$name" "{\"wire\":true,\"base64\":\"$(printf "$@" | b64)\"}"
}
# gzipped EXPECTED NAME FILE: a compressed body with its true length.
gzipped() {
	answer "$1" "$2" "{\"base64\":\"$(b64 <"$3")\",\"headers\":{\"Content-Encoding\":\"gzip\"}}"
}
# plain EXPECTED NAME FORMAT ARG...: a body that comes whole.
plain() {
	local want=$1 name=$2
	shift 2
	# shellcheck disable=SC2059
	answer "$want" "$name" "{\"base64\":\"$(printf "$@" | b64)\"}"
}
H='HTTP/1.1 200 OK\r\n'
C="${H}Transfer-Encoding: chunked\r\n\r\n"

wire stored "in order" "${H}Content-Length: 15\r\n\r\n%s" "$doc"
wire failed "a length that is too long" "${H}Content-Length: 16\r\n\r\n%s" "$doc"
wire stored "a length beyond all numbers" "${H}Content-Length: 99999999999999999999999999\r\n\r\n%s" "$doc"
wire unreadable "a length that is too short" "${H}Content-Length: 14\r\n\r\n%s" "$doc"
wire stored "more after the length" "${H}Content-Length: 15\r\n\r\n%sgarbage" "$doc"
wire stored "another answer after it" "${H}Content-Length: 15\r\n\r\n%sHTTP/1.1 500 No\r\n\r\n" "$doc"
wire failed "two lengths that differ" "${H}Content-Length: 15\r\nContent-Length: 900\r\n\r\n%s" "$doc"
wire unreadable "no length, no body" "${H}\r\n"
wire unreadable "a length of nothing" "${H}Content-Length: 0\r\n\r\n"
wire failed "a length that is negative" "${H}Content-Length: -15\r\n\r\n%s" "$doc"
wire stored "chunks with extensions and trailers" "${C}5;a=b\r\n{\"mes\r\nA\r\nsage\":\"m\"}\r\n0\r\nX-T: 1\r\n\r\n"
wire failed "a chunk that is longer than it says" "${C}3\r\n{\"mes\r\nA\r\nsage\":\"m\"}\r\n0\r\n\r\n"
wire failed "a chunk that is shorter than it says" "${C}7\r\n{\"mes\r\nA\r\nsage\":\"m\"}\r\n0\r\n\r\n"
wire failed "a chunk size that is none" "${C}zz\r\n%s\r\n0\r\n\r\n" "$doc"
wire failed "a chunk size beyond all numbers" "${C}fffffffffffffffffffff\r\n%s\r\n0\r\n\r\n" "$doc"
wire failed "no last chunk" "${C}F\r\n%s\r\n" "$doc"
wire unreadable "a last chunk too early" "${C}5\r\n{\"mes\r\n0\r\n\r\n"
wire failed "HTTP/0.9" "%s" "$doc"
wire failed "no HTTP at all" 'SSH-2.0-OpenSSH_9.2\r\n'
wire failed "a 1xx and no more" 'HTTP/1.1 100 Continue\r\n\r\n'
wire stored "a 103 before it" "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${H}Content-Length: 15\r\n\r\n%s" "$doc"
wire failed "a 101 that nobody asked for" "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n%s" "$doc"
wire failed "a 204" 'HTTP/1.1 204 No Content\r\n\r\n'
wire failed "a 206 with the whole" "HTTP/1.1 206 Partial Content\r\nContent-Length: 15\r\n\r\n%s" "$doc"
wire failed "a 401 that is cut in its headers" 'HTTP/1.1 401 Unauthorized\r\nContent-Ty'
wire failed "a 404 that is cut in its headers" 'HTTP/1.1 404 Not Found\r\nX: '
wire failed "a status that is no number" "HTTP/1.1 2x0 OK\r\nContent-Length: 15\r\n\r\n%s" "$doc"
wire failed "a NUL in a header" "${H}X: a\\0b\r\nContent-Length: 15\r\n\r\n%s" "$doc"
answer stored "a hundred 1xx" "{\"wire\":true,\"before\":\"\",\"body\":\"HTTP/1.1 102 Processing\\r\\n\\r\\n\",\"repeat\":100,\"after\":\"HTTP/1.1 200 OK\\r\\nContent-Length: 15\\r\\n\\r\\n${doc//\"/\\\"}\"}"
answer failed "a header of a megabyte" "{\"wire\":true,\"before\":\"HTTP/1.1 200 OK\\r\\nX: \",\"body\":\"x\",\"repeat\":1000000,\"after\":\"\\r\\nContent-Length: 15\\r\\n\\r\\n${doc//\"/\\\"}\"}"
answer failed "headers without end" '{"wire":true,"before":"HTTP/1.1 200 OK\r\n","body":"X-Header: value\r\n","repeat":100000000}'

gzipped stored "gzip" "$T/doc.gz"
{ head -c $((size - 8)) "$T/doc.gz"; printf 'XXXX'; tail -c 4 "$T/doc.gz"; } >"$T/crc.gz"
gzipped failed "gzip, a wrong checksum" "$T/crc.gz"
{ head -c 14 "$T/doc.gz"; printf '\377\377\377\377'; tail -c +19 "$T/doc.gz"; } >"$T/bad.gz"
gzipped failed "gzip, broken within" "$T/bad.gz"
{ cat "$T/doc.gz"; printf 'garbage'; } >"$T/more.gz"
gzipped failed "gzip, more after it" "$T/more.gz"
printf '%s' "$doc" >"$T/none.gz"
gzipped failed "gzip that is none" "$T/none.gz"
answer failed "a coding that nobody knows" "{\"json\":$doc,\"headers\":{\"Content-Encoding\":\"x-rot13\"}}"
answer failed "brotli that is none" "{\"json\":$doc,\"headers\":{\"Content-Encoding\":\"br\"}}"
answer failed "zstd that is none" "{\"json\":$doc,\"headers\":{\"Content-Encoding\":\"zstd\"}}"
answer failed "codings without end" "{\"json\":$doc,\"headers\":{\"Content-Encoding\":\"gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip\"}}"
gzip -n <"$T/doc.gz" >"$T/twice.gz"
answer stored "gzip in gzip" "{\"file\":\"twice.gz\",\"headers\":{\"Content-Encoding\":\"gzip, gzip\"}}"

plain unreadable "two documents" '%s%s' "$doc" "$doc"
plain unreadable "two documents on two lines" '%s\n%s\n' "$doc" "$doc"
plain unreadable "a bracket too many" '%s}' "$doc"
plain unreadable "a NUL behind it" '%s\0' "$doc"
plain unreadable "a NUL before it" '\0%s' "$doc"
plain unreadable "a NUL in a string" '{"message":"a\0b"}'
plain unreadable "a form feed behind it" '%s\f' "$doc"
plain unreadable "a no-break space behind it" '%s\302\240' "$doc"
plain unreadable "Latin-1" '{"message":"caf\351"}'
plain unreadable "half a character" '{"message":"caf\303"}'
plain unreadable "a surrogate in UTF-8" '{"message":"\355\240\200"}'
plain unreadable "UTF-16" '\376\377\0{\0"\0m\0"\0:\0001\0}'
plain stored "a lone surrogate's escape" '{"message":"\\ud800"}'
plain stored "a BOM" '\357\273\277%s' "$doc"
plain unreadable "a prefix against hijacking" ")]}',\\\\n%s" "$doc"
plain unreadable "a string alone" '"message"'
plain unreadable "an array" '[%s]' "$doc"

t_start_server "$T/script"
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --concurrency 8 --retry-wait 0 --retries 1 --timeout 5
is "some are missing" "$RC" 3
[ "$RC" = 3 ] || diag "$(grep -a error: "$T/err")"
while IFS='|' read -r i state error; do
	i=$((10#$i))
	is "${names[i]}: ${expected[i]}" "$state" "${expected[i]}" || diag "$error"
done < <(sql "$T/a.db" "SELECT substr(job_id, 1, 8), state, error FROM jobs ORDER BY 1")
is "what is stored is the document" "$(sql "$T/a.db" "SELECT DISTINCT message FROM jobs WHERE state = 'stored' ORDER BY 1")" "$(printf 'm\n\357\277\275')"
is "what breaks in transit is tried again" "$(sql "$T/a.db" "SELECT count(*) FROM jobs WHERE state = 'failed' AND attempts < 2 AND http_status = 200 AND error LIKE 'the %'")" 0
t_stop_server
finish
