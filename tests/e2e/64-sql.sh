#!/bin/bash
# Labels, names and texts reach SQL only as data; a database file of somebody who means harm.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

# shellcheck disable=SC2016 # nothing is to be expanded
names=('Robert'"'"'); DROP TABLE jobs;--' '"; DELETE FROM jobs; --' '\'"'"'; --' '$$; DROP SCHEMA omni_export CASCADE; $$' '?1 :a @b $c $1' '[jobs]' '`jobs`' "E'\\\\x00'" '\.' '/* x' 'job_id' 'NULL' '%s%n%p' '{{x}}')
json() { sed 's/\\/\\\\/g; s/"/\\"/g'; }
labels=$(printf '%s\n' "${names[@]}" | sed 's/"/""/g; s/.*/"&"/' | paste -sd, | json)
cells=$(printf '%s\n' "${names[@]}" | sed 's/"/""/g; s/.*/"&"/' | paste -sd, | json)
script() {
  local n=1 name
  for name in "${names[@]}"; do
    name=$(json <<<"$name")
    printf '{"job":"%s","result":{"json":{"topic":"%s","message":"%s","omniChatUrl":"%s","resultSummary":"%s","%s":1,"actions":[{"type":"%s","message":"%s","status":"%s","%s":2,"result":{"resultId":"%s","queryName":"%s","status":"%s","query":{"%s":3},"csvResult":"%s\\n%s\\n","%s":4}}]}}}\n' \
      "$(job $n)" "$name" "$name" "$name" "$name" "x$name" "$name" "$name" "$name" "x$name" "$name" "$name" "$name" "x$name" "$labels" "$cells" "x$name"
    n=$((n + 1))
  done
}
script >"$T/jobs.script"
t_start_server "$T/jobs.script"
for i in "${!names[@]}"; do job $((i + 1)); done >"$T/jobs.txt"
to=(-t "$T/a.db" -t "jsonl:$T/jsonl?compress=none" -t "csv:$T/csv")
[ -z "${OMNI_TEST_PG:-}" ] || to+=(-t "pg:$OMNI_TEST_PG")
run_omni run "$T/jobs.txt" "${to[@]}" --rate 0
is "names that are SQL are stored in every sink" "$RC $(wc -l <"$T/err")" "0 1"
for i in "${!names[@]}"; do printf '%s\n' "${names[$i]}"; done >"$T/names"
cat >"$T/expect.sql" <<SQL
CREATE TABLE n (k INTEGER PRIMARY KEY, name TEXT);
$(for i in "${!names[@]}"; do printf "INSERT INTO n VALUES (%d, cast(x'%s' AS TEXT));\n" "$i" "$(printf %s "${names[$i]}" | od -An -v -tx1 | tr -d ' \n')"; done)
SQL
sqlite3 -batch "$T/names.db" <"$T/expect.sql"
is "SQLite: each as it came, in every column" "$(sqlite3 -batch "$T/names.db" "ATTACH '$T/a.db' AS a;
  SELECT count(*) FROM n JOIN a.jobs AS j ON j.job_id = printf('%08d-0000-4000-8000-000000000000', n.k + 1) JOIN a.actions AS c USING (job_id) JOIN a.results AS r USING (job_id)
    JOIN a.result_rows AS w USING (job_id)
  WHERE j.topic = name AND j.message = name AND j.omni_chat_url = name AND j.result_summary = name AND c.type = name AND c.message = name AND c.status = name
    AND r.query_name = name AND r.result_id = name AND r.columns = (SELECT json_group_array(name) FROM (SELECT name FROM n ORDER BY k)) AND w.cells = r.columns
    AND json(j.extra) = json_object('x' || name, 1)")" "${#names[@]}"
is "no table was made or lost by them" "$(sql "$T/a.db" "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name)")" \
  "actions bodies jobs result_rows results row_cells runs schema_version"
cat "$T"/jsonl/results/*/*.jsonl >"$T/lines"
is "JSON Lines: each as it came" "$(sqlite3 -batch "$T/names.db" "SELECT count(DISTINCT name) FROM json_each('[' || replace(rtrim(cast(readfile('$T/lines') AS TEXT), char(10)), char(10), ',') || ']') JOIN n ON name = value ->> 'query_name'")" "${#names[@]}"
is "CSV: each as it came" "$(cat "$T"/csv/*/0-*.csv | sort | uniq -c | sort -rn | head -n 1 | awk '{ print $1 }')" $((2 * ${#names[@]}))

# --- a database of somebody else ---
somebody_elses_database() {
  hostile() { # NAME EXPECTED-CODE SQL: what becomes of a run into a database with this in its schema
    rm -f "$T/h.db"
    run_omni run "$T/one.txt" -t "$T/h.db" --rate 0
    sqlite3 -batch "$T/h.db" "$3" || diag "bad SQL: $3"
    run_omni run "$T/one.txt" -t "$T/h.db" --rate 0 --refetch
    is "$1" "$RC" "$2"
  }
  for table in jobs bodies actions results row_cells runs; do
    hostile "a view in the place of $table" 5 "ALTER TABLE $table RENAME TO mine; CREATE VIEW $table AS SELECT * FROM mine;
      CREATE TRIGGER t INSTEAD OF INSERT ON $table BEGIN SELECT 1; END; CREATE TRIGGER u INSTEAD OF DELETE ON $table BEGIN SELECT 1; END"
    like "and said" "$(cat "$T/err")" "not laid out as its schema version says|no table"
  done
  hostile "a trigger that would write a file" 5 "CREATE TRIGGER t AFTER INSERT ON jobs BEGIN SELECT writefile('$T/pwned', 'x'); END"
  hostile "one that would load code" 5 "CREATE TRIGGER t AFTER INSERT ON jobs BEGIN SELECT load_extension('$T/evil.so'); END"
  hostile "one that would look around in the program" 5 "CREATE TABLE log (file); CREATE TRIGGER t AFTER INSERT ON jobs BEGIN INSERT INTO log SELECT file FROM pragma_database_list; END"
  is "nothing was written" "$(ls "$T/pwned" 2>/dev/null)" ""
  hostile "a trigger that minds its own tables is the user's" 0 "CREATE TABLE log (id); CREATE TRIGGER t AFTER INSERT ON jobs BEGIN INSERT INTO log VALUES (new.job_id); END"
  rm -f "$T/h.db"
  run_omni run "$T/jobs.txt" -t "$T/h.db" --rate 0
  size=$(stat -c %s "$T/h.db")
  bad=0
  # A sample; with OMNI_EXHAUSTIVE=1 more of them.
  for at in $(seq 100 "$([ -n "${OMNI_EXHAUSTIVE:-}" ] && echo 997 || echo 14983)" "$size"); do
    cp "$T/h.db" "$T/damaged.db"
    printf '\377\377\377\377\377\377\377\377' | dd of="$T/damaged.db" bs=1 seek="$at" conv=notrunc status=none
    run_omni run "$T/jobs.txt" -t "$T/damaged.db" --rate 0 --refetch
    case $RC in 0 | 3 | 5) ;; *) bad=$((bad + 1)) && diag "damage at $at: $RC" "$(cat "$T/err")" ;; esac
  done
  is "damage anywhere is survived" "$bad" 0
}
job 1 >"$T/one.txt"
if [ -z "${OMNI_TEST_PG:-}" ]; then
  somebody_elses_database
  finish
fi

# --- PostgreSQL, where 65-postgres.sh brought up a server ---
pg() { psql -XAtq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" -c "SET client_min_messages = warning" "$@"; }
is "PostgreSQL: each as it came" "$(pg -c "SELECT count(DISTINCT query_name) FROM omni_export.results JOIN omni_export.jobs USING (job_id) WHERE query_name = topic")" "${#names[@]}"
is "in the cells too" "$(pg -c "SELECT array_to_string(cells, E'\\n') FROM omni_export.result_rows WHERE job_id = '$(job 1)'")" "$(cat "$T/names")"
# Functions and operators of others, in schemas that the database looks into before its own.
psql -Xq -v ON_ERROR_STOP=1 "$OMNI_TEST_PG" <<'SQL'
CREATE TABLE public.pwned (by text);
CREATE SCHEMA evil;
CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.pwned VALUES ('set_config'); SELECT ''::text $$;
CREATE FUNCTION evil.has_schema_privilege(oid, text) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO public.pwned VALUES ('privilege'); SELECT true $$;
CREATE FUNCTION evil.pg_try_advisory_lock(bigint) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO public.pwned VALUES ('lock'); SELECT true $$;
CREATE FUNCTION evil.eq(uuid, uuid) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO public.pwned VALUES ('operator'); SELECT true $$;
CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.eq);
CREATE FUNCTION evil.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS $$ INSERT INTO public.pwned VALUES ('unnest'); SELECT NULL::uuid $$;
CREATE TABLE evil.jobs (LIKE omni_export.jobs);
CREATE ROLE led LOGIN;
ALTER ROLE led SET search_path = evil, pg_catalog, public;
GRANT USAGE ON SCHEMA evil, omni_export TO led;
GRANT ALL ON ALL TABLES IN SCHEMA evil, omni_export, public TO led;
SQL
run_omni run "$T/jobs.txt" -t "pg:${OMNI_TEST_PG/user=omni/user=led}" --rate 0 --refetch
is "a search path that leads astray is not followed" "$RC $(pg -c "SELECT count(*) FROM public.pwned") $(pg -c "SELECT count(*) FROM evil.jobs")" "0 0 0"
for schema in 'Capital' 'a"b'"'c" 'a b.c;DROP SCHEMA omni_export' '@$$\\' "$(printf 'ü%.0s' {1..31})x"; do
  run_omni run "$T/one.txt" -t "pg:$OMNI_TEST_PG" --pg-schema "$schema" --rate 0
  rc=$RC
  run_omni run "$T/one.txt" -t "pg:$OMNI_TEST_PG" --pg-schema "$schema" --rate 0
  is "the schema '${schema:0:20}' is that, twice" "$rc $RC $(pg -v "s=$schema" -c '\dn' | cut -d'|' -f1 | grep -cxF -- "$schema")" "0 0 1"
done
before=$(pg -c "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace")
for schema in pg_catalog pg_mine information_schema "$(printf 'x%.0s' {1..64})" $'\377' ''; do
  run_omni run "$T/one.txt" -t "pg:$OMNI_TEST_PG" --pg-schema "$schema" --rate 0
  like "the schema '$(printf %q "${schema:0:20}")' is refused" "$RC" '^[25]$'
done
is "and nothing was made" "$(pg -c "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace")" "$before"
# What a server says while a session begins, before anybody listens: libpq prints it by itself.
psql -Xq "$OMNI_TEST_PG" >/dev/null 2>&1 <<'SQL'
CREATE TEXT SEARCH CONFIGURATION public.going (COPY = simple);
ALTER ROLE led SET default_text_search_config = 'public.going';
ALTER TEXT SEARCH CONFIGURATION public.going RENAME TO gone;
SQL
run_omni run "$T/one.txt" --log-format json -t "pg:${OMNI_TEST_PG/user=omni/user=led}" --rate 0 --refetch
is "a server's words at the beginning of a session are a line of the log" "$RC $(grep -c '"level":"warning","msg":"WARNING:.*default_text_search_config' "$T/err") $(grep -vc '^{' "$T/err")" "0 1 0"
finish
