#!/bin/bash
# verify: a sink against itself. All is well: nothing is said. Damage of every kind is found, and named with its job; --repair mends what can be.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may
OMNI_SETTINGS=("PGHOST=${PGHOST:-}" "PGPORT=${PGPORT:-}" "PGUSER=${PGUSER:-}" "PGDATABASE=${PGDATABASE:-}")

a=$(job 1) b=$(job 2) c=$(job 3) odd=$(job 4)
t_start_server - <<SCRIPT
{"job":"$a","result":{"csv_rows":20,"csv_cols":3}}
{"job":"$b","result":{"csv_rows":7,"csv_cols":2}}
{"job":"$c","result":{"json":{"message":"m","topic":"t","actions":[{"type":"x","message":"one"},{"type":"y","message":"two"}]}}}
{"job":"$odd","result":{"body":"<html>odd</html>"}}
SCRIPT
for i in 1 2 3 4; do job $i; done >"$T/jobs.txt"
run_omni run "$T/jobs.txt" --rate 0 --retry-wait 0 -t "$T/a.db" -t "jsonl:$T/zstd" -t "jsonl:$T/none?compress=none" -t "csv:$T/csv" -t "raw:$T/raw" \
  ${OMNI_TEST_PG:+-t "pg:$OMNI_TEST_PG"}
is "three jobs are stored, one is unreadable" "$RC" 3

# verified NAME SINK WANTED: the exit status, and the beginning of each line of standard output, up to the second colon or 70 bytes
verified() {
  run_omni verify "${@:4}" "$2"
  is "$1" "$RC $(sort "$T/out")" "$3"
}
# found NAME SINK REGEX...: it exits 1, and of each there is a line
found() {
  local name=$1 sink=$2 missing=
  shift 2
  run_omni verify "$sink"
  for regex; do grep -qE -- "$regex" "$T/out" || missing=$missing$regex; done
  is "$name" "$RC $missing" "1 " || diag "$(cat "$T/out" "$T/err")"
}
mended() { # NAME SINK: --repair leaves nothing, and the next look finds nothing
  run_omni verify --repair --rate 0 --retry-wait 0 "$2"
  local first=$RC
  [ "$first" = 0 ] || diag "$(cat "$T/out" "$T/err")"
  run_omni verify "$2"
  is "$1: mended" "$first $RC $(cat "$T/out")" "0 0 "
}

for sink in "$T/a.db" "jsonl:$T/zstd" "jsonl:$T/none" "csv:$T/csv" "raw:$T/raw" ${OMNI_TEST_PG:+"pg:$OMNI_TEST_PG"}; do
  verified "${sink%%:*}: all is well, and nothing is said" "$sink" "0 "
done
like "the summary" "$(cat "$T/err")" "4 jobs checked, all as they should be"
verified "-v: each job" "$T/a.db" "0 = $a
= $b
= $c
= $odd" -v
run_omni verify -q "$T/a.db"
is "-q: nothing at all" "$RC $(cat "$T/out" "$T/err")" "0 "

# --- a database ---
db() { # NAME SQL REGEX...: a copy of it with this damage
  cp "$T/a.db" "$T/d.db"
  sql "$T/d.db" "$2" >"$T/check.log" 2>&1 || diag "$(cat "$T/check.log")"
  found "SQLite: $1" "$T/d.db" "${@:3}"
}
rows_of="FROM results WHERE job_id"
row() { echo "row_key = (SELECT result_no << 32 | $1 $rows_of = '$a')"; }
db "bodies: a flipped byte, another job's, one that is gone" "UPDATE bodies SET body = CAST(substr(body, 1, 30) || x'ff' || substr(body, 32) AS BLOB) WHERE job_id = '$a';
  UPDATE bodies SET body = (SELECT body FROM bodies WHERE job_id = '$c') WHERE job_id = '$b'; DELETE FROM bodies WHERE job_id = '$odd'" \
  "^\* $a: its body: " "^\* $b: its body: the kept body is damaged" "^- $odd: its body is not there"
mended "SQLite: bodies" "$T/d.db"
db "a part of a body is gone; a digest edited" "UPDATE bodies SET part = 1 WHERE job_id = '$a'; UPDATE jobs SET body_sha256 = '$(printf '0%.0s' {1..64})' WHERE job_id = '$c'" \
  "^- $a: a part of its body is missing" "^\* $c: its body: .* SHA-256"
db "rows: deleted, added, a cell edited, a section" "DELETE FROM row_cells WHERE $(row 5); DELETE FROM row_cells WHERE $(row 6); INSERT INTO row_cells SELECT result_no << 32 | 20, NULL, '[\"x\"]' $rows_of = '$a';
  UPDATE row_cells SET cells = json_set(cells, '\$[1]', 'edited') WHERE $(row 9); UPDATE row_cells SET section = 'last' WHERE $(row 10); UPDATE row_cells SET cells = json_insert(cells, '\$[#]', 'more') WHERE $(row 11)" \
  "^- $a: rows 5 to 6 of action 0's result are missing" "^\+ $a: row 20 of action 0's result is not in its body" "^\* $a: row 9 of action 0's result: cell 1 is \"edited\", and in its body \"" \
  "^\* $a: row 10 of action 0's result: its section is last, and in its body null" "^\* $a: row 11 of action 0's result: it has 4 cells, and in its body 3"
mended "SQLite: rows" "$T/d.db"
db "cells that are none; actions: removed, added, edited" "UPDATE row_cells SET cells = '[1]' WHERE $(row 5); DELETE FROM actions WHERE job_id = '$c' AND action_index = 0;
  INSERT INTO actions (job_id, action_index) VALUES ('$c', 2); UPDATE actions SET message = 'Two' WHERE job_id = '$c' AND action_index = 1" \
  "^! $a: the cells of row 5 of action 0's result are damaged" "^- $c: action 0 is missing" "^\+ $c: action 2 is not in its body" "^\* $c: action 1: message is \"Two\", and in its body \"two\""
db "a result removed" "DELETE FROM results WHERE job_id = '$b'" "^- $b: the result of action 0 is missing" "^\+ row_cells: rows of result number [0-9]+, which is not there"
mended "SQLite: a result removed" "$T/d.db"
db "counts, a label, a topic" "UPDATE results SET row_count = 8, total_row_count = 9, columns = json_set(columns, '\$[0]', 'x') WHERE job_id = '$b'; UPDATE jobs SET row_count = 8 WHERE job_id = '$b';
  UPDATE jobs SET topic = char(27) || '[31m' WHERE job_id = '$c'" "^\* $b: row_count is 8, and in its body 7" "^\* $b: action 0's result: row_count is 8, and in its body 7" \
  "^\* $b: action 0's result: total_row_count is " "^\* $b: action 0's result: the label of column 0 is \"x\"" "^\* $c: topic is \"\\\\x1b\[31m\", and in its body \"t\""
db "a row of the ledger deleted" "DELETE FROM jobs WHERE job_id = '$a'" "^\+ $a: has actions, " "^\+ $a: has results, " "^\+ $a: has a body, "
mended "SQLite: a row of the ledger deleted" "$T/d.db"
cp "$T/a.db" "$T/d.db"
sql "$T/d.db" "DELETE FROM bodies WHERE job_id = '$a'; DELETE FROM bodies WHERE job_id = '$b'; DELETE FROM row_cells WHERE $(row 5); UPDATE actions SET message = 'x' WHERE job_id = '$b'"
found "SQLite: without a body counts alone are compared" "$T/d.db" "^\* $a: row_count is 20, and there are 19 rows" "^- $a: row 5 of action 0's result is missing"
like "and it says what is not proved" "$(cat "$T/err")" "1 job not proved"
cp "$T/a.db" "$T/d.db"
printf 'garbage' | dd of="$T/d.db" bs=1 seek=$((16384 * 7)) conv=notrunc status=none
run_omni verify "$T/d.db"
like "SQLite: a damaged page" "$RC $(cat "$T/out" "$T/err")" "^(1 .*the file: |5 .*malformed)"

# --- PostgreSQL ---
if [ -n "${OMNI_TEST_PG:-}" ]; then
  pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET search_path = omni_export" -c "$1"; }
  no="(SELECT result_no FROM results WHERE job_id = '$a')"
  pg "UPDATE row_cells SET cells[2] = 'edited' WHERE result_no = $no AND row_index = 5; DELETE FROM row_cells WHERE result_no = $no AND row_index IN (7, 8);
    UPDATE bodies SET body = set_byte(body, 20, get_byte(body, 20) # 255) WHERE job_id = '$b'; DELETE FROM actions WHERE job_id = '$c' AND action_index = 0;
    INSERT INTO row_cells VALUES (99, 0, NULL, '{}'); DELETE FROM bodies WHERE job_id = '$odd'"
  found "PostgreSQL: damage" "pg:$OMNI_TEST_PG" "^\* $a: row 5 of action 0's result: cell 1 is \"edited\"" "^- $a: rows 7 to 8 of action 0's result are missing" "^\* $b: its body: " \
    "^- $c: action 0 is missing" "^\+ row_cells: rows of result number 99, " "^- $odd: its body is not there"
  mended "PostgreSQL" "pg:$OMNI_TEST_PG"
  pg "UPDATE row_cells SET cells = '{{a,b},{c,d}}' WHERE result_no = $no AND row_index = 5; DELETE FROM jobs WHERE job_id = '$b'"
  found "PostgreSQL: cells of another shape, a row of the ledger deleted" "pg:$OMNI_TEST_PG" "^! $a: the cells of row 5 of action 0's result are damaged" "^\+ $b: has a body, "
  mended "PostgreSQL, again" "pg:$OMNI_TEST_PG"
fi

# --- bodies ---
body() { printf '%s/%s/%s.json.zst' "$T/d" "${1:0:2}" "$1"; }
raw() { # NAME COMMAND REGEX...: a copy of it with this damage
  rm -rf "$T/d"
  cp -r "$T/raw" "$T/d"
  eval "$2"
  found "raw: $1" "raw:$T/d" "${@:3}"
}
raw "a flipped byte, a file cut, an unreadable one removed, a file of no line" 'printf "\377" | dd of="$(body "$a")" bs=1 seek=30 conv=notrunc status=none; truncate -s -3 "$(body "$b")"
  rm "$T/d/unreadable/$odd.json.zst"; cp "$(body "$c")" "$(body "${c/3/9}")"' "^\* $a: its body: " "^\* $b: its body: " "^- $odd: its body is not there" "^\+ ${c/3/9}: a body of it is there"
raw "a file removed, a lost line, an edited line" 'rm "$(body "$a")"; sed -i "/$b/d; /$c/s/\"action_count\":2/\"action_count\":6/" "$T/d/manifest.jsonl"' "^- $a: its body is not there" "^\+ $b: a body of it is there" \
  "^\* $c: action_count is 6, and in its body 2"
mended "raw" "raw:$T/d"
rm -rf "$T/d" && cp -r "$T/raw" "$T/d"
sed -i '3s/{/[/' "$T/d/manifest.jsonl"
run_omni verify "raw:$T/d"
is "raw: a torn line in the midst: it says which" "$RC $(grep -c "line 3 cannot be read" "$T/err")" "5 1"

# --- folders ---
csv() { # NAME COMMAND REGEX...
  rm -rf "$T/d"
  cp -r "$T/csv" "$T/d"
  eval "$2"
  found "csv: $1" "csv:$T/d" "${@:3}"
}
table=$(cd "$T/csv/$a" && echo 0-*.csv)
csv "a cell edited, a file removed, a file added, a folder removed" 'sed -i "3s/./~/" "$T/d/$a/$table"; rm "$T/d/$c/answer.md" -r "$T/d/$b"; touch "$T/d/$c/more"' "^\* $a: '$a/$table' is not what was written" \
  "^- $c: '$c/answer.md' is not there" "^\+ $c: 'more' is in its folder" "^- $b: its folder is not there"
mended "csv" "csv:$T/d"
csv "a link in the place of a file, a name that leads out" 'ln -sf /etc/passwd "$T/d/$b/answer.md"; mv "$T/d/$a/$table" "$T/d/x"; ln -s ../x "$T/d/$a/$table"; sed -i "/$c/s|$c/answer.md|$c/../x|" "$T/d/manifest.jsonl"' \
  "^! $a: .*$table" "^\* $c: '$c/../x' in its manifest line is no file of its folder" "^! $b: .*answer.md.: it is a symbolic link"
csv "a row deleted, a lost line, an edited line, a folder of no line" 'sed -i 3d "$T/d/$a/$table"; sed -i "/$b/d; /$c/s/\"action_count\":2/\"action_count\":6/" "$T/d/manifest.jsonl"; cp -r "$T/d/$c" "$T/d/${c/3/9}"' \
  "^\* $a: '$a/$table' is not what was written" "^\+ $b: its folder is there" "^\* $c: action_count in the manifest is 6, and the rows of actions.csv are 2" "^\+ ${c/3/9}: its folder is there"
# Of an older version: no checksums. What can be counted is counted.
csv "an older ledger: counted, where it is not proved" 'sed -i "s/,\"digests\":[^]]*]//" "$T/d/manifest.jsonl"; sed -i 3d "$T/d/$a/$table"' "^\* $a: row_count in job.json is 20, and the rows of its CSV are 19"
like "and it says how many are not proved" "$(cat "$T/err")" "2 jobs not proved"

# --- parts ---
parts() { # NAME COMMAND REGEX...: of $from
  rm -rf "$T/d"
  cp -r "$T/$from" "$T/d"
  cd "$T/d" || exit
  eval "$2"
  cd "$OLDPWD" || exit
  found "jsonl ($from): $1" "jsonl:$T/d" "${@:3}"
}
for from in zstd none; do
  rows=$(cd "$T/$from" && echo result_rows/*/*)
  actions=$(cd "$T/$from" && echo actions/*/*)
  parts "a part cut" 'truncate -s -20 "$rows"' "^! $a: '$rows', which holds its rows, is damaged: " "^! $b: "
  parts "a part removed" 'rm "$actions"' "^- $a: '$actions' is not there, which holds its actions" "^- $b: " "^- $c: "
  [ $from = none ] || mended "jsonl ($from): a part removed" "jsonl:$T/d"
  parts "a lost line, a part of no line" 'sed -i "/$b/d" manifest.jsonl; cp "$actions" "${actions/0001/0009}"' "^\+ ${actions/0001/0009}: no line of the manifest names this part" "^\+ $b: '$rows' has rows of it, and no line of the manifest does"
  [ $from = zstd ] || mended "jsonl ($from): a lost line" "jsonl:$T/d"
done
parts "a cell edited, a line twice" 'sed -i "3s/\"cells\":\[\"./&~/" "$rows"; sed -i "\$p" "$actions"' "^\* $a: its rows in '$rows' are not those that were written" "^\* $c: '$actions' has 3 of its actions, and the manifest says 2"
mended "jsonl: a cell edited" "jsonl:$T/d"
parts "a row deleted, an edited line of the manifest" 'sed -i 3d "$rows"; sed -i "/$b/s/\"row_count\":7/\"row_count\":6/" manifest.jsonl' "^\* $a: '$rows' has 19 of its rows, and the manifest says 20" \
  "^\* $b: '$rows' has 7 of its rows, and the manifest says 6"
rm -rf "$T/d" && cp -r "$T/none" "$T/d"
sed -i 's/,"digests":[^]]*]//' "$T/d/manifest.jsonl"
verified "an older ledger: nothing is wrong" "jsonl:$T/d" "0 "
like "and nothing is proved" "$(cat "$T/err")" "3 jobs not proved: no body and no checksum is kept"
# A job that was replaced: what its old part still holds is no fault.
echo "$a" >"$T/one.txt"
run_omni run "$T/one.txt" --refetch --rate 0 -t "jsonl:$T/d"
verified "after a job was replaced" "jsonl:$T/d" "0 "
like "its lines are proved" "$(cat "$T/err")" "2 jobs not proved"

# --- a share; for programs; what cannot be ---
cp "$T/a.db" "$T/d.db"
sql "$T/d.db" "UPDATE jobs SET message = 'x'"
run_omni verify --sample 50%:7 "$T/d.db"
cp "$T/out" "$T/sampled"
run_omni verify --sample 50%:7 "$T/d.db"
is "--sample: half of the jobs, the same each time" "$RC $(cut -d: -f1 "$T/out" | sort -u | wc -l | tr -d ' ') $(cmp "$T/out" "$T/sampled")" "1 $(cut -d: -f1 "$T/sampled" | sort -u | wc -l | tr -d ' ') "
like "and the seed is told" "$(cat "$T/err")" "2 of 4 jobs checked, .*--sample 50%:7 takes the same"
run_omni verify --json "$T/d.db"
is "--json" "$(sqlite3 -batch :memory: "SELECT j ->> 'answer', j ->> 'exit_code', j ->> 'damaged', j ->> 'checked', j ->> '\$.differences[0].mark', j ->> '\$.differences[0].job_id' FROM (SELECT readfile('$T/out') AS j)")" "damaged|1|3|4|*|$a"
t_stop_server
sql "$T/d.db" "DELETE FROM bodies WHERE job_id = '$a'; UPDATE results SET row_count = 5 WHERE job_id = '$a'"
run_omni verify --repair --rate 0 --retries 0 --retry-wait 0 --connect-timeout 1 "$T/d.db"
is "--repair without the API: what has a body is mended, the rest is told" "$RC $(grep -c 'not repaired: ' "$T/err") $(sql "$T/d.db" "SELECT count(*) FROM jobs WHERE message = 'x' AND state = 'stored'")" "1 1 1"
for args in "null:" "$T/none.db" "--sample 0% $T/a.db" "--sample x $T/a.db"; do
  # shellcheck disable=SC2086 # two words
  run_omni verify $args
  is "verify $args: exit" "$RC $(cat "$T/out")" "$([[ $args = *none.db ]] && echo 5 || echo 2) "
done
finish
