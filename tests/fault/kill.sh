# kill.sh: what the tests that kill the program share; sourced after lib.sh and flat.sh. SINK is the scheme under test.
#
# A sweep runs the same export again and again and kills it each time one call later. After each kill: nothing that is
# incomplete is called stored, by the word of tools that are not ours; one more run, which no lock holds up, makes of it
# exactly what a run makes that was never killed. One transfer at a time, so that the sweep is repeatable.
# OMNI_EXHAUSTIVE=1: every call; else a sample that has every kind of call.

FORGET=$(t_absolute "$top_builddir/tests/fault/forget.so")
DISK=$(t_absolute "$top_builddir/tests/fault/disk")
OPTS=(--rate 0 --retry-wait 0 --concurrency 1)
POINTS=0
WRONG=0

# Killing says nothing about memory, and is slow under sanitizers.
! grep -q __asan_init "$OMNI" || skip_all "the build without sanitizers is the one that is killed"

target() { [ "$SINK" = sqlite ] && echo "$1/out/a.db" || echo "$1/out"; } # FOLDER
sink_of() { # FOLDER
  [ "$SINK" != both ] || { echo "-t raw:$1/out -t jsonl:$1/lake"; return; }
  echo "-t $SINK:$(target "$1")"
}

answers() { # TAG
  local id
  for id in 1 2; do
    echo "{\"job\":\"$(job $id)\",\"result\":{\"json\":{\"message\":\"$1 $id\",\"actions\":[{\"type\":\"validate\"},{\"type\":\"generate_query\",\"result\":{\"queryName\":\"$1\",\"csvResult\":\"A,B\\n$1,$id\\n2,$1\\n\"}},{\"type\":\"generate_query\",\"result\":{\"queryName\":\"r\",\"csvResult\":\"C\\n$1\\n\"}}]}}}"
  done
  echo "{\"job\":\"$(job 3)\",\"result\":{\"body\":\"$1 odd\"}}"
  echo "{\"job\":\"$(job 4)\",\"result\":{\"status\":404,\"envelope\":\"published\",\"message\":\"Job not found\"}}"
  echo "{\"job\":\"$(job 5)\",\"result\":{\"json\":{\"message\":\"other\"}}}"
}
# The lines of a manifest that count, without what differs from run to run.
ledger() { # DIR
  tail -n +2 "$1/manifest.jsonl" | awk '{last[substr($0, 1, 50)] = $0} END {for (id in last) print last[id]}' | sort |
    sed -E 's/"(content|run_id|stored_at|requested_at|fetched_at|expires_at|attempts)":("[^"]*"|[0-9]+|null)/"\1":/g; s/"parts":\[[^]]*\]//'
}
steady_files() { # DIR
  (cd "$1" && find . -type f ! -name manifest.jsonl ! -path '*stored_date*' | LC_ALL=C sort | xargs -r grep -a '' /dev/null |
    sed -E 's/"(content|run_id|stored_at|requested_at|fetched_at|expires_at|attempts)":("[^"]*"|[0-9]+|null)/"\1":/g' | tr -d '\0')
}

contents_raw() { ledger "$1" && steady_files "$1" | sha256sum && find "$1" -type f | sed "s|^$1/||" | sort; }
torn_raw() {
  local id file
  for id in 1 2; do
    [ "$(of "$1" $id "line ->> 'state'")" = stored ] || continue
    file=$1/.new-$(job $id)-$(of "$1" $id "line ->> 'content'")
    [ -e "$file" ] || file=$1/00/$(job $id).json.zst
    [ "$(zstd -dcq <"$file" | sha256sum | cut -d' ' -f1)" = "$(of "$1" $id "line ->> 'body_sha256'")" ] || echo "job $id"
  done
}

contents_csv() { ledger "$1" && steady_files "$1"; }
torn_csv() {
  local id folder content
  for id in 1 2; do
    [ "$(of "$1" $id "line ->> 'state'")" = stored ] || continue
    content=$(of "$1" $id "line ->> 'content'")
    folder=$1/.new-$(job $id)-$content
    grep -q "$content" "$folder/job.json" 2>/dev/null || folder=$1/$(job $id)
    [ -d "$folder" ] || folder=$1/.old-$(job $id)
    # Five files, each of the same version: the tag of answers() is in all of them.
    { grep -q "$content" "$folder/job.json" && tail -n 1 "$folder/job.json" | grep -q '}$' &&
      [ "$(cat "$folder"/{answer.md,[0-9]*.csv} | grep -oE 'old|new' | sort | uniq -c | tr -s ' ')" = " 4 $(grep -oE 'old|new' "$folder/answer.md")" ] &&
      [ "$(wc -l <"$folder/actions.csv")" = 4 ]; } || echo "job $id"
  done
}

# lake DIR: the lines of its parts, in $T/load.db.
lake() {
  local table imports=()
  rm -f "$T/load.db"
  for table in jobs actions results result_rows; do
    find "$1/$table" -type f -path '*stored_date*' 2>/dev/null | xargs -r zstd -dcq >"$T/lines.$table"
    imports+=("CREATE TABLE $table(line);" ".import $T/lines.$table $table")
  done
  tail -n +2 "$1/manifest.jsonl" >"$T/lines.manifest"
  printf '%s\n' .bail\ on ".mode ascii" '.separator "\037" "\n"' "${imports[@]}" "CREATE TABLE manifest(line);" ".import $T/lines.manifest manifest" "
    CREATE VIEW last AS SELECT max(rowid), line, line ->> 'job_id' AS id, line ->> 'state' AS state, line -> 'parts' AS parts FROM manifest GROUP BY line ->> 'job_id';
    CREATE VIEW counted AS SELECT t, l.line FROM (SELECT 'jobs' AS t, line FROM jobs UNION ALL SELECT 'actions', line FROM actions UNION ALL
      SELECT 'results', line FROM results UNION ALL SELECT 'result_rows', line FROM result_rows) l JOIN last ON id = l.line ->> 'job_id'
      WHERE EXISTS (SELECT 1 FROM json_each(parts) WHERE value LIKE t || '/stored_date=____-__-__/' || (l.line ->> 'part'));" |
    sqlite3 -batch "$T/load.db"
}
contents_jsonl() {
  ledger "$1"
  steady_files "$1" # the note and whatever is under .new would be here
  lake "$1"
  sql "$T/load.db" "SELECT t, json_remove(line, '\$.part', '\$.run_id', '\$.stored_at', '\$.requested_at', '\$.fetched_at', '\$.expires_at', '\$.attempts') FROM counted ORDER BY 1, 2;
    SELECT 'waste', (SELECT count(*) FROM jobs) + (SELECT count(*) FROM actions) + (SELECT count(*) FROM results) + (SELECT count(*) FROM result_rows) - (SELECT count(*) FROM counted)"
}
torn_jsonl() {
  lake "$1"
  sql "$T/load.db" "SELECT id FROM last WHERE state = 'stored' AND (1, last.line ->> 'row_count', last.line ->> 'action_count', last.line ->> 'result_count') IS NOT
    (SELECT sum(t = 'jobs'), sum(t = 'result_rows'), sum(t = 'actions'), sum(t = 'results') FROM counted c WHERE c.line ->> 'job_id' = id)"
}

contents_sqlite() { # its folder
  (cd "$1" && echo *)
  sql "$1/a.db" "PRAGMA integrity_check; SELECT job_id, state, message, row_count, body_sha256, error FROM jobs ORDER BY 1;
    SELECT job_id, action_index, type FROM actions ORDER BY 1, 2; SELECT job_id, action_index, query_name, columns, row_count FROM results ORDER BY 1, 2;
    SELECT * FROM result_rows ORDER BY 1, 2, 3; SELECT job_id, part, hex(body) FROM bodies ORDER BY 1, 2"
}
torn_sqlite() {
  local id
  rm -f "$T"/body-*
  sql "$1/a.db" "SELECT 'integrity' WHERE (SELECT integrity_check FROM pragma_integrity_check) <> 'ok'" || echo unreadable
  [ -n "$(sql "$1/a.db" "SELECT 1 FROM sqlite_schema WHERE name = 'jobs'")" ] || return 0
  sql "$1/a.db" "SELECT job_id FROM jobs j WHERE state = 'stored' AND (row_count, action_count, result_count, 1) IS NOT ((SELECT count(*) FROM result_rows r WHERE r.job_id = j.job_id),
    (SELECT count(*) FROM actions a WHERE a.job_id = j.job_id), (SELECT count(*) FROM results a WHERE a.job_id = j.job_id), (SELECT count(*) FROM bodies b WHERE b.job_id = j.job_id))"
  sql "$1/a.db" "SELECT writefile('$T/body-' || job_id, body) FROM bodies JOIN jobs USING (job_id) WHERE state = 'stored'" >/dev/null
  for id in "$T"/body-*; do
    [ -e "$id" ] || continue
    [ "$(zstd -dcq <"$id" | sha256sum | cut -d' ' -f1)" = "$(sql "$1/a.db" "SELECT body_sha256 FROM jobs WHERE job_id = '${id#"$T/body-"}'")" ] || echo "${id##*/}"
  done
}

contents() { # FOLDER
  [ "$SINK" != both ] || { contents_raw "$1/out" && contents_jsonl "$1/lake"; return; }
  "contents_$SINK" "$1/out"
}
torn() { # FOLDER: jobs that are called stored and are not
  case $SINK in
  sqlite) [ ! -s "$1/out/a.db" ] || torn_sqlite "$1/out" ;;
  both)
    [ ! -s "$1/out/manifest.jsonl" ] || torn_raw "$1/out"
    [ ! -s "$1/lake/manifest.jsonl" ] || torn_jsonl "$1/lake"
    ;;
  *) [ ! -s "$1/out/manifest.jsonl" ] || "torn_$SINK" "$1/out" ;;
  esac
}

# wrong POINT WHAT [GOT EXPECTED]: the sweep fails, and says where.
wrong() {
  WRONG=$((WRONG + 1))
  [ $WRONG -le 5 ] || return 0
  diag "$1: $2"
  [ $# -lt 4 ] || diff <(echo "$4") <(echo "$3") | head -n 12 | sed 's/^/#   /'
}
swept() { # NAME
  t_result $((WRONG != 0)) "$1"
  WRONG=0
}

export_to() { # FOLDER [OPTION...]
  local folder=$1
  shift
  # shellcheck disable=SC2046 # the words of sink_of
  run_omni run "${LIST:-$T/four.txt}" $(sink_of "$folder") "${OPTS[@]}" "$@"
}

# again POINT FOLDER EXPECTED [OPTION...]: one more run makes it whole.
again() {
  local point=$1 folder=$2 expected=$3 got
  shift 3
  export_to "$folder" "$@"
  case $RC in 3 | 4) ;; *) wrong "$point" "the next run returned $RC: $(tail -n 1 "$T/err")" ;; esac
  got=$(contents "$folder" 2>&1)
  [ "$got" = "$expected" ] || wrong "$point" "the next run does not make it whole" "$got" "$expected"
}

fresh() { # FOLDER BEFORE: what a run is to find
  rm -rf "$1"
  if [ -n "$2" ]; then cp -a "$2" "$1"; else
    mkdir "$1"
    [ "$SINK" != sqlite ] || mkdir "$1/out"
  fi
}

# --- strace ---

# points FOLDER BEFORE [OPTION...]: what a run that is not killed calls, SYSCALL:N a line. strace counts for each
# thread: of the N-th calls of two threads the first one is hit. forget.sh counts for all of them.
points() {
  local folder=$1 whole=$OMNI step=${OMNI_EXHAUSTIVE:+1}
  fresh "$1" "$2"
  shift 2
  printf '#!/bin/sh\nexec strace -f -o %s -e trace=%s %s "$@"\n' "$T/trace" \
    'write,pwrite64,writev,pwritev,/^f.*sync,/sync_file,/^rename,/truncate,/^unlink,/^mkdir,flock,fcntl,close,/chmod,fallocate' "$OMNI" >"$T/tracer"
  chmod +x "$T/tracer"
  OMNI=$T/tracer
  export_to "$folder" "$@"
  OMNI=$whole
  sed -nE 's/^([0-9]+) +([a-z_0-9]+)\(.*/\1 \2/p' "$T/trace" | sort | uniq -c | awk -v step="${step:-$SAMPLE}" '
    $1 > most[$3] {most[$3] = $1}
    END {for (s in most) {first = 1 + k++ % step; if (first > most[s]) first = most[s]; for (n = first; n <= most[s]; n += step) print s ":" n}}' | sort
}

# kill_sweep NAME BEFORE EXPECTED [OPTION...]
kill_sweep() {
  local name=$1 before=$2 expected=$3 n=0 missed=0 got point
  shift 3
  local all
  all=$(points "$T/p" "$before" "$@")
  for point in $all; do
    fresh "$T/k" "$before"
    local words
    words=$(sink_of "$T/k")
    # shellcheck disable=SC2086 # the words of sink_of
    killed_run "$point" run "$T/four.txt" $words "${OPTS[@]}" "$@"
    n=$((n + 1))
    # Of calls that depend on the time (a rate file that is looked at once more) there may be one less.
    [ "$RC" = 137 ] || missed=$((missed + 1))
    got=$(torn "$T/k" 2>&1)
    [ -z "$got" ] || wrong "killed in $point" "called stored, and is not: $got"
    again "killed in $point" "$T/k" "$expected" "$@"
  done
  POINTS=$((POINTS + n - missed))
  diag "$name: $((n - missed)) kill points, $missed not reached"
  [ $((n - missed)) -gt $((n * 3 / 4)) ] || wrong "$name" "only $((n - missed)) of $n runs were killed"
  swept "$name: killed in any call"
}

# --- the disk that forgets ---

forgetful_run() { # N FOLDER [OPTION...]: exit code in RC
  local n=$1 folder=$2
  shift 2
  OMNI_SETTINGS=(LD_PRELOAD="$FORGET" FORGET_ROOT="$folder" FORGET_DISK="$T/disk" FORGET_KILL="$n")
  export_to "$folder" "$@" 2>/dev/null
  OMNI_SETTINGS=()
}
durable() { # FOLDER: all that is there is on the disk
  rm -rf "$T/disk"
  mkdir "$T/disk"
  find "$1" -print0 | FORGET_ROOT=$1 FORGET_DISK=$T/disk LD_PRELOAD=$FORGET xargs -0 sync
}
# stored FOLDER: how many jobs the ledger calls stored.
stored() {
  local id
  if [ "$SINK" = sqlite ]; then
    sql "$1/out/a.db" "SELECT count(*) FROM jobs WHERE state = 'stored'"
  else
    for id in 1 2; do of "$1/out" $id "line ->> 'state'"; done | grep -c stored
  fi
}

# settled_later NAME BEFORE [OPTION...]: what one run stored must not hang on what the next one syncs: of another job.
settled_later() {
  local name=$1 variant got
  fresh "$T/k" "$2"
  shift 2
  durable "$T/k"
  forgetful_run 0 "$T/k" "$@"
  LIST=$T/five.txt forgetful_run 0 "$T/k"
  for variant in nothing names bytes; do
    rm -rf "$T/d"
    "$DISK" $variant "$T/k" "$T/disk" "$T/d" || wrong "$name" "disk failed"
    got=$(torn "$T/d" 2>&1)
    [ -z "$got" ] && [ "$(stored "$T/d")" = 2 ] || wrong "$name, $variant survives" "not all that was stored is on the disk: $got"
  done
  swept "$name: then a run of another job, and the power goes"
}

# forget_sweep NAME BEFORE EXPECTED [OPTION...]: kills, and takes the power away: at once, and after one more run.
forget_sweep() {
  local name=$1 before=$2 expected=$3 n total=0 step=${OMNI_EXHAUSTIVE:+1} killed=0 got variant variants point
  shift 3
  step=${step:-$SAMPLE}
  fresh "$T/k" "$before"
  durable "$T/k"
  forgetful_run 0 "$T/k" "$@"
  total=$(cat "$T/disk/calls")
  for ((n = 1; n <= total + 1; n += (n + step > total + 1 && n <= total ? total + 1 - n : step))); do
    fresh "$T/k" "$before"
    durable "$T/k"
    forgetful_run $n "$T/k" "$@"
    [ "$RC" != 137 ] || killed=$((killed + 1))
    point="call $n of $total ($(cat "$T/disk/died" 2>/dev/null || echo the end))"
    variants=(nothing names bytes)
    [ -n "${OMNI_EXHAUSTIVE:-}" ] || [ $n -gt $total ] || variants=("${variants[n / step % 3]}")
    for variant in "${variants[@]}"; do
      rm -rf "$T/d"
      "$DISK" $variant "$T/k" "$T/disk" "$T/d" || wrong "$point" "disk failed"
      got=$(torn "$T/d" 2>&1)
      [ -z "$got" ] || wrong "$point, $variant survives" "called stored, and is not: $got"
      if grep -q 'jobs stored' "$T/err" && [ "$(stored "$T/d")" != 2 ]; then
        wrong "$point, $variant survives" "was reported as stored, and is not there"
      fi
      again "$point, $variant survives" "$T/d" "$expected" "$@"
    done
    # The program alone was killed; the run after it says that both are stored; then the power goes. It asks for no
    # other job, whose line would be synced with what it found.
    LIST=$T/two.txt forgetful_run 0 "$T/k" "$@"
    rm -rf "$T/d"
    "$DISK" nothing "$T/k" "$T/disk" "$T/d" || wrong "$point" "disk failed"
    got=$(torn "$T/d" 2>&1)
    [ -z "$got" ] && [ "$(stored "$T/d")" = 2 ] || wrong "$point, then a whole run" "not all that it stored is on the disk: $got"
    again "$point, then a whole run" "$T/d" "$expected" "$@"
  done
  settled_later "$name" "$before" "$@"
  diag "$name: $killed kill points of $total"
  POINTS=$((POINTS + killed))
  [ $killed -gt 0 ] || wrong "$name" "never killed"
  swept "$name: the power goes after any call"
}

# kill_everything: a first export, and one that replaces what is there.
kill_everything() {
  local sweep old new
  for id in 1 2 3 4; do job $id; done >"$T/four.txt"
  { job 1; job 2; } >"$T/two.txt"
  job 5 >"$T/five.txt"
  answers old >"$T/old.script"
  answers new >"$T/new.script"
  t_start_server "$T/old.script"
  fresh "$T/old" ""
  export_to "$T/old"
  is "the export" "$RC $(torn "$T/old")" "4 "
  export_to "$T/old"
  old=$(contents "$T/old")
  for sweep; do "${sweep}_sweep" "$sweep, first export" "" "$old"; done
  t_stop_server
  t_start_server "$T/new.script"
  fresh "$T/new" "$T/old"
  export_to "$T/new" --refetch
  new=$(contents "$T/new")
  check "the new ones differ" test "$new" != "$old"
  for sweep; do "${sweep}_sweep" "$sweep, replacing" "$T/old" "$new" --refetch; done
  t_stop_server
  diag "$POINTS kill points"
  finish
}
