#!/bin/bash
# Where the key is seen: in the one header, and nowhere else (SECURITY.md).
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

ok='{"json":{"message":"m"}}'
# A sanitizer build keeps what its own reports need (harden.h).
instrumented() { nm -D "$OMNI" 2>/dev/null | grep -q '__asan_init\|__ubsan_'; }
# run_to_stall ARGS...: starts a run of job 9, and goes on once the request has arrived.
run_to_stall() {
  local before
  before=$(server_count "$(job 9)/result")
  job 9 >"$T/stalls.txt"
  start_omni run "$T/stalls.txt" --rate 0 "$@"
  until [ "$(server_count "$(job 9)/result")" -gt "$before" ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.05; done
}
end_it() { # SIGNAL
  kill -"$1" "$OMNI_PID"
  wait_omni 2>/dev/null
}

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":$ok}
{"job":"$(job 9)","result":{"json":{"message":"m"},"stall_after":3}}
{"job":"$(job 12)","result":{"json":{"message":"m"},"delay_ms":600000}}
SCRIPT
job 1 >"$T/jobs.txt"

# --- a running process ---
OMNI_SETTINGS=("OMNI_API_TOKEN=other-$TOKEN")
run_to_stall -t "$T/a.db"
check "the run is under way" kill -0 "$OMNI_PID"
is "the environment that the kernel shows has no key" "$(tr '\0' '\n' <"/proc/$OMNI_PID/environ" | grep -c "$TOKEN")" 0
check "it is that of this process" grep -qa "OMNI_BASE_URL=$URL" "/proc/$OMNI_PID/environ"
is "nor has its command line" "$(grep -ca "$TOKEN" "/proc/$OMNI_PID/cmdline")" 0
if instrumented; then
  skip "what the process has given up" "a sanitizer build keeps it"
else
  is "no core file, whatever the caller's limit" "$(awk '/Max core file size/ { print $5, $6 }' "/proc/$OMNI_PID/limits")" "0 0"
  is "its memory is closed to the user's other processes" "$(stat -c %u "/proc/$OMNI_PID/environ")" 0
  is "no new rights; calls are filtered" "$(awk '/^(NoNewPrivs|Seccomp):/ { printf "%s ", $2 }' "/proc/$OMNI_PID/status")" "1 2 "
fi
is "it has no children" "$(pgrep -P "$OMNI_PID" | wc -l)" 0
end_it TERM
is "and ends as ever" "$RC" 143
OMNI_SETTINGS=()

# --- core dumps ---
if instrumented; then
  skip "core dumps" "a sanitizer build keeps them"
else
  mkdir "$T/cores"
  for signal in ABRT SEGV; do
    (
      cd "$T/cores" && ulimit -c unlimited && exec sleep 600
    ) &
    T_PIDS+=($!)
    limited=$!
    until [ "$(cat "/proc/$limited/comm")" = sleep ]; do sleep 0.02; done
    kill -$signal "$limited"
    wait "$limited" 2>/dev/null
    t_forget "$limited"
    dumps=$(find "$T/cores" -type f | wc -l)
    rm -f "$T"/cores/*
    whole=$OMNI
    printf '#!/bin/bash\ncd %q && ulimit -c unlimited && exec %q "$@"\n' "$T/cores" "$whole" >"$T/dumper"
    chmod +x "$T/dumper"
    OMNI=$T/dumper
    run_to_stall -t "$T/$signal.db"
    OMNI=$whole
    end_it $signal
    is "SIG$signal ends it" "$RC" $((128 + $(kill -l $signal)))
    if [ "$dumps" = 0 ]; then
      skip "SIG$signal leaves no core file" "here nothing leaves one"
    else
      is "SIG$signal leaves no core file (another program did)" "$(find "$T/cores" -type f | wc -l)" 0
    fi
  done
fi

# --- as a user who is not root: what the walls do to the program itself ---
if [ "$(id -u)" != 0 ] || instrumented; then
  skip "as another user" "this takes root, and no sanitizer"
else
  mkdir "$T/plain"
  cp "$OMNI" "$T/plain/omni-export"
  chmod 711 "$T"
  chown -R 65534:65534 "$T/plain"
  printf '#!/bin/bash\ncd %q && exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=%q XDG_STATE_HOME=%q TMPDIR=%q %q "$@"\n' \
    "$T/plain" "$T/plain" "$T/plain/state" "$T/plain" "$T/plain/omni-export" >"$T/as-nobody"
  chmod +x "$T/as-nobody"
  whole=$OMNI
  OMNI=$T/as-nobody
  job 1 >"$T/plain/jobs.txt"
  chmod 644 "$T/plain/jobs.txt"
  # Pipes of that user's, on all three.
  printf '#!/bin/bash\ncat jobs.txt | "$@" 2>&1 | cat\nexit ${PIPESTATUS[1]}\n' >"$T/plain/piped"
  chmod 755 "$T/plain/piped"
  sed "s|$T/plain/omni-export|$T/plain/piped &|" "$T/as-nobody" >"$T/as-nobody-piped"
  chmod +x "$T/as-nobody-piped"
  OMNI=$T/as-nobody-piped
  run_omni run /dev/stdin -t "$T/plain/a.db" --summary /dev/stdout -e /dev/stderr
  OMNI=$T/as-nobody
  is "names below /proc/self can be opened" "$RC $(grep -c '"stored":1' "$T/out") $(grep -c 'cannot\|warning:' "$T/out")" "0 1 0"
  job 12 >"$T/plain/stalls.txt"
  start_omni run stalls.txt -t "$T/plain/b.db"
  until [ "$(od -An -tu4 -j128 -N4 "$T"/plain/state/omni-export/* 2>/dev/null | tr -d ' ')" -gt 0 ] 2>/dev/null || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.05; done
  is "the owner's other processes cannot read its environment" \
    "$(setpriv --reuid=65534 --regid=65534 --clear-groups cat "/proc/$OMNI_PID/environ" 2>&1 | grep -c 'Permission denied')" 1
  # struct ratefile_entry behind a head of 128 bytes: pid and namespace of the owner
  is "the request window knows it by process and namespace" \
    "$(od -An -tu4 -j128 -N8 "$T"/plain/state/omni-export/* | tr -s ' ' | sed 's/^ //')" \
    "$OMNI_PID $(stat -L -c %i "/proc/$OMNI_PID/ns/pid")"
  end_it KILL
  run_omni run jobs.txt -t "$T/plain/c.db" --refetch -v
  is "and the next one sees that it is gone" "$RC $(od -An -tu8 -j152 -N8 "$T"/plain/state/omni-export/* | tr -d ' ')" "0 0"
  OMNI=$whole
fi
t_stop_server

# --- a server that repeats the key ---
escaped=$(printf %s "$TOKEN" | sed 's/o/\\u006f/g')
long=$(printf '%0270d' 0)
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"status":404,"headers":{"X-Key":"$TOKEN","WWW-Authenticate":"$TOKEN"},"message":"Job not found for $TOKEN","envelope":"application"}}
{"job":"$(job 2)","result":{"status":400,"headers":{"Content-Type":"application/json"},"body":"{\"message\":\"what is $(sed 's/\\/\\\\/g' <<<"$escaped")?\"}"}}
{"job":"$(job 3)","result":{"status":410,"headers":{"Content-Type":"application/json"},"body":"{\"message\":\"$long $TOKEN\"}"}}
{"job":"$(job 4)","result":{"redirect":"https://elsewhere.example/$(printf '%0190d' 0)/$TOKEN"}}
{"job":"$(job 5)","result":{"status":402,"body":"$TOKEN"}}
{"job":"$(job 6)","result":{"status":200,"body":"$TOKEN"}}
{"job":"$(job 7)","result":{"status":404,"message":"Result not yet available","envelope":"application"},"status":{"headers":{"Content-Type":"application/json"},"body":"{\"state\":\"FAILED $TOKEN\",\"error\":\"$(printf '%0260d' 0) $(sed 's/\\/\\\\/g' <<<"$escaped")\"}"}}
{"job":"$(job 8)","result":{"status":429,"headers":{"Retry-After":"$TOKEN"},"body":"$TOKEN"}}
{"job":"$(job 10)","result":{"status":200,"headers":{"Content-Encoding":"$TOKEN"},"body":"x"}}
{"job":"$(job 11)","result":{"json":{"message":"your key is $TOKEN"}}}
SCRIPT
for i in 1 2 3 4 5 6 7 10; do job $i; done >"$T/echo.txt"
for format in text json; do
  run_omni run "$T/echo.txt" -v --log-format $format -t "$T/$format.db" -t "jsonl:$T/$format-lines" -t "csv:$T/$format-csv" -t "raw:$T/$format-raw" \
    --no-raw --rate 0 --retry-wait 0 --retries 1 -e "$T/$format.errors" --summary "$T/$format.summary" --metrics "$T/$format.prom"
  is "$format: every answer was told" "$RC $(wc -l <"$T/$format.errors") $(sql "$T/$format.db" "SELECT count(*) FROM jobs WHERE error <> ''")" "4 8 8"
  # An unreadable body is kept as it came: that is data (SECURITY.md).
  sql "$T/$format.db" "DELETE FROM bodies; VACUUM" >/dev/null
  is "$format: none shows the key, nor most of it" \
    "$(find "$T/$format".* "$T/$format"-* "$T/err" "$T/out" "$T/state" -type f ! -path '*/unreadable/*' -exec grep -laF "${TOKEN:0:30}" {} + | wc -l)" 0
done
is "a message that was cut within it" "$(sql "$T/text.db" "SELECT error FROM jobs WHERE job_id = '$(job 3)'" | grep -c '0 \*\*\*')" 1
job 8 >"$T/eight.txt"
run_omni run "$T/eight.txt" -v -t "$T/eight.db" --rate 0 --retry-max-wait 0
is "a pause" "$RC $(grep -cF "${TOKEN:0:30}" "$T/err")" "3 0"
job 11 >"$T/eleven.txt"
run_omni run "$T/eleven.txt" -v -t "$T/eleven.db" --rate 0
is "a result that holds it is data: stored, but not logged" \
  "$RC $(sql "$T/eleven.db" "SELECT message FROM jobs") $(grep -cF "$TOKEN" "$T/err")" "0 your key is $TOKEN 0"

# --- a key where it does not belong ---
never() { # NAME CODE ARGS...: refused, and not a word of the secret
  local name=$1 code=$2
  shift 2
  run_omni run "$T/jobs.txt" -v -t "$T/never.db" --rate 0 "$@"
  is "$name" "$RC $(cat "$T/err" "$T/out" | grep -cE "${TOKEN:0:30}|hunter2")" "$code 0"
}
never "--api-key KEY, which is short for --api-key-file" 2 --api-key "$TOKEN"
never "--api-key=KEY" 2 "--api-key=$TOKEN"
like "it says what is wanted" "$(cat "$T/err")" 'the name of a file, not the key itself'
never "an option that there is not" 2 "--token=$TOKEN"
printf 'api-key = %s\n' "$TOKEN" >"$T/config.ini"
never "a line of the config file" 2 --config "$T/config.ini"
printf 'two %s\n' "$TOKEN" >"$T/bad-key"
never "a key file with a blank in its line" 2 --api-key-file "$T/bad-key"
never "a key in the address" 2 --base-url "https://user:$TOKEN@127.0.0.1"
never "a key in the query of the address" 2 --base-url "https://127.0.0.1/?key=$TOKEN"
OMNI_SETTINGS=(https_proxy=foo://me:hunter2@127.0.0.1:1)
never "a proxy with a password that cannot be used" 3 --base-url https://omni.invalid --retries 0 --connect-timeout 2
OMNI_SETTINGS=("https_proxy=http://me:hunter2@[::1")
never "a proxy that cannot be read" 3 --base-url https://omni.invalid --retries 0 --connect-timeout 2
OMNI_SETTINGS=(https_proxy=http://me:hunter2@127.0.0.1:1)
never "a proxy that is not there" 3 --base-url https://omni.invalid --retries 0 --connect-timeout 2
OMNI_SETTINGS=()

printf '%s\n' "$TOKEN" >"$T/key"
for mode in 600:0 640:0 644:1 602:1; do
  chmod "${mode%:*}" "$T/key"
  run_omni run "$T/eleven.txt" -t "$T/eleven.db" --rate 0 --api-key-file "$T/key"
  is "a key file of mode ${mode%:*}: warnings" "$RC $(grep -c 'every user of this machine may' "$T/err")" "0 ${mode#*:}"
done
run_omni run "$T/eleven.txt" -t "$T/pipe.db" --rate 0 --api-key-file <(echo "$TOKEN")
is "a key from a pipe" "$RC" 0
t_stop_server
finish
