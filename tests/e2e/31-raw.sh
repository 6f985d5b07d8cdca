#!/bin/bash
# The sink raw: from outside: the very bytes, the manifest, what replaces what, and that nothing is ever half there.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"

body() { zstd -dcq "$1/$(job "$2" | cut -c1-2)/$(job "$2").json.zst"; }

printf '{"message":"caf\\u00e9 \xc3\xa9",  "actions":[ ],\n"x":1}\r\n' >"$T/exact.json"
{ printf '{"message":"'; head -c 300000 /dev/urandom | base64 -w 0; printf '"}'; } >"$T/large.json"
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"file":"exact.json"}}
{"job":"$(job 2)","result":{"file":"large.json"}}
{"job":"$(job 3)","result":{"status":404,"envelope":"published","message":"Job not found"}}
{"job":"$(job 9)","result":{"json":{"message":"m"},"stall_after":3}}
SCRIPT
{ job 1; job 2; } >"$T/jobs.txt"
{ cat "$T/jobs.txt"; job 3; } >"$T/three.txt"
run_omni run "$T/three.txt" -t "raw:$T/a" --rate 0
is "stored, but for one that is not there" "$RC" 4
check "the very bytes" cmp <(body "$T/a" 1) "$T/exact.json"
check "of a large one too" cmp <(body "$T/a" 2) "$T/large.json"
is "their digest is in the manifest" "$(of "$T/a" 2 "line ->> 'body_sha256', line ->> 'body_bytes'")" \
  "$(sha256sum <"$T/large.json" | cut -d' ' -f1)|$(stat -c %s "$T/large.json")"
is "the first line says what it is" "$(head -n 1 "$T/a/manifest.jsonl")" '{"format":"omni-export manifest","version":1,"sink":"raw"}'
is "the ledger" "$(of "$T/a" 3 "line ->> 'state', line ->> 'http_status', line ->> 'files', line ->> 'error'")" "not_found|404|[]|HTTP 404: Job not found"
is "where a body lies" "$(of "$T/a" 1 "line ->> 'files'")" "[\"00/$(job 1).json.zst\"]"
is "every line is JSON" "$(while read -r line; do printf '%s' "$line" >"$T/one" && sql :memory: "SELECT json_valid(readfile('$T/one') || '')"; done <"$T/a/manifest.jsonl" | sort | uniq -c | tr -s ' ')" " 4 1"
is "modes" "$(find "$T/a" -printf '%y%m\n' | sort -u | tr '\n' ' ')" "d700 f600 "
before=$(find "$T/a" -type f -exec sha256sum {} + | sort)
asked=$(server_count /result)
run_omni run "$T/jobs.txt" -t "raw:$T/a" --rate 0
is "running again changes nothing" "$RC $(find "$T/a" -type f -exec sha256sum {} + | sort)" "0 $before"
is "and asks nothing" "$(server_count /result)" "$asked"
run_omni run "$T/jobs.txt" -t "raw:$T/mode" --rate 0 --file-mode 0640 --no-raw
is "--file-mode; --no-raw is about databases" "$RC $(find "$T/mode" -printf '%y%m\n' | sort -u | tr '\n' ' ')" "0 d750 f640 "
flat_refusals raw
mkdir "$T/linked" "$T/away"
ln -s "$T/away" "$T/linked/00"
run_omni run "$T/jobs.txt" -t "raw:$T/linked" --rate 0
is "a link in the place of a folder" "$RC $(find "$T/away" -type f | wc -l)" "5 0"
rm "$T/linked/00"
run_omni run "$T/jobs.txt" -t "raw:$T/linked" --rate 0
check "without it all is well" cmp <(body "$T/linked" 1) "$T/exact.json"
rm "$T/linked/00/$(job 1).json.zst"
echo precious >"$T/away/precious"
ln -s "$T/away/precious" "$T/linked/00/$(job 1).json.zst"
run_omni run "$T/jobs.txt" -t "raw:$T/linked" --rate 0 --refetch
check "a link in the place of a file is replaced" test ! -L "$T/linked/00/$(job 1).json.zst"
is "what it pointed to is left alone" "$(cat "$T/away/precious")" precious
t_stop_server

# --- only a result replaces a result ---
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"json":{"message":"first"}},{"status":410},{"json":{"message":"second"}}]}
{"job":"$(job 2)","result":[{"body":"odd"},{"body":"odd"},{"status":404,"envelope":"published","message":"Result is no longer available"},{"json":{"message":"late"}}]}
SCRIPT
run_omni run "$T/jobs.txt" -t "raw:$T/r" --rate 0 --retry-wait 0
is "an unreadable body" "$RC $(zstd -dcq "$T/r/unreadable/$(job 2).json.zst")" "3 odd"
is "in the manifest" "$(of "$T/r" 2 "line ->> 'state', line ->> 'files'")" "unreadable|[\"unreadable/$(job 2).json.zst\"]"
run_omni run "$T/jobs.txt" -t "raw:$T/r" --rate 0 --refetch
is "what is stored stays" "$(body "$T/r" 1) $(of "$T/r" 1 "line ->> 'state', line ->> 'error' IS NOT NULL")" '{"message":"first"} stored|1'
is "expired meanwhile: the unreadable body is still there" "$(of "$T/r" 2 "line ->> 'state'") $(zstd -dcq "$T/r/unreadable/$(job 2).json.zst")" "expired odd"
run_omni run "$T/jobs.txt" -t "raw:$T/r" --rate 0 --refetch --retry-lost
is "a result replaces both" "$RC $(body "$T/r" 1)$(body "$T/r" 2) $(find "$T/r/unreadable" -type f | wc -l)" '0 {"message":"second"}{"message":"late"} 0'
is "superseded lines are dropped at opening" "$(for i in 1 2 3; do run_omni run "$T/jobs.txt" -t "raw:$T/r" --rate 0 --refetch; done; wc -l <"$T/r/manifest.jsonl") $(of "$T/r" 1 "line ->> 'attempts'")" "5 5"
t_stop_server

# --- a disk that is full ---
{ printf '{"message":"'; head -c 900000 /dev/urandom | base64 -w 0; printf '"}'; } >"$T/large.json"
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"file":"exact.json"}}
{"job":"$(job 2)","result":{"file":"large.json"}}
SCRIPT
cp "$T/jobs.txt" "$T/order.txt"
flat_full raw
t_stop_server

finish
