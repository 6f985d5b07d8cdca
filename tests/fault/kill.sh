# kill.sh: what the tests that kill the program share; sourced after lib.sh and flat.sh. SINKS is what is under test.
#
# A sweep (sweep.pl) runs the same export again and again and kills it each time one call later. After each kill: nothing
# that is incomplete is called stored, by the word of tools that are not ours; one more run, which no lock holds up,
# makes of it exactly what a run makes that was never killed. One transfer at a time, so that the sweep is repeatable.
# OMNI_EXHAUSTIVE=1: every call; else a sample that has every kind of call.

FORGET=$(t_absolute "$top_builddir/tests/fault/forget.so")
DISK=$(t_absolute "$top_builddir/tests/fault/disk")
KILLER=$(t_absolute "$top_builddir/tests/fault/killer")
OPTS=(--rate 0 --retry-wait 0 --concurrency 1)
CALLS=write,pwrite64,writev,pwritev,fsync,fdatasync,sync_file_range,ftruncate,fallocate,fchmod,fchmodat,mkdir,mkdirat,unlink,unlinkat,rmdir,rename,renameat,renameat2,flock,fcntl,close

# Killing says nothing about memory, and is slow under sanitizers.
! grep -q __asan_init "$OMNI" || skip_all "the build without sanitizers is the one that is killed"
"$KILLER" 0 "$T/trace" close /bin/true
[ $? != 77 ] || skip_all "no program can be traced here"

answers() { # TAG
  local id
  for id in 1 2; do
    echo "{\"job\":\"$(job $id)\",\"result\":{\"json\":{\"message\":\"$1 $id\",\"actions\":[{\"type\":\"validate\"},{\"type\":\"generate_query\",\"result\":{\"queryName\":\"$1\",\"csvResult\":\"A,B\\n$1,$id\\n2,$1\\n\"}},{\"type\":\"generate_query\",\"result\":{\"queryName\":\"r\",\"csvResult\":\"C\\n$1\\n\"}}]}}}"
  done
  echo "{\"job\":\"$(job 3)\",\"result\":{\"body\":\"odd $1\"}}"
  echo "{\"job\":\"$(job 4)\",\"result\":{\"status\":404,\"envelope\":\"published\",\"message\":\"Job not found\"}}"
  echo "{\"job\":\"$(job 5)\",\"result\":{\"json\":{\"message\":\"other\"}}}"
}

# perl_here SCRIPT...: in the environment that the program has.
perl_here() (
  OMNI=perl
  OMNI_SETTINGS+=(${OMNI_TEST_PG:+"OMNI_TEST_PG=$OMNI_TEST_PG"})
  t_omni "$srcdir/tests/fault/$1" "${@:2}"
)

place() { # FOLDER SINK
  case $2 in
  sqlite) echo "$1/sqlite/a.db" ;;
  pg) echo omni_export ;;
  *) echo "$1/$2" ;;
  esac
}

# export_to FOLDER [OPTION...]: a run that is not killed, and a note of what it made.
export_to() {
  local sink words=()
  for sink in ${SINKS//,/ }; do
    if [ "$sink" = pg ]; then words+=(-t "pg:$OMNI_TEST_PG"); else words+=(-t "$sink:$(place "$1" "$sink")"); fi
  done
  [ -d "$1" ] || mkdir -p "$1/sqlite"
  run_omni run "$T/${LIST:-four}.txt" "${words[@]}" "${OPTS[@]}" "${@:2}"
}
note() { # FOLDER
  local sink
  for sink in ${SINKS//,/ }; do perl_here contents.pl "$sink" "$(place "$1" "$sink")" | sed "s/^/$sink /"; done >"$1/held"
  [ "$SINKS" != pg ] || pg_dump -d "$OMNI_TEST_PG" -n omni_export >"$1/dump.sql"
}
# What the sweep left of the server goes.
to_old() {
  cp -a "$T/old" "$T/new"
  [ "$SINKS" != pg ] || psql -X -q -o /dev/null -d "$OMNI_TEST_PG" -c 'DROP SCHEMA IF EXISTS omni_export CASCADE' -f "$T/old/dump.sql" 2>"$T/psql.err"
}

# sweep HOW NAME BEFORE WHOLE POINTS LEAST [SETTING...] -- [OPTION...]
sweep() {
  local how=$1 name=$2 before=$3 whole=$4 points=$5 least=$6
  shift 6
  [ -z "${OMNI_EXHAUSTIVE:-}" ] || points=0
  perl_here sweep.pl "$how" t="$T" omni="$OMNI" killer="$KILLER" forget="$FORGET" disk="$DISK" sinks="$SINKS" calls="$CALLS" \
    before="$before" whole="$whole" points="$points" least="$least" "$@" "${OPTS[@]}" "${OPTIONS[@]}" >"$T/sweep.log" 2>&1
  local rc=$?
  sed 's/^[^#]/# &/' "$T/sweep.log"
  t_result $((rc != 0)) "$name"
}

# kill_everything HOW POINTS LEAST: a first export, and one that replaces what is there.
kill_everything() {
  local how=$1 points=$2 least=$3 id
  for id in 1 2 3 4; do job $id; done >"$T/four.txt"
  { job 1; job 2; } >"$T/two.txt"
  job 2 >"$T/second.txt"
  job 5 >"$T/five.txt"
  answers old >"$T/old.script"
  answers new >"$T/new.script"
  OPTIONS=()
  t_start_server "$T/old.script"
  export_to "$T/old"
  is "the export" "$RC" 4
  note "$T/old"
  sweep "$how" "$how, first export" "" "$T/old" "$points" "$least" --
  t_stop_server
  OPTIONS=(--refetch)
  t_start_server "$T/new.script"
  to_old
  export_to "$T/new" --refetch
  note "$T/new"
  is "what is stored is new" "$(grep -c ' stored ' "$T/new/held") $(grep ' stored ' "$T/new/held" | grep -cFf "$T/old/held")" "$(grep -c ' stored ' "$T/old/held") 0"
  is "the unreadable body that came first stays" "$(grep ' unreadable ' "$T/new/held")" "$(grep ' unreadable ' "$T/old/held")"
  sweep "$how" "$how, replacing" "$T/old" "$T/new" "$points" "$least" --
  [ "$SINKS" != csv ] || sweep "$how" "$how, replacing where folders cannot be exchanged" "$T/old" "$T/new" "$points" "$least" exchange=no --
  # The part of the others is rewritten without it.
  if [ "$SINKS" = jsonl ]; then
    cp -a "$T/old" "$T/one"
    LIST=second export_to "$T/one" --refetch
    note "$T/one"
    is "one is new" "$(grep -cvFxf "$T/old/held" "$T/one/held")" 1
    sweep "$how" "$how, replacing one" "$T/old" "$T/one" "$points" "$least" list=second --
  fi
  t_stop_server
  finish
}
