# fault.sh: what the tests of failing system calls share; sourced after tests/e2e/lib.sh. A point is "CALL:N:HOW", as
# OMNI_FAIL of fail.c has it.

FAULT_LIB=$(t_absolute "$top_builddir/tests/fault/fail.so")
# Which errors a call can have that make sense. What is not here is not made to fail.
fault_errors() { # CALL
  case $1 in
  open) echo EIO EMFILE ENOSPC EACCES EINTR ;;
  fopen) echo EIO EMFILE ENOMEM ;;
  mkostemp) echo ENOSPC EACCES ;;
  close) echo EIO EINTR ENOSPC ;;
  read | pread | preadv) echo EIO EINTR short ;;
  write | pwrite) echo EIO ENOSPC EINTR short EDQUOT EFBIG ;;
  pwritev) echo EIO ENOSPC EINTR short ;;
  say) echo EIO EAGAIN EINTR short ENOSPC ;;
  fsync) echo EIO ENOSPC EINTR ;;
  # SQLite makes it and does not try again; no local file system of Linux interrupts it.
  fdatasync) echo EIO ENOSPC ;;
  rename) echo EIO ENOSPC EROFS late:EIO ;;
  renameat2) echo EIO EINVAL ENOSPC late:EIO ;;
  ftruncate) echo EIO EINTR ;;
  unlink) echo EIO EACCES late:EIO ;;
  mkdir) echo EIO ENOSPC ;;
  flock) echo ENOLCK EINTR ;;
  fcntl) echo ENOLCK EIO ;;
  fchmod) echo EIO EPERM ;;
  fstat | stat | access) echo EIO ;;
  lseek | readdir) echo EIO ;;
  getrandom) echo ENOSYS EINTR ;;
  pipe2) echo EMFILE ;;
  thread) echo EAGAIN ;;
  mmap) echo ENOMEM ;;
  socket) echo EMFILE ENOMEM ;;
  # What is interrupted goes on by itself (connect(2)).
  connect) echo ECONNREFUSED ETIMEDOUT late:EINTR ;;
  send) echo EPIPE ECONNRESET EINTR EAGAIN short ;;
  recv) echo ECONNRESET ETIMEDOUT EINTR EAGAIN short ;;
  poll | epoll_wait) echo EINTR ENOMEM ;;
  esac
}

# fault_run POINT[,POINT...] ARGS...: as run_omni, with these failures. "": none. Of the environment there is only what t_omni gives, but without a
# process for it: this is done thousands of times.
fault_run() {
  local point=$1
  shift
  LD_PRELOAD=$FAULT_LIB OMNI_FAIL=$point OMNI_BASE_URL=$URL/api \
    "$OMNI" "$@" >"$T/out" 2>"$T/err" </dev/null {CONTENTS_IN}>&- {CONTENTS_OUT}<&-
  RC=$?
}
fault_environment() {
  local name
  while read -r name; do
    case $name in
    PATH | LC_ALL | OMNI_TEST_PG | LLVM_PROFILE_FILE) ;;
    *) export -n "${name?}" ;;
    esac
  done < <(compgen -e)
  for name in TMPDIR="$T/tmp" HOME="$T/home" XDG_CONFIG_HOME="$T/config" XDG_STATE_HOME="$T/state" OMNI_API_KEY="$TOKEN" \
    ASAN_OPTIONS="verify_asan_link_order=0:exitcode=99:detect_leaks=${FAULT_LEAKS:-0}" UBSAN_OPTIONS=exitcode=99 LSAN_OPTIONS=exitcode=99; do
    export "${name?}"
  done
}

# fault_counts FILE ARGS...: an undisturbed run that counts its calls.
fault_counts() {
  export OMNI_FAIL_COUNT=$1
  fault_run "" "${@:2}"
  unset OMNI_FAIL_COUNT
}

# fault_points COUNTS HOW_MANY [CALL...]: points over all calls (or these), for each call and error HOW_MANY of its places:
# the first, the last, and what lies between at equal distances; 0: all.
fault_points() {
  local counts=$1 most=$2 call n error i take
  shift 2
  while read -r call n; do
    [ $# = 0 ] || [[ " $* " == *" $call "* ]] || continue
    for error in $(fault_errors "$call"); do
      take=$most
      [ "$take" = 0 ] || [ "$take" -gt "$n" ] && take=$n
      for ((i = 0; i < take; i++)); do
        # A different place for each error, so that few points see many places.
        if [ "$take" = "$n" ]; then echo "$call:$((i + 1)):$error"; else echo "$call:$((1 + (i * n / take + (${#error} * 7 + ${#call} * 3 + i * 5) % ((n + take - 1) / take)) % n)):$error"; fi
      done
    done
  done <"$counts" | sort -u
}

# --- sweeps ---

# The answers of the server: three small results and a large one.
fault_answers() { # TAG
  local id
  for id in 1 2 3; do
    echo "{\"job\":\"$(job $id)\",\"result\":{\"json\":{\"message\":\"$1 $id\",\"topic\":\"t\",\"actions\":[{\"type\":\"generate_query\",\"message\":\"$1\",\"result\":{\"queryName\":\"q $1\",\"csvResult\":\"A,B\\n$1,$id\\nx,y\\n\"}}]}}}"
  done
  echo "{\"job\":\"$(job 4)\",\"result\":{\"csv_rows\":2000,\"csv_cols\":6}}"
  # For those that ask for it: one that does not fit into memory.
  echo "{\"job\":\"$(job 5)\",\"result\":{\"csv_rows\":60000,\"csv_cols\":6}}"
}

# What a sink holds, as contents.pl says it: into $T/there, and into FILE.
contents_to() { # FILE KIND PATH
  printf '%s %s %s\n' "$2" "$3" "$1" >&"$CONTENTS_IN"
  read -r _ <&"$CONTENTS_OUT"
}
contents() { # KIND PATH
  contents_to "$T/contents" "$1" "$2"
  cat "$T/contents"
}
# What is done at each point forks nothing but the program: a subshell costs a quarter of what a run of it does.
slurp() { IFS= read -r -d '' "$1" <"$2"; [ -n "${!1}" ]; } # VARIABLE FILE: a text as it is; whether there is any
same() { # FILE FILE: small ones
  local one other
  slurp one "$1"
  slurp other "$2"
  [ "$one" = "$other" ]
}
# tree rm PATH... | tree cp FROM TO: what rm -rf and cp -a do, by the process that reads sinks. Paths have no blanks.
tree() {
  printf '%s\n' "$*" >&"$CONTENTS_IN"
  read -r _ <&"$CONTENTS_OUT"
}
holds_whole() { # does the sink hold what it is to hold?
  contents_to "$T/contents" "$KIND" "$WHERE"
  same "$T/contents" "$T/whole"
}

# fault_start: a server with old and one with new answers, $T/jobs.txt.
fault_start() {
  local id
  mkdir -p "$T/tmp" "$T/home"
  coproc CONTENTS { exec perl "$srcdir/tests/fault/contents.pl"; }
  # shellcheck disable=SC2153 # set by coproc
  T_PIDS+=("$CONTENTS_PID")
  exec {CONTENTS_OUT}<&"${CONTENTS[0]}" {CONTENTS_IN}>&"${CONTENTS[1]}"
  for id in 1 2 3 4; do job $id; done >"$T/jobs.txt"
  fault_answers old >"$T/old.script"
  fault_answers new >"$T/new.script"
  t_start_server "$T/old.script"
  OLD_URL=$URL
  t_start_server "$T/new.script"
  NEW_URL=$URL
  fault_environment
}

# fault_fresh, fault_again: the state before a point: no sink at all, or one that holds the old answers. The sink is KIND, SPEC, WHERE.
fault_fresh() {
  [ "$KIND" != pg ] || psql -X -q -d "$OMNI_TEST_PG" -c "DROP SCHEMA IF EXISTS $WHERE CASCADE" 2>/dev/null
  tree rm "$WHERE" "$WHERE"-* "$T/state"
  URL=$OLD_URL
  ARGS=(run "$T/jobs.txt" -t "$SPEC" --rate 0 --retry-wait 0 --retries 3 --summary "$T/summary" --error-file "$T/missing")
}
fault_again() {
  if [ "$KIND" = pg ]; then
    fault_fresh
    fault_run "" "${ARGS[@]}"
  else
    tree rm "$WHERE" "$WHERE"-* "$T/state"
    tree cp "$T/base" "$WHERE"
  fi
  URL=$NEW_URL
  ARGS=(run "$T/jobs.txt" -t "$SPEC" --rate 0 --retry-wait 0 --retries 3 --refetch --summary "$T/summary" --error-file "$T/missing")
}

# fault_sink KIND: sets what the rest works on.
fault_sink() {
  KIND=$1
  WHERE=$T/$KIND
  case $KIND in
  sqlite) WHERE=$T/a.db SPEC=sqlite:$T/a.db ;;
  pg)
    WHERE=faults SPEC=pg:$OMNI_TEST_PG
    export OMNI_EXPORT_PG_SCHEMA=faults
    ;;
  jsonl) SPEC="jsonl:$WHERE?compress=none" ;;
  *) SPEC=$KIND:$WHERE ;;
  esac
  rm -rf "$T/base" "$T/whole.all"
  fault_fresh
  fault_run "" "${ARGS[@]}"
  [ "$KIND" = pg ] || cp -a "$WHERE" "$T/base"
  contents_to "$T/whole.all" "$KIND" "$WHERE"
}

# What is wrong after a run with a failure (RC, $T/err), in FAULT_WRONG; $T/whole.*: what undisturbed runs left.
wrong() { FAULT_WRONG+=("$*"); }
fault_judge() { # POINT
  local call=${1%%:*} how=${1##*:} claimed=0 summary='' there=0 told='' named='' memory='' line all whole
  FAULT_WRONG=()
  while IFS= read -r line; do
    case $line in
    *': Success'* | *'(null)'* | *'bug:'* | *'runtime error'* | *Sanitizer* | *Interrupted*) wrong "$line" ;;
    *'error: cannot make a pipe'* | *'error: out of memory'*) memory=1 ;;
    esac
    case $line in
    *'error: '*) told=1 ;;
    esac
    [[ $line =~ error:\ .*(\'|PostgreSQL|standard|address|pipe|thread|memory) ]] && named=1
    [[ $line =~ \ ([0-9]+)\ of\ [0-9]+\ jobs\ stored ]] && summary=1 claimed=${BASH_REMATCH[1]}
  done <"$T/err"
  case $RC in
  0 | 1 | 2 | 3 | 5) ;;
  75) [ "$call" = fcntl ] || [ "$call" = flock ] || wrong "exit 75" ;;
  *) wrong "exit $RC" ;;
  esac
  contents_to "$T/there" "$KIND" "$WHERE"
  slurp all "$T/whole.all"
  # Nothing is called stored that is not there, and nothing is there that is neither the old nor the new answer.
  FAULT_THERE=
  while IFS= read -r line; do
    case $line in
    'left '*) continue ;;
    *' stored '*)
      there=$((there + 1))
      [[ $'\n'$all == *$'\n'"$line"$'\n'* ]] || wrong "a job that is called stored is not whole: $line"
      ;;
    esac
    FAULT_THERE+=$line$'\n'
  done <"$T/there"
  if [ "$RC" = 0 ]; then
    slurp whole "$T/whole"
    [ "$FAULT_THERE" = "$whole" ] || wrong "exit 0, and not everything is stored"
  elif [ "$call" != say ]; then
    [ -n "$told" ] || wrong "exit $RC without a word"
    case $RC in
    1 | 2 | 5) [ -n "$named" ] || wrong "exit $RC, and the message does not name what failed" ;;
    esac
  fi
  case $call:$how in
  *:EINTR | *:short) [ "$RC" = 0 ] || wrong "exit $RC" ;;
  # What is not on the disk does not show: it is to be told. (SQLite's own may fail where it has another copy.)
  fsync:*) [ "$RC" != 0 ] || wrong "exit 0 after a failed $call" ;;
  esac
  [ "$claimed" -le "$there" ] || wrong "$claimed are called stored, $there are"
  case $RC in
  2 | 5 | 75) ;;
  *) [ -n "$summary$memory" ] || [ "$call" = say ] || wrong "exit $RC without a summary" ;;
  esac
}

# fault_one BEFORE POINT: what is wrong, in FAULT_WRONG.
fault_one() {
  "$1"
  fault_run "$2" "${ARGS[@]}"
  fault_judge "$2"
  slurp FAULT_SAID "$T/err"
  FAULT_SAID="$2 exit $RC"$'\n'$FAULT_SAID
  # When all is well already the next run has nothing to do.
  if [ -z "${OMNI_EXHAUSTIVE:-}" ]; then
    [ "$RC" = 0 ] && same "$T/there" "$T/whole" && return
    # And where there is nothing it is the undisturbed run.
    [ "$1" = fault_fresh ] && [ "$KIND" != pg ] && [ ! -e "$WHERE" ] && return
  fi
  fault_run "" "${ARGS[@]}"
  [ "$RC" = 0 ] || wrong "the next run: exit $RC: $(head -n 3 "$T/err")"
  holds_whole || wrong "the next run does not make it whole"
}

# fault_sweep BEFORE HOW_MANY CALL...: one check for each call and error, with HOW_MANY places of each. In a sample what is to make no difference
# (EINTR, short) comes to all calls in one run.
fault_sweep() {
  local before=$1 most=$2 point group last='' wrong=() n=0 how joint
  shift 2
  "$before"
  fault_counts "$T/counts" "${ARGS[@]}"
  is "$KIND, ${before#fault_}: an undisturbed run" "$RC" 0
  contents_to "$T/whole" "$KIND" "$WHERE"
  cat "$T/whole" >>"$T/whole.all"
  tell() {
    t_result $((${#wrong[@]} > 0)) "$KIND, ${before#fault_}: $last ($n)"
    [ ${#wrong[@]} = 0 ] || diag "${wrong[@]}"
  }
  try() { # POINT
    n=$((n + 1))
    fault_one "$before" "$1"
    [ ${#FAULT_WRONG[@]} = 0 ] || wrong+=("$1: ${FAULT_WRONG[@]}" "$(sed 's/^/    /' <<<"$FAULT_SAID")")
  }
  while read -r point; do
    group="${point%%:*} ${point#*:*:}"
    [ "$most" = 0 ] || [[ $group != *' EINTR' && $group != *' short' ]] || continue
    if [ "$group" != "$last" ]; then
      [ -z "$last" ] || tell
      last=$group n=0 wrong=()
    fi
    try "$point"
  done < <(fault_points "$T/counts" "$most" "$@" | sort -t: -k1,1 -k3 -k2,2n)
  [ -z "$last" ] || tell
  [ "$most" != 0 ] || return
  for how in EINTR short; do
    joint=$(fault_points "$T/counts" 2 "$@" | grep ":$how\$")
    # Each transfer of a file, one byte each.
    [ $how != short ] || joint=$(sed -E 's/^(p?writev?|preadv?):[0-9]*:/\1:1+:/' <<<"$joint" | sort -u)
    [ -n "$joint" ] || continue
    last="$how in $(cut -d: -f1 <<<"$joint" | sort -u | tr '\n' ' ')" n=0 wrong=()
    try "${joint//$'\n'/,}"
    n=$(wc -l <<<"$joint")
    tell
  done
}

FAULT_SINK_CALLS="open close read pread write pwrite fsync fdatasync rename renameat2 ftruncate unlink mkdir flock fcntl fchmod fstat stat lseek readdir"

# fault_whole_sink KIND CALL...: the test of one sink; no CALL: all.
fault_whole_sink() {
  local kind=$1 point
  shift
  # The sanitizers' own calls come through the same library, and are not to fail.
  if [ -z "${OMNI_EXHAUSTIVE:-}" ] && nm "$OMNI" 2>/dev/null | grep -q __asan_init; then
    [ "$T_COUNT" = 0 ] && skip_all "25-alloc.sh is the one for a build with sanitizers"
    skip "failing calls" "25-alloc.sh is the one for a build with sanitizers"
    finish
  fi
  fault_start
  fault_sink "$kind"
  if [ -n "${OMNI_EXHAUSTIVE:-}" ]; then
    fault_sweep fault_fresh 0 "$@"
    fault_sweep fault_again 0 "$@"
  else
    fault_sweep fault_fresh 1 "$@"
    # Where something is replaced, the calls that replace.
    fault_sweep fault_again 1 rename renameat2 unlink ftruncate
  fi
  finish
}
