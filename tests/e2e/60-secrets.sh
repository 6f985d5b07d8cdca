#!/bin/bash
# Where the key is seen: in the one header, and nowhere else (SECURITY.md).
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

job() { printf '%08d-0000-4000-8000-000000000000\n' "$1"; }
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
SCRIPT
job 1 >"$T/jobs.txt"

# --- a running process ---
# The second of two variables of one name is what getenv does not see.
printf '#!/bin/sh\nexec perl -e %s "$0.real" "$@"\n' \
  "'my \$p = shift; require \"syscall.ph\"; exit 1'" >/dev/null
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
finish
