#!/bin/bash
# Typed views of SQLite and PostgreSQL: one of each shape of result, alike in both, named once, made anew only where something changed.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may
KILLER=$(t_absolute "$top_builddir/tests/fault/killer")

pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET search_path = omni_export; SET timezone = 'UTC'; SET client_min_messages = warning" -c "$1"; }
PG=${OMNI_TEST_PG:+pg:$OMNI_TEST_PG}
# both NAME SQL EXPECTED: the same question, the same answer; asked with the others, by settle.
NAMES=() QUESTIONS=() EXPECTED=()
both() {
  NAMES+=("$1") QUESTIONS+=("SELECT '--8<--'; $2;") EXPECTED+=("$3")
}
settle() {
  local in all i IFS=$'\n'
  for in in SQLite ${PG:+PostgreSQL}; do
    if [ $in = SQLite ]; then all=$(sql "$T/a.db" "${QUESTIONS[*]}" 2>&1); else all=$(pg "${QUESTIONS[*]}" 2>&1); fi
    all+=$'\n'--8'<'--
    for i in "${!NAMES[@]}"; do
      all=${all#--8'<'--}
      is "${NAMES[$i]}: $in" "${all%%$'\n'--8'<'--*}" "${EXPECTED[$i]:+$'\n'}${EXPECTED[$i]}"
      all=--8'<'--${all#*$'\n'--8'<'--}
    done
  done
  NAMES=() QUESTIONS=() EXPECTED=()
}
in_both() { # SQL: done in both
  sql "$T/a.db" "$1"
  [ -z "$PG" ] || pg "$1"
}
views() { # NAME EXPECTED-CODE: makes them in both, which tell the same; the lines are in LINES
  run_omni views "$T/a.db"
  LINES=$(<"$T/out")
  is "$1" "$RC" "$2" || diag "$(<"$T/err")"
  [ -n "$PG" ] || return
  run_omni views "$PG"
  is "$1: in PostgreSQL, and the same" "$RC $(<"$T/out")" "$2 $LINES" || diag "$(<"$T/err")"
}
export_all() { # FILE [OPTION...]
  run_omni run "$@" -t "$T/a.db" ${PG:+-t "$PG"} --rate 0
}
line() { # VIEW: what was told of it
  grep -F " $1:" <<<"$LINES"
}

# --- the jobs ---
quote() { # TEXT: as JSON; sets QUOTED
  # What bash replaces in a long text takes it seconds.
  if [ ${#1} -gt 5000 ]; then
    QUOTED=\"$(sed 's/["\\]/\\&/g' <<<"$1" | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }')\"
    return
  fi
  QUOTED=${1//\\/\\\\}
  QUOTED=${QUOTED//\"/\\\"}
  QUOTED=\"${QUOTED//$'\n'/\\n}\"
}
answer() { # N TIME NAME CSV [MORE]: one job with one result
  local name csv
  quote "$3" && name=$QUOTED
  quote "$4" && csv=$QUOTED
  printf '{"job":"%s","result":[{"json":{"topic":"t%s","message":"m","actions":[{"type":"generate_query","timestamp":"%s","result":{"queryName":%s,"status":"success","csvResult":%s%s}}]}}' \
    "$(job "$1")" "$1" "$2" "$name" "$csv" "${5:-}"
  printf '%s]}\n' "${6:-}"
}
kinds='Code,Count,Price,Share,OK,Day,At,Mixed,Accounts,Note,Huge,None
00123,"1,234","$1,234.50",12.5%,Yes,2025-01-15,2025-01-15T10:00:00+02:00,5,"(1,234.5)",a,9223372036854775808,
00124,-7,($5.25),-3 %,no,2024-02-29,2025-01-15 10:00:00.250,n/a,7,,1,
,,,,,,,,,,,
00125,0,-$3,0%,TRUE,0001-01-01,2025-01-15 10:00 UTC,6,8,"b,c",2,'
labels='Name,name,NAME,"A ""quoted"" one","a,b",😀,,order,job_id,2024,"""); DROP TABLE jobs; --",it'"'"'s @#%s,"'$(printf 'x%.0s' {1..300})'","'$(printf 'x%.0s' {1..300})'"'
numbers=$(printf 'Zip,Amount,Flag,When,Other\n'; for i in 1 2 3 4 5 6 7 8 9; do printf '1234%d,%d.5,yes,2025-01-0%d,%d\n' $i $i $i $i; done; printf '99999,n/a,maybe,2025-02-30,10')
types=',"query":{"fields":["zip","amount","flag","when","other"]},"csvResultFields":{"zip":{"data_type":"STRING"},"amount":{"data_type":"NUMBER"},"flag":{"data_type":"YESNO"},"when":{"data_type":"DATE"},"other":{"data_type":"UNKNOWN"}}'
# What is none, or only nearly, in each column, beside nine times as much that is one.
odd=$(cat <<'ODD'
0 -0 007 1,234 12,34 0,123 1,2345 1,234.5,6 9223372036854775807 9223372036854775808 -9223372036854775809 9,223,372,036,854,775,807 5e3 1.5e+06 1.0e308 9.9e307 -2E-7 1e999 .5 5. +5 (5) (-5) () -(5) (1.5e+06) 1..2 --5 5- NaN Infinity 0x1F 1_000
$5 -$5 $-5 $_5 -$_5 -_$5 ($5) $(5) (5$) (5)$ 5$ 5_$ 5$6 5_$6 $$5 $5$ $1,234.50 $12,34 $007 CA$5 €5 -$-5 $_(5)
5% -3_% 5__% % 5%% (5%) 1,234.5% 07%
true FALSE Yes no t y on yes_ null
2024-02-29 2025-02-29 1900-02-29 2000-02-29 2026-02-30 2025-04-31 2025-13-01 0000-01-01 0001-01-01 9999-12-31 2025-1-5 20250115 now 2460000.50
2025-01-15T10:00 2025-01-15_10:00:00.10 2025-01-15T10:00:00.999999999 2025-01-15T10:00:59.9999999Z 2025-01-15T10:00:00z 2025-01-15_10:00_UTC 2025-01-15T10:00_Z 2025-01-15T10:00:00.5-05:30 2025-01-15T10:00+15:00 2025-01-15T10:00+02 2025-01-15T24:00 2025-01-15T23:59:60 2025-01-15__10:00 2025-01-15TT10:00 2025-01-15Z 9999-12-31T23:59:59-05:00 0001-01-01T00:00:00+05:00 9999-12-31T23:59:59Z 2025-02-30T10:00 2025-01-15T10:00:00.Z '2025-01-15' 2025-01-15;DROP
ODD
)
# The same for integers and dates alone, without what would make the column decimal, or a timestamp.
odd_integers=(-7 0 007 1,234 12,34 0,123 1,2345 9223372036854775807 -9223372036854775808 9,223,372,036,854,775,807 +5 5- -- 1_000 999,999,999,999,999,999 1e5 _5 5_ '٣')
odd_days=(2024-02-29 2025-02-29 1900-02-29 2000-02-29 2026-02-30 2025-04-31 2025-13-01 0000-01-01 0001-01-01 9999-12-31 2025-1-5 20250115 now 2460000.50 2025-01-15_ 01/15/2025)
odd_cells() {
  local cell i d n=0 k
  for cell in $odd; do
    i=${odd_integers[n % ${#odd_integers[@]}]} d=${odd_days[n % ${#odd_days[@]}]}
    cell=\"${cell//_/ }\" i=\"${i//_/ }\" d=${d//_/ } n=$((n + 1))
    printf '\n%s' "$i,$cell,$cell,$cell,$d,$cell,$cell"
    for k in 1 2 3 4 5 6 7 8 9; do printf '\n17,"$2,000.50",12.5%%,yes,2025-01-15,2025-01-15 10:00:00,%s.5' $k; done
  done
}
{
  answer 12 2025-01-18T10:00:00Z Odd "I,M,P,B,D,T,N$(odd_cells)" ',"query":{"fields":["n","n","n","b","d","t","n"]},"csvResultFields":{"n":{"data_type":"NUMBER"},"b":{"data_type":"BOOLEAN"},"d":{"data_type":"DATE"},"t":{"data_type":"TIMESTAMP"}}'
  answer 1 2025-01-10T10:00:00Z Kinds "$kinds"
  answer 2 2025-01-10T10:00:00Z '"); DROP TABLE jobs; --' "$labels"$'\n'"a,b,c,d,e,f,g,h,i,j,k,l,m,n"
  answer 3 2025-01-10T10:00:00Z "API types" "$numbers" "$types"
  answer 4 2025-01-12T10:00:00Z Sales $'A\n1\n2'
  answer 5 2025-01-11T10:00:00.5Z sales $'B\nx'
  answer 6 2025-01-13T10:00:00Z "Other name" $'A\n3'
  answer 7 2025-01-14T10:00:00Z Truncated $'L,V\n# FIRST 1 ROWS:\nf,1\n# LAST 2 ROWS:\nl,9\nshort' ',"csvResultWasTruncated":true,"totalRowCount":9'
  answer 8 2025-01-15T10:00:00Z "Sales again" $'A\n4' '' ',{"json":{"message":"nothing left","actions":[]}}'
  answer 9 2025-01-16T10:00:00Z Nothing 'X,Y'
  answer 10 2025-01-17T10:00:00Z Later $'A\nmany'
  answer 11 2025-01-17T10:00:00Z Wide "$(printf 'c%d,' {1..1000})z"
} >"$T/jobs.script"
t_start_server "$T/jobs.script"
for i in 1 2 3 4 5 6 7 8 9; do job $i; done >"$T/jobs.txt"
export_all "$T/jobs.txt"
is "a run without --views makes none" "$RC $(sql "$T/a.db" "SELECT count(*) FROM sqlite_master WHERE name LIKE 'v%'")" "0 0"
# What is in the way is the user's: a view, and a table in other letters.
in_both "CREATE VIEW v_kinds AS SELECT 'mine' AS whose"
sql "$T/a.db" "CREATE TABLE V_Other_Name (a)"
views "views are made" 0
is "one line for each" "$(grep -c '^+ v_' <<<"$LINES") $(wc -l <<<"$LINES")" "7 7"
kinds=$(sed -n 's/^+ \(v_kinds_[0-9a-f]*\): .*/\1/p' <<<"$LINES")
like "the user's view is left alone, ours has another name" "$(sql "$T/a.db" "SELECT whose FROM v_kinds") $kinds" '^mine v_kinds_[0-9a-f]{8}$'

# --- what the cells are read as ---
is "types, inferred" "$(line "$kinds")" "+ $kinds: code text, count integer, price money, share percent, ok boolean, day date, at timestamp, mixed text, accounts decimal, note text, huge decimal, none text"
both "integers" "SELECT sum(count), min(count), count(*) - count(count) FROM $kinds" "1227|-7|1"
both "money" "SELECT CAST(round(price * 100) AS INTEGER) FROM $kinds WHERE price IS NOT NULL ORDER BY row_index" $'123450\n-525\n-300'
both "per cent" "SELECT CAST(round(share * 1000) AS INTEGER) FROM $kinds WHERE share IS NOT NULL ORDER BY row_index" $'125\n-30\n0'
both "booleans" "SELECT CAST(ok AS INTEGER) FROM $kinds WHERE ok IS NOT NULL ORDER BY row_index" $'1\n0\n1'
both "dates" "SELECT CAST(day AS TEXT) FROM $kinds WHERE day < '2030-01-01' ORDER BY day" $'0001-01-01\n2024-02-29\n2025-01-15'
both "times, in UTC" "SELECT CAST(at AS TEXT) FROM $kinds WHERE at IS NOT NULL ORDER BY row_index" $'2025-01-15 08:00:00\n2025-01-15 10:00:00.25\n2025-01-15 10:00:00'
both "numbers in brackets are negative" "SELECT CAST(accounts * 10 AS INTEGER) FROM $kinds WHERE accounts IS NOT NULL ORDER BY row_index" $'-12345\n70\n80'
both "leading zeros stay, a misfit makes text, empty text is no null" "SELECT code, mixed, note, length(none) FROM $kinds WHERE row_index < 2 ORDER BY row_index" $'00123|5|a|0\n00124|n/a||0'
both "each row says whence it is" "SELECT job_id, topic, query_name, action_index, section, row_index FROM $kinds WHERE row_index = 3" "$(job 1)|t1|Kinds|0||3"
is "when it was asked" "$(sql "$T/a.db" "SELECT DISTINCT asked_at FROM $kinds")" "2025-01-10T10:00:00Z"
is "the catalogue" "$(sql "$T/a.db" "SELECT label, type, source, cells, empty, misfits FROM view_columns WHERE view_name = '$kinds' AND position IN (1, 3)")" $'Code|text|inferred|4|1|0\nPrice|money|inferred|4|1|0'
[ -z "$PG" ] || is "the catalogue is the same in both" "$(pg 'SELECT * FROM view_columns ORDER BY 1, 2')" "$(sql "$T/a.db" 'SELECT * FROM view_columns ORDER BY 1, 2')"
[ -z "$PG" ] || is "PostgreSQL's types" "$(pg "SELECT string_agg(format_type(atttypid, -1), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$kinds'::regclass AND attnum BETWEEN 8 AND 14")" \
  "text bigint numeric numeric boolean date timestamp without time zone"
[ -z "$PG" ] || is "money keeps its digits" "$(pg "SELECT price FROM $kinds WHERE row_index = 0")" "1234.50"

# --- what the API says they are ---
is "the API's types hold where nine of ten fit" "$(line v_api_types)" \
  "+ v_api_types: zip text, amount decimal (1 of 10 cells do not fit: null), flag boolean (1 of 10 cells do not fit: null), when_ date (1 of 10 cells do not fit: null), other integer"
both "what does not fit is null, and counted" "SELECT count(zip), count(amount), count(flag), count(when_), (SELECT sum(misfits) FROM view_columns WHERE view_name = 'v_api_types') FROM v_api_types" "10|9|9|9|3"
both "where the types are from" "SELECT column_name, source FROM view_columns WHERE view_name = 'v_api_types' ORDER BY position" $'zip|api\namount|api\nflag|api\nwhen_|api\nother|inferred'

# --- names ---
hash=$(sql "$T/a.db" "SELECT substr(column_name, -8) FROM view_columns WHERE label LIKE 'xxx%' AND position = 13")
both "columns' names: safe, unique, none of ours" "SELECT column_name FROM view_columns WHERE view_name = 'v_drop_table_jobs' ORDER BY position" \
  "$(printf '%s\n' name name_2 name_3 a_quoted_one a_b column_6 column_7 order_ job_id_2 c_2024 drop_table_jobs it_s_s "$(printf 'x%.0s' {1..54})_$hash" "$(printf 'x%.0s' {1..54})_$hash" | sed '14s/.*/'"$(printf 'x%.0s' {1..54})_${hash:0:6}_2"'/')"
both "they need no quotes" "SELECT order_, name_3, column_6, c_2024, drop_table_jobs, it_s_s FROM v_drop_table_jobs" "h|c|f|j|k|l"
both "the catalogue has the labels" "SELECT label FROM view_columns WHERE view_name = 'v_drop_table_jobs' AND position IN (4, 6, 7, 11, 12) ORDER BY position" \
  $'A "quoted" one\n😀\n\n"); DROP TABLE jobs; --\nit\'s @#%s'
both "no table is lost by names" "SELECT count(*) FROM jobs" 9
settle
like "of two shapes of one name the earlier one has it" "$(line v_sales) / $(grep -E '^\+ v_sales_' <<<"$LINES")" '^\+ v_sales: b text / \+ v_sales_[0-9a-f]{8}: a integer$'
sales=$(sed -n 's/^+ \(v_sales_[0-9a-f]*\): .*/\1/p' <<<"$LINES")
both "one shape is one view, whatever the queries are called" "SELECT query_name, a FROM $sales ORDER BY a" $'Sales|1\nSales|2\nOther name|3\nSales again|4'
both "truncated results, short rows" "SELECT section, l, coalesce(v, -1) FROM v_truncated ORDER BY row_index" $'first|f|1\nlast|l|9\nlast|short|-1'
both "a result without rows" "SELECT count(*), (SELECT count(*) FROM view_columns WHERE view_name = 'v_nothing') FROM v_nothing" "0|2"
settle
is "one job's rows are found by the job" "$(sql "$T/a.db" "EXPLAIN QUERY PLAN SELECT * FROM $sales WHERE job_id = '$(job 4)'" | grep -c SCAN)" 0
is "what is not asked for is not joined" "$(sql "$T/a.db" "EXPLAIN QUERY PLAN SELECT a FROM $sales" | grep -cE ' [ja] ')" 0
[ -z "$PG" ] || is "in PostgreSQL too" "$(pg "SET enable_seqscan = off; EXPLAIN SELECT * FROM $sales WHERE job_id = '$(job 4)'" | grep -c 'Seq Scan') $(pg "EXPLAIN SELECT a FROM $sales" | grep -cE '(jobs|actions)')" "0 0"

# --- again ---
state() { [ -z "$PG" ] || pg "SELECT relname, oid, xmin FROM pg_class WHERE relnamespace = 'omni_export'::regnamespace ORDER BY 1; SELECT xmin, view_name FROM views ORDER BY 2"; sha256sum "$T/a.db"; }
before=$(state)
views "made again" 0
is "all is as it was" "$(grep -vc '^=' <<<"$LINES")" 0
is "and nothing was touched" "$(state)" "$before"
run_omni views --json "$T/a.db"
is "--json" "$RC $(sql :memory: "SELECT count(*), max(value ->> 'results'), sum(value ->> 'state' = 'same'), sum(json_array_length(value -> 'columns')) FROM json_each(readfile('$T/out'), '\$.views')")" "0 7|3|7|37"
run_omni load --views --from "$T/a.db" -t "$T/loaded.db"
is "load --views" "$RC $(sql "$T/loaded.db" "SELECT group_concat(view_name) FROM (SELECT * FROM views WHERE view_name NOT LIKE 'v_kinds%' ORDER BY 1)")" \
  "0 $(sql "$T/a.db" "SELECT group_concat(view_name) FROM (SELECT * FROM views WHERE view_name NOT LIKE 'v_kinds%' ORDER BY 1)")"
run_omni views -q "$T/a.db"
is "-q" "$RC $(wc -c <"$T/out")" "0 0"

# --- a new result: the views have it at once; one that does not fit changes the type, with the next 'views' ---
[ -z "$PG" ] || pg "CREATE ROLE analyst; GRANT SELECT ON $sales TO analyst; CREATE VIEW mine AS SELECT sum(a) AS total FROM $sales"
job 10 >"$T/later.txt"
export_all "$T/later.txt"
both "a cell that does not fit is null until then" "SELECT count(*), count(a) FROM $sales" "5|4"
settle
run_omni views "$T/a.db"
is "then its column is text" "$RC $(grep -v '^=' "$T/out")" "0 * $sales: a text"
if [ -n "$PG" ]; then
  run_omni views "$PG"
  is "in PostgreSQL not while something depends on it" "$RC $(grep -vc '^=' "$T/out")" "5 1"
  like "which is said" "$(grep -v '^=' "$T/out")" "^! $sales: other objects depend on it .*cannot drop view omni_export\.$sales because"
  is "and the view is there as before" "$(pg "SELECT total FROM mine; SELECT type FROM view_columns WHERE view_name = '$sales'")" $'10\ninteger'
  pg "DROP VIEW mine"
  run_omni views "$PG"
  is "then it is" "$RC $(grep -v '^=' "$T/out")" "0 * $sales: a text"
  is "what was granted on it still is" "$(pg "SELECT has_table_privilege('analyst', '$sales', 'SELECT')")" t
fi
both "all is there" "SELECT a FROM $sales ORDER BY a" $'1\n2\n3\n4\nmany'

settle
# --- what is replaced counts no more; a view whose last result is gone stays, empty ---
job 8 >"$T/again.txt"
export_all "$T/again.txt" --refetch --views
is "run --views" "$RC" 0
both "a result that is gone is not counted" "SELECT results, (SELECT cells FROM view_columns WHERE view_name = '$sales') FROM views WHERE view_name = '$sales'" "3|4"
settle
in_both "DELETE FROM results WHERE job_id = '$(job 9)'"
views "a shape without results" 0
like "keeps its view" "$(line v_nothing)" "^= v_nothing: x text, y text"

# --- somebody has put something else in the place of ours ---
in_both "DROP VIEW v_truncated"
in_both "CREATE VIEW v_truncated AS SELECT 'theirs' AS whose"
in_both "DROP VIEW v_api_types"
views "a view of somebody else's, and one that is gone" 0
is "theirs is left alone" "$(sql "$T/a.db" "SELECT whose FROM v_truncated")" theirs
like "ours has another name, and what is gone is made again" "$(grep -v '^=' <<<"$LINES")" $'^\\+ v_api_types: .*\n\\+ v_truncated_[0-9a-f]{8}: l text, v integer$'
is "the catalogue knows it by its new name" "$(sql "$T/a.db" "SELECT count(DISTINCT view_name) FROM view_columns WHERE view_name LIKE 'v_truncated%'; SELECT count(*) FROM views WHERE query_name = 'Truncated'")" $'1\n1'

# --- what cannot be ---
job 11 >"$T/wide.txt"
export_all "$T/wide.txt" --views
is "a result with too many columns costs only its view" "$RC $(grep -c "no view of 'Wide': its columns are more" "$T/err") $(sql "$T/a.db" "SELECT state FROM jobs WHERE job_id = '$(job 11)'")" "0 $([ -n "$PG" ] && echo 2 || echo 1) stored"
for sink in csv: jsonl: raw: null:; do
  run_omni views "$sink$T/x"
  is "views ${sink}" "$RC $(grep -c 'is no database' "$T/err")" "2 1"
done
run_omni views "$T/nowhere.db"
is "a sink that is not there is not made" "$RC $(ls "$T/nowhere.db" 2>/dev/null)" "5 "
sqlite3 -batch "$T/foreign.db" "CREATE TABLE t (a)"
run_omni views "$T/foreign.db"
is "one that is none of ours" "$RC $(grep -c 'none of this program' "$T/err")" "5 1"
cp "$T/a.db" "$T/theirs.db"
sql "$T/theirs.db" "DROP TABLE views; CREATE TABLE views (page, n)"
run_omni views "$T/theirs.db"
is "tables of these names that are somebody else's" "$RC $(grep -c "that is not this program's" "$T/err")" "5 1"
[ -z "$PG" ] || {
  run_omni views "$PG" --pg-schema nowhere
  is "a schema that is not there is not made" "$RC $(grep -c 'none of this program' "$T/err") $(pg "SELECT count(*) FROM pg_namespace WHERE nspname = 'nowhere'")" "5 1 0"
}

# --- what is read of odd cells: the same in both, and as many as were counted ---
job 12 >"$T/odd.txt"
export_all "$T/odd.txt"
views "odd cells" 0
like "most are none" "$(line v_odd)" '^\+ v_odd: i integer \([0-9]+ of 1[0-9]{3} cells do not fit: null\), m money \(.*, p percent \(.*, b boolean \(.*, d date \(.*, t timestamp \(.*, n decimal \('
both "as many are read as were counted" "SELECT count(i), count(m), count(p), count(b), count(d), count(t), count(n) FROM v_odd" \
  "$(sql "$T/a.db" "SELECT group_concat(cells - empty - misfits, '|') FROM (SELECT * FROM view_columns WHERE view_name = 'v_odd' ORDER BY position)")"
settle
values="SELECT row_index, i, CAST(round(m * 1000) AS bigint), CAST(round(p * 100000) AS bigint), CAST(b AS integer), CAST(d AS text), CAST(t AS text),
  CAST(round(CASE WHEN abs(n) < 1e12 THEN n * 1000 END) AS bigint) FROM v_odd WHERE row_index % 10 = 0 ORDER BY row_index"
[ -z "$PG" ] || is "and all values are the same" "$(pg "$values")" "$(sql "$T/a.db" "$values")"
is "there are many" "$(($(sql "$T/a.db" "$values" | grep -c '|.*[^|]') > 60))" 1

# --- killed in mid-views: each view is the old one or the new one, and the catalogue says which ---
"$KILLER" 0 "$T/trace" close /bin/true
if [ $? = 77 ] || grep -q __asan_init "$OMNI"; then
  skip "killed in mid-views" "no program can be traced here"
else
  sql "$T/a.db" "DELETE FROM results WHERE query_name = 'Wide'; DELETE FROM view_columns; DELETE FROM views; DROP VIEW $sales; DROP VIEW v_nothing"
  picture() { sqlite3 -batch -bail "$1" "PRAGMA integrity_check; SELECT name, sql FROM sqlite_master ORDER BY 1; SELECT * FROM views ORDER BY 1; SELECT * FROM view_columns ORDER BY 1, 2" 2>&1; }
  old=$(picture "$T/a.db")
  cp "$T/a.db" "$T/k.db"
  : >"$T/trace"
  t_traced() { (OMNI=$KILLER t_omni "$1" "$T/trace" pwrite64,fsync,fdatasync,unlink,ftruncate "$TRACED" views "$2" >/dev/null 2>&1); }
  TRACED=$OMNI
  t_traced 0 "$T/k.db"
  points=$(wc -l <"$T/trace") new=$(picture "$T/k.db") bad=0 killed=0 seen=
  for n in $(seq 1 $((points / 8 + 1)) "$points"); do
    cp "$T/a.db" "$T/k.db"
    t_traced "$n" "$T/k.db"
    [ $? = 137 ] && killed=$((killed + 1))
    now=$(picture "$T/k.db")
    if [ "$now" = "$old" ]; then seen+=o; elif [ "$now" = "$new" ]; then seen+=n; else bad=$((bad + 1)) && diag "killed at $n of $points: neither"; fi
    rm -f "$T"/k.db*
  done
  is "killed in mid-views: the old ones or the new ones" "$bad $((killed >= 6))" "0 1"
  like "both were seen" "$seen" '^o+n+$'
fi
t_stop_server
finish
