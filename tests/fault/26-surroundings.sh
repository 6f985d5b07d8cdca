#!/bin/bash
# What surrounds an export fails: its input, its configuration, its standard descriptors, its limits, its disks, one of two sinks.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/fault/fault.sh"
fault_start
fault_sink raw
contents_to "$T/whole" raw "$WHERE"
common=(--rate 0 --retry-wait 0 --retries 2)
sink() { rm -rf "$T/s" "$T/s.db"*; }
holds() { contents_to "$T/contents" raw "$T/s" && same "$T/contents" "$T/whole" && echo whole; } # or nothing

# with LIMIT... -- ARGS...: as run_omni, behind a command of the shell in a subshell.
within() { # COMMAND ARGS...
  local command=$1
  shift
  (
    eval "$command" || exit 98
    exec {SERVER_IN}>&- {CONTENTS_IN}>&- {CONTENTS_OUT}<&-
    t_omni "$@"
  ) >"$T/out" 2>"$T/err"
  RC=$?
}

# --- reading: half a list is never taken for all of it ---
if strace -f -o /dev/null true 2>/dev/null; then
  traced() { # PATH INJECTION ARGS...
    local whole=$OMNI path=$1 injection=$2
    shift 2
    printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -f -o /dev/null -P %s -e trace=%s -e inject=%s %s "$@"\n' "$path" "${injection%%:*}" "$injection" "$whole" >"$T/tracer"
    chmod +x "$T/tracer"
    OMNI=$T/tracer
    run_omni "$@"
    OMNI=$whole
  }
  { cat "$T/jobs.txt"; for ((i = 0; i < 3000; i++)); do echo "# a comment that makes the list longer than one read $i"; done; } >"$T/long.txt"
  for n in 1 2; do
    sink
    traced "$T/long.txt" "read:error=EIO:when=$n" run "$T/long.txt" -t "raw:$T/s" "${common[@]}"
    is "the list cannot be read ($n)" "$RC $(test -e "$T/s" && echo made)" "2 "
    like "and is named" "$(cat "$T/err")" "long.txt'.*Input/output error"
  done
  sink
  traced "$T/long.txt" read:error=EIO:when=2 run -t "raw:$T/s" "${common[@]}" <"$T/long.txt"
  is "nor standard input" "$RC $(test -e "$T/s" && echo made)" "2 "
  like "which is named" "$(cat "$T/err")" "standard input.*Input/output error"
  printf 'retries = 3\n' >"$T/config.ini"
  traced "$T/config.ini" read:error=EIO run "$T/jobs.txt" -t "raw:$T/s" --config "$T/config.ini"
  is "nor the configuration" "$RC" 2
  like "named" "$(cat "$T/err")" "config.ini'.*Input/output error"
  printf '%s\n' "$TOKEN" >"$T/key"
  traced "$T/key" read:error=EIO run "$T/jobs.txt" -t "raw:$T/s" --api-key-file "$T/key"
  is "nor the key" "$RC" 2
  like "named too" "$(cat "$T/err")" "key'.*Input/output error"
else
  skip "what is read" "no strace"
fi

# --- standard descriptors: closed, full ---
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
  sink
  within "exec $closed" run "$T/jobs.txt" -t "$T/s.db" -t "raw:$T/s" "${common[@]}"
  is "with $closed" "$RC $(holds) $(sql "$T/s.db" "PRAGMA integrity_check; SELECT count(*) FROM jobs WHERE state = 'stored'" | tr '\n' ' ')" "0 whole ok 4 "
done
sink
within 'exec <&-' run -t "raw:$T/s" "${common[@]}"
is "a list from no standard input" "$RC $(test -e "$T/s" && echo made)" "2 "
sink
within 'exec >&-' run "$T/jobs.txt" -t "raw:$T/s" --summary - "${common[@]}"
is "a summary to no standard output" "$RC $(holds)" "1 whole"
like "is told" "$(cat "$T/err")" "cannot write 'standard output'"
for command in "run $T/jobs.txt --dry-run -t raw:$T/d" "help run" --version; do
  # shellcheck disable=SC2086 # words
  within 'exec >/dev/full' $command
  is "$command to a full disk" "$RC" 1
  like "$command: told" "$(cat "$T/err")" "cannot write standard output: No space left"
done
sink
within 'exec 2>/dev/full' run "$T/jobs.txt" -t "raw:$T/s" "${common[@]}"
is "nothing can be told" "$RC $(holds)" "0 whole"
for option in summary error-file metrics; do
  sink
  run_omni run "$T/jobs.txt" -t "raw:$T/s" --$option /dev/full "${common[@]}"
  # An error file without a line is written without a write.
  if [ $option = error-file ]; then
    is "--$option: nothing to say to a full disk" "$RC $(holds)" "0 whole"
  else
    is "--$option on a full disk" "$RC $(holds)" "1 whole"
    like "--$option: told" "$(cat "$T/err")" "cannot write '/dev/full': No space left"
  fi
done
sink
job 77 >"$T/none.txt"
run_omni run "$T/none.txt" -t "raw:$T/s" --error-file /dev/full "${common[@]}"
is "--error-file on a full disk" "$RC" 1

# --- limits ---
sink
within 'ulimit -f 8' run "$T/jobs.txt" -t "raw:$T/s" "${common[@]}"
is "files may not grow: no signal" "$RC" 5
like "but an error" "$(cat "$T/err")" 'File too large'
run_omni run "$T/jobs.txt" -t "raw:$T/s" "${common[@]}"
is "without the limit it is whole" "$RC $(holds)" "0 whole"
for kind in "$T/s.db" "csv:$T/s" "jsonl:$T/s?compress=none"; do
  sink
  within 'ulimit -f 8' run "$T/jobs.txt" -t "$kind" "${common[@]}"
  is "files may not grow: $kind" "$RC" 5
  run_omni run "$T/jobs.txt" -t "$kind" "${common[@]}"
  is "without the limit: $kind" "$RC" 0
done
for n in ${OMNI_EXHAUSTIVE:+9 10 11 14 18 20 24} 8 12 16 32; do
  sink
  within "ulimit -n $n" run "$T/jobs.txt" -t "$T/s.db" -t "raw:$T/s" "${common[@]}" </dev/null
  case $RC in
  0) is "$n descriptors: whole" "$(holds)" whole ;;
  *) like "$n descriptors: $RC" "$RC $(grep error: "$T/err" | head -n 1)" "^[1235] .*error: ." ;;
  esac
  run_omni run "$T/jobs.txt" -t "$T/s.db" -t "raw:$T/s" "${common[@]}"
  is "$n descriptors: and then as many as it takes" "$RC $(holds)" "0 whole"
done
if nm "$OMNI" 2>/dev/null | grep -q __asan_init; then
  skip "an address space that is small" "the sanitizer wants more"
else
  for kb in ${OMNI_EXHAUSTIVE:+70000 80000 90000 120000} 60000 100000; do
    sink
    within "ulimit -v $kb" run "$T/jobs.txt" -t "$T/s.db" -t "raw:$T/s" "${common[@]}" </dev/null
    # 127: the dynamic loader is not done yet.
    like "$kb KB of address space: $(head -n 1 "$T/err")" "$RC" '^(0|1|2|3|5|127)$'
    run_omni run "$T/jobs.txt" -t "$T/s.db" -t "raw:$T/s" "${common[@]}"
    is "$kb KB: the next run" "$RC $(holds)" "0 whole"
  done
fi

# --- threads ---
job 5 >"$T/large.txt"
sink
fault_counts "$T/counts" run "$T/large.txt" -t "$T/s.db" "${common[@]}"
is "a large result: the loader's thread, and one that decodes" "$RC $(sed -n 's/^thread //p' "$T/counts")" "0 2"
sink
fault_run thread:2:EAGAIN run "$T/large.txt" -t "$T/s.db" "${common[@]}"
is "without the second one the first does it all" "$RC $(sql "$T/s.db" "SELECT count(*) FROM result_rows")" "0 60000"
sink
fault_run thread:1:EAGAIN run "$T/large.txt" -t "$T/s.db" "${common[@]}"
is "without the first there is no run" "$RC" 1
like "says so" "$(cat "$T/err")" "cannot start the loader's thread"

# --- disks ---
sink
OMNI_SETTINGS=(TMPDIR=/proc)
run_omni run "$T/large.txt" -t "raw:$T/s" "${common[@]}"
is "no place for the spool" "$RC" 1
like "named" "$(cat "$T/err")" "spool file in '/proc'"
OMNI_SETTINGS=(XDG_STATE_HOME=/proc/nowhere)
sink
run_omni run "$T/jobs.txt" -t "raw:$T/s" "${common[@]}"
is "no place for the request window" "$RC $(holds)" "0 whole"
like "is a warning" "$(cat "$T/err")" "warning: the request window is this process's own"
OMNI_SETTINGS=()
if [ "$(id -u)" = 0 ] && mkdir -p "$T/small" && mount -t tmpfs -o size=16k tmpfs "$T/small" 2>/dev/null; then
  dd if=/dev/zero of="$T/small/fill" bs=4096 2>/dev/null
  OMNI_SETTINGS=("TMPDIR=$T/small")
  sink
  run_omni run "$T/large.txt" -t "raw:$T/s" "${common[@]}"
  is "the spool's disk is full" "$RC" 1
  like "named" "$(cat "$T/err")" "spool file in '.*small': No space left"
  OMNI_SETTINGS=("XDG_STATE_HOME=$T/small")
  sink
  run_omni run "$T/jobs.txt" -t "raw:$T/s" "${common[@]}"
  is "the request window's disk is full" "$RC $(holds)" "0 whole"
  like "a warning" "$(cat "$T/err")" "warning: .*request window.*No space left"
  OMNI_SETTINGS=()
  for kind in sqlite raw csv jsonl; do
    fault_sink $kind
    for size in ${OMNI_EXHAUSTIVE:+4 12 16 20 24 28 32 40 48 64 80 96 128 160 192} 8 36 72; do
      mount -o remount,size=100m "$T/small"
      rm -rf "$T"/small/*
      mount -o remount,size=${size}k "$T/small"
      at=$T/small/x
      [ $kind = sqlite ] && at=$T/small/x.db
      spec=${SPEC/"$WHERE"/"$at"}
      run_omni run "$T/jobs.txt" -t "$spec" "${common[@]}"
      first=$RC
      mount -o remount,size=100m "$T/small" # also readers of a database need room
      claimed=$(sed -n 's/.* \([0-9]*\) of [0-9]* jobs stored.*/\1/p' "$T/err")
      contents $kind "$at" | grep ' stored ' >"$T/there"
      is "$kind on a disk of $size KiB ($first): what is called stored is whole" "$([ "${claimed:-0}" -le "$(wc -l <"$T/there")" ] && grep -vcxFf "$T/whole.all" "$T/there")" 0
      like "$kind on a disk of $size KiB: exit" "$first" '^[05]$'
      run_omni run "$T/jobs.txt" -t "$spec" "${common[@]}"
      is "$kind: with room again" "$RC $(contents $kind "$at" | cmp - "$T/whole.all" && echo whole)" "0 whole"
    done
  done
  umount "$T/small"
else
  skip "disks that fill" "no tmpfs can be mounted here"
fi

# --- what is written to goes, or may not be written any more, while the run waits for its second job ---
{ job 1; job 2; } >"$T/two.txt"
cat >"$T/slow.script" <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"$(job 2)","result":{"json":{"message":"m"},"delay_ms":1500}}
SCRIPT
chmod 711 "$T"
all_sinks=(-t "sqlite:$T/open/db/a.db" -t "raw:$T/open/raw" -t "csv:$T/open/csv" -t "jsonl:$T/open/jsonl")
# Root may write anywhere.
whole=$OMNI nobody=$OMNI
if [ "$(id -u)" = 0 ]; then
  printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups %s "$@"\n' "$OMNI" >"$T/nobody"
  chmod 755 "$T/nobody"
  nobody=$T/nobody
fi
under_our_hands() { # NAME PROGRAM COMMAND: the command is run in $T/open
  t_start_server "$T/slow.script"
  mkdir -p "$T/open/db"
  chmod 777 "$T/open" "$T/open/db"
  OMNI=$2
  start_omni run "$T/two.txt" "${all_sinks[@]}" --rate 0
  until [ "$(server_count "$(job 2)/result")" -gt 0 ] || ! kill -0 "$OMNI_PID" 2>/dev/null; do sleep 0.02; done
  (cd "$T/open" && eval "$3")
  wait_omni
  OMNI=$whole
  t_stop_server
}
if (OMNI=$nobody t_omni --version) >/dev/null 2>&1; then
  under_our_hands "read-only" "$nobody" 'chmod -R a-w .'
  is "folders that may not be written any more: 5, and none is called stored" "$RC $(grep -c ' [01] of 2 jobs stored' "$T/err")" "5 1"
  is "those that make files drop out, each named" "$(grep -oE "the sink '(raw|csv|jsonl):[^ ]*' dropped out: cannot .*Permission denied" "$T/err" | wc -l)" 3
  # All that was taken, also where job 1 was not there yet and something is still to be made.
  chmod -R u+w "$T/open"
  chmod a+w "$T/open" "$T/open/db"
  OMNI=$nobody
  run_omni run "$T/two.txt" "${all_sinks[@]}" --base-url "$NEW_URL/api" --rate 0
  OMNI=$whole
  is "and the next run finishes in all of them" "$RC $(sql "$T/open/db/a.db" "SELECT count(*) FROM jobs WHERE state = 'stored'") $(for k in raw csv jsonl; do contents $k "$T/open/$k" | grep -c ' stored '; done | tr '\n' ' ')" "0 2 2 2 2 "
  rm -rf "$T/open"
else
  skip "folders that may not be written any more" "the program cannot be run as another user here"
fi
under_our_hands "removed" "$OMNI" 'rm -rf ./*'
is "folders and a database that are removed: 5, and none is called stored" "$RC $(grep -c ' 0 of 2 jobs stored' "$T/err")" "5 1"
is "each of them is named" "$(grep -oE "the sink '[a-z]*:[^ ]*' dropped out: (cannot|.* was removed)" "$T/err" | wc -l)" 4

# --- one of two sinks ---
fault_sink raw
contents_to "$T/whole" raw "$WHERE"
for call in fsync:9:EIO write:5:ENOSPC rename:4:EIO; do
  sink
  fault_run "$call" run "$T/jobs.txt" -t "raw:$T/s" -t "csv:$T/c" "${common[@]}"
  raw=$(holds)
  csv=$(contents csv "$T/c" | grep -c ' stored ')
  is "one of two sinks fails ($call): 5, and the other has all" "$RC $([ "$raw" = whole ] || [ "$csv" = 4 ] && echo one) $([ "$raw" = whole ] && [ "$csv" = 4 ] && echo both)" "5 one "
  like "it is named" "$(cat "$T/err")" "the sink '(raw|csv):.*' dropped out"
  rm -rf "$T/c"
done

# --- load into sinks that drop out ---
for call in fsync:5:EIO write:3:ENOSPC; do
  for more in "" "raw:$T/s"; do
    sink
    fault_run "$call" load --from "raw:$WHERE" -t "csv:$T/c" ${more:+-t "$more"}
    csv=$(contents csv "$T/c" | grep -c ' stored ')
    is "load${more:+, two sinks} ($call): 5" "$RC" 5
    check "load${more:+, two sinks} ($call): none is called stored that is not" [ "0$(sed -nE 's/.* ([0-9]+) of 4 jobs stored.*/\1/p' "$T/err")" -le "$csv" ]
    rm -rf "$T/c"
  done
done
finish
