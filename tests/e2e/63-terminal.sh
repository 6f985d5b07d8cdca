#!/bin/bash
# Whatever comes from outside reaches a terminal, a log and a file for people so that it can be seen and does nothing.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

# An escape sequence, C1, DEL, bidi, zero width, separators, tags, a soft hyphen; as JSON, and as bytes with some that are no UTF-8.
nasty_json='\u001b]0;owned\u0007\u001b[2J\u009b31m\u007f\u202ered\u2066\u200b\u200d\ufeff\u2028\u2060\u2064\u180e\u00ad\ufff9\udb40\udc41\r\n\tomni-export: error: forged'
nasty=$(printf '\033]0;owned\a\033[2J\302\23331m\177\342\200\256red\342\201\246\342\200\213\357\273\277\342\200\250\302\255\363\240\201\201\377\300\200\355\240\200\r\tforged')
# harmless FILE...: the lines in which a terminal would find something to obey, or an eye nothing to see; tabs are for error files.
harmful() { perl -CSD -ne 'print if /[\x00-\x08\x0b-\x1f\x7f-\x9f\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffb}\x{fffd}\x{e0000}-\x{e0fff}]/' "$@" 2>&1 | cat -v; }
is "the check sees what it looks for" "$(printf '%s\n' "$nasty" 'a plain line' $'\u202e' $'\u0085' | harmful | wc -l)" 3

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"status":404,"envelope":"application","message":"Job not found $nasty_json"}}
{"job":"$(job 2)","result":{"status":402,"headers":{"Content-Type":"text/plain"},"base64":"$(printf %s "$nasty" | base64 -w0)"}}
{"job":"$(job 3)","result":{"status":302,"headers":{"Location":"https://elsewhere.example/$(printf '\302\205\342\200\256x')"},"body":""}}
{"job":"$(job 4)","result":{"status":404,"message":"Job results not yet available","envelope":"published"},"state":"FAILED","error":"$nasty_json"}
{"job":"$(job 5)","result":{"base64":"$(printf %s "$nasty" | base64 -w0)"}}
{"job":"$(job 6)","result":{"json":{"message":"$nasty_json","topic":"$nasty_json","actions":[{"type":"$nasty_json","message":"$nasty_json","timestamp":"$nasty_json",
  "result":{"queryName":"$nasty_json","status":"success","csvResult":"$nasty_json,b\n1\n1,2,3\n"}}]}}}
{"job":"$(job 7)","result":{"status":410,"envelope":"published","message":"$(printf 'long %.0s' {1..20000})"}}
{"job":"$(job 8)","result":{"status":404,"message":"Job results not yet available","envelope":"published"},"status":{"json":{"state":"$nasty_json"}}}
SCRIPT
for i in $(seq 8); do job "$i"; done >"$T/jobs.txt"
printf 'no ID: %s\n{"jobId":"%s\n{"jobId":"%s"}\n' "$nasty" "$nasty" "$nasty" >>"$T/jobs.txt"
named="$T/in $nasty.txt"
cp "$T/jobs.txt" "$named"

for format in text json; do
  run_omni run "$named" -v --log-format $format --progress always -t "$T/$format.db" -t "csv:$T/$format $nasty" --rate 0 --retry-wait 0 --retries 1 \
    -e "$T/$format.errors" --summary "$T/$format.summary" --metrics "$T/$format.prom"
  is "$format: all has been told" "$RC $(wc -l <"$T/$format.errors")" "4 7"
  is "$format: of the log a terminal obeys nothing" "$(harmful "$T/err")" ""
  is "$format: nor of the error file" "$(harmful "$T/$format.errors")" ""
  is "$format: each of its lines has three fields" "$(awk -F'\t' 'NF != 3' "$T/$format.errors")" ""
  is "$format: nor of the summary and the metrics" "$(harmful "$T/$format.summary" "$T/$format.prom")" ""
  is "$format: no line is forged" "$(grep -c '^omni-export: error: forged\|^forged' "$T/err")" 0
done
is "json: each line is one object" "$(grep -vc '^{.*}$' "$T/err")" 0
like "what was said can be read" "$(cat "$T/text.errors")" 'Job not found \\x1b\]0;owned\\x07\\x1b\[2J\\u\{009b\}31m\\x7f\\u\{202e\}red'
is "no line of the error file is endless" "$(awk 'length > 1000' "$T/text.errors" | wc -l)" 0
is "columns of the metrics are names of ours alone" "$(grep -vcE '^(#|omni_export_[a-z_]+(\{state="[a-z_]+"\})? [0-9.e+]+$)' "$T/text.prom")" 0
is "what is stored is exact" "$(sql "$T/text.db" "SELECT count(*) FROM jobs WHERE job_id = '$(job 6)' AND message LIKE char(27) || ']0;owned' || char(7) || '%' AND topic = message")" 1

# A sink's words may be of the data, or of whoever made the database.
job 6 >"$T/six.txt"
run_omni run "$T/six.txt" -t "$T/words.db" --rate 0
sql "$T/words.db" "CREATE TRIGGER t BEFORE INSERT ON actions BEGIN SELECT raise(ABORT, '$(printf '\033[2J\tx\342\200\256\n00000009-0000-4000-8000-000000000000')'); END"
run_omni run "$T/six.txt" --refetch -t "$T/words.db" --rate 0 -e "$T/words.errors" --summary "$T/words.summary"
is "words of a sink" "$RC $(wc -l <"$T/words.errors") $(awk -F'\t' '{ print NF }' "$T/words.errors") $(harmful "$T/words.errors" "$T/words.summary" "$T/err")" "3 1 3 "

# --- usage ---
told() { # NAME CODE ARGS...
  local name=$1 code=$2
  shift 2
  run_omni "$@"
  is "$name" "$RC $(cat "$T/err" "$T/out" | harmful)" "$code "
}
told "a command that is none" 2 "$nasty"
told "help for a command that is none" 2 help "$nasty"
told "an option that is none" 2 run "--$nasty"
told "a letter that is none" 2 run "-$nasty"
told "a value that will not do" 2 run --rate "$nasty"
told "a choice that is none" 2 run --log-format "$nasty"
told "a sink that is none" 2 run -t "$nasty:" "$T/jobs.txt"
told "a folder that is not there" 5 run -t "csv:$T/$nasty/$nasty" "$T/jobs.txt"
told "a file that is not there" 2 run "$T/nowhere $nasty"
told "an address" 2 run --base-url "http://$nasty" "$T/jobs.txt"
told "a schema" 2 run --pg-schema "pg_$nasty" -t "pg:host=127.0.0.1 port=1" "$T/jobs.txt"
printf '%s = 1\n' "$nasty" >"$T/config $nasty"
told "a config file" 2 run --config "$T/config $nasty"
printf '[%s]\nx = 1\n' "$nasty" >"$T/config $nasty"
told "a section in one" 2 run --config "$T/config $nasty"
told "a key file" 2 run --api-key-file "$T/nowhere $nasty" "$T/jobs.txt"
told "a CA file" 2 run --cacert "$T/nowhere $nasty" "$T/jobs.txt"
told "a dry run" 7 run -n "$named" -t "$T/dry.db"
run_omni run -t "$T/long.db" "$(printf '%0300d' 0 | tr 0 x)$(printf '%05000d' 0)"
is "a name that is too long" "$RC $(awk 'length > 4200' "$T/err" | wc -l)" "2 0"
finish
