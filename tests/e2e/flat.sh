# flat.sh: what the tests of the sinks that are folders share; sourced after lib.sh.

# of DIR JOB EXPRESSION...: SQL over a job's last line in the manifest, which is "line".
of() {
  grep "\"$(job "$2")\"" "$1/manifest.jsonl" 2>/dev/null | tail -n 1 >"$T/line"
  [ -s "$T/line" ] || return 0
  sql :memory: "SELECT $3 FROM (SELECT readfile('$T/line') || '' AS line)"
}

# litter DIR: staged names that are left.
litter() { find "$1" -name '.new-*' -o -name '.old-*' | wc -l; }

# can_trace: strace is here, and may inject.
can_trace() (
  command -v strace || return
  strace -f -o /dev/null -e trace=exit_group -e inject=exit_group:signal=SIGKILL:when=1 true
  [ $? = 137 ]
) >/dev/null 2>&1

# traced_run INJECTION ARGS...: as run_omni, with a system call that fails as INJECTION says (strace's -e inject=).
traced_run() {
  local injection=$1 whole=$OMNI
  shift
  printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -f -o /dev/null -e trace=%s -e inject=%s %s "$@"\n' \
    "${injection%%:*}" "$injection" "$whole" >"$T/tracer"
  chmod +x "$T/tracer"
  OMNI=$T/tracer
  run_omni "$@"
  OMNI=$whole
}

# flat_refusals SCHEME: the lock, folders that are none of ours, links, a disk that is full. Needs $T/jobs.txt (jobs 1
# and 2), job 9 that stalls, and a server.
flat_refusals() {
  local scheme=$1 holder
  job 9 >"$T/stalls.txt"
  start_omni run "$T/stalls.txt" -t "$scheme:$T/lock" --rate 0
  holder=$OMNI_PID
  until [ "$(server_count "$(job 9)/result")" -gt 0 ] || ! kill -0 "$holder"; do sleep 0.05; done
  run_omni run "$T/jobs.txt" -t "$scheme:$T/lock" --rate 0
  is "a second run on the same sink" "$RC" 75
  like "says so" "$(cat "$T/err")" "another run holds '.*lock'"
  kill -KILL "$holder"
  wait "$holder" 2>/dev/null
  t_forget "$holder"
  run_omni run "$T/jobs.txt" -t "$scheme:$T/lock" --rate 0
  is "the lock died with its holder" "$RC" 0

  refuse() { # NAME REGEX
    run_omni run "$T/jobs.txt" -t "$scheme:$T/bad" --rate 0
    is "$1" "$RC" 5
    like "$1: says so" "$(cat "$T/err")" "$2"
    rm -rf "$T/bad"
  }
  echo >"$T/bad"
  refuse "a file" "not a folder"
  mkdir "$T/elsewhere" "$T/bad"
  echo precious >"$T/elsewhere/manifest.jsonl"
  ln -s "$T/elsewhere/manifest.jsonl" "$T/bad/manifest.jsonl"
  refuse "a manifest that is a link" "symbolic link"
  is "what it points to is left alone" "$(cat "$T/elsewhere/manifest.jsonl")" precious
  mkdir "$T/bad"
  head -c 5000 /dev/urandom >"$T/bad/manifest.jsonl"
  refuse "a manifest of noise" "no manifest of ours"
  cp -r "$T/lock" "$T/bad"
  sed -i '1s/"version":1/"version":2/' "$T/bad/manifest.jsonl"
  refuse "a manifest of a newer format" "version 2"
  cp -r "$T/lock" "$T/bad"
  sed -i '2s/^/{/' "$T/bad/manifest.jsonl"
  refuse "a line that is damaged" "line 2 cannot be read"
  mkdir "$T/bad"
  echo '{"format":"omni-export manifest","version":1,"sink":"other"}' >"$T/bad/manifest.jsonl"
  refuse "another sink's folder" "sink 'other:'"

  ln -s "$T/real" "$T/named"
  mkdir "$T/real"
  run_omni run "$T/jobs.txt" -t "$scheme:$T/named" --rate 0
  is "the folder itself may be a link" "$RC $(test -s "$T/real/manifest.jsonl" && echo there)" "0 there"
  cp -r "$T/lock" "$T/torn"
  head -c 40 "$T/lock/manifest.jsonl" >>"$T/torn/manifest.jsonl"
  run_omni run "$T/jobs.txt" -t "$scheme:$T/torn" --rate 0
  is "a torn last line is dropped" "$RC $(tail -n 2 "$T/torn/manifest.jsonl" | wc -l) $(tail -c 1 "$T/torn/manifest.jsonl" | wc -l)" "0 2 1"
  run_omni run "$T/jobs.txt" -t "$scheme:$T/a/b/c" --rate 0
  is "a folder in none" "$RC" 5
}

# flat_full SCHEME: $T/order.txt has a job that fits, then one that does not.
flat_full() {
  if ! mkdir "$T/small" || ! mount -t tmpfs -o size=512k tmpfs "$T/small" 2>/dev/null; then
    skip "a full disk" "no tmpfs can be mounted here"
    return
  fi
  run_omni run "$T/order.txt" -t "$1:$T/small/a" --rate 0 --concurrency 1
  is "a full disk" "$RC" 5
  like "says so" "$(cat "$T/err")" 'No space left'
  is "nothing of the job that did not fit" "$(litter "$T/small/a")" 0
  mount -o remount,size=64m "$T/small"
  run_omni run "$T/order.txt" -t "$1:$T/small/a" --rate 0
  is "with room again the next run finishes" "$RC $(litter "$T/small/a")" "0 0"
  umount "$T/small"
}
