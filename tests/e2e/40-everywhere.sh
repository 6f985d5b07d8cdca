#!/bin/bash
# The same everywhere: one hostile batch to all sinks at once; actions, results and cells are compared between those that have them, byte for byte, and bodies between those that keep them.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

n=0
for file in cells shapes escapes empty many; do
  n=$((n + 1))
  printf '{"job":"%s","result":{"file":"%s"}}\n' "$(job $n)" "$srcdir/tests/data/hostile/$file.json"
done >"$T/script"
cat >>"$T/script" <<SCRIPT
{"job":"$(job 6)","result":{"csv_rows":8000,"csv_cols":5}}
{"job":"$(job 7)","result":{"body":"<html>odd</html>"}}
{"job":"$(job 8)","result":{"status":404,"envelope":"published","message":"Job not found"}}
SCRIPT
for i in $(seq 8); do job "$i"; done >"$T/jobs.txt"
t_start_server "$T/script"
pg=()
[ -z "${OMNI_TEST_PG:-}" ] || pg=(-t "pg:$OMNI_TEST_PG")
OMNI_SETTINGS=("PGHOST=${PGHOST:-}" "PGPORT=${PGPORT:-}" "PGUSER=${PGUSER:-}" "PGDATABASE=${PGDATABASE:-}")
run_omni run "$T/jobs.txt" --rate 0 --retry-wait 0 -t "$T/a.db" "${pg[@]}" -t "jsonl:$T/zstd" -t "jsonl:$T/gzip?compress=gzip" -t "jsonl:$T/none?compress=none" \
  -t "csv:$T/csv" -t "raw:$T/raw" -t null: --pg-schema everywhere
is "all sinks take all of it" "$RC" 4
sed 's/^/# /' "$T/err" | tail -n 3

# --- one form for all: cells in hex, JSON texts as they are ---
sqlite_rows() { # DB
  sql "$1" "SELECT job_id, action_index, row_index, coalesce(section, ''), (SELECT group_concat(hex(value), ',') FROM json_each(cells)) FROM result_rows ORDER BY 1, 2, 3"
}
sqlite_actions() {
  sql "$1" "SELECT job_id, action_index, hex(coalesce(type, '-')), hex(coalesce(message, '-')), coalesce(timestamp, '-'), coalesce(status, '-'), coalesce(is_error, '-'), coalesce(json(extra), '-') FROM actions ORDER BY 1, 2"
}
sqlite_results() {
  sql "$1" "SELECT job_id, action_index, hex(coalesce(query_name, '-')), coalesce(status, '-'), coalesce(json(query), '-'), coalesce(json(columns), '-'), coalesce(json(column_types), '-'), coalesce(csv_truncated, '-'),
    coalesce(has_results, '-'), coalesce(total_row_count, '-'), row_count, coalesce(error_message, '-'), coalesce(error_detail, '-'), coalesce(json(extra), '-') FROM results ORDER BY 1, 2"
}
jobs_columns="job_id, state, partial, http_status, hex(coalesce(topic, '-')), hex(coalesce(message, '-')), hex(coalesce(result_summary, '-')), coalesce(omni_chat_url, '-'), action_count, result_count, row_count, body_bytes, body_sha256"
sqlite_jobs() { sql "$1" "SELECT $jobs_columns, coalesce(json(warnings), '-'), coalesce(json(extra), '-') FROM jobs WHERE state = 'stored' ORDER BY 1"; }
for what in rows actions results jobs; do sqlite_$what "$T/a.db" >"$T/want.$what"; done
is "there is something to compare" "$(($(wc -l <"$T/want.rows") > 8900)) $(wc -l <"$T/want.jobs")" "1 6"
same() { # NAME WHAT FILE
  if cmp -s "$T/want.$2" "$3"; then t_result 0 "$1"; else
    t_result 1 "$1"
    diff <(cut -c1-300 "$T/want.$2") <(cut -c1-300 "$3") | head -n 10 | sed 's/^/# /'
  fi
}

# --- jsonl: the lines into a database of the same columns ---
from_jsonl() { # DIR CAT SUFFIX
  local db=$T/from-jsonl.db what
  rm -f "$db"
  for what in jobs actions results result_rows; do
    $2 "$T/$1/$what"/*/*"$3" >"$T/lines"
    sqlite3 -batch "$db" ".mode ascii" ".separator \"\\037\" \"\\n\"" "CREATE TABLE l(line)" ".import $T/lines l" \
      "ALTER TABLE l RENAME TO ${what}_lines"
  done
  sqlite3 -batch "$db" "
    CREATE VIEW result_rows AS SELECT line ->> 'job_id' AS job_id, line ->> 'action_index' AS action_index, line ->> 'row_index' AS row_index, line ->> 'section' AS section, line -> 'cells' AS cells FROM result_rows_lines;
    CREATE VIEW actions AS SELECT line ->> 'job_id' AS job_id, line ->> 'action_index' AS action_index, line ->> 'type' AS type, line ->> 'message' AS message, line ->> 'timestamp' AS timestamp, line ->> 'status' AS status,
      line ->> 'is_error' AS is_error, nullif(line -> 'extra', 'null') AS extra FROM actions_lines;
    CREATE VIEW results AS SELECT line ->> 'job_id' AS job_id, line ->> 'action_index' AS action_index, line ->> 'query_name' AS query_name, line ->> 'status' AS status, nullif(line -> 'query', 'null') AS query, nullif(line -> 'columns', 'null') AS columns,
      nullif(line -> 'column_types', 'null') AS column_types, line ->> 'csv_truncated' AS csv_truncated, line ->> 'has_results' AS has_results, line ->> 'total_row_count' AS total_row_count, line ->> 'row_count' AS row_count, line ->> 'error_message' AS error_message,
      line ->> 'error_detail' AS error_detail, nullif(line -> 'extra', 'null') AS extra FROM results_lines;
    CREATE VIEW jobs AS SELECT line ->> 'job_id' AS job_id, line ->> 'state' AS state, line ->> 'partial' AS partial, line ->> 'http_status' AS http_status, line ->> 'topic' AS topic, line ->> 'message' AS message, line ->> 'result_summary' AS result_summary,
      line ->> 'omni_chat_url' AS omni_chat_url, line ->> 'action_count' AS action_count, line ->> 'result_count' AS result_count, line ->> 'row_count' AS row_count, line ->> 'body_bytes' AS body_bytes, line ->> 'body_sha256' AS body_sha256,
      nullif(line -> 'warnings', 'null') AS warnings, nullif(line -> 'extra', 'null') AS extra FROM jobs_lines"
  for what in rows actions results jobs; do
    sqlite_$what "$db" >"$T/got"
    same "jsonl ($1) has the same $what" $what "$T/got"
  done
}
from_jsonl zstd "zstd -dcq" .jsonl.zst
from_jsonl gzip "gzip -dc" .jsonl.gz
from_jsonl none cat .jsonl

# --- PostgreSQL ---
if [ -n "${OMNI_TEST_PG:-}" ]; then
  q() { psql -X -q -A -t -F '|' -d "$OMNI_TEST_PG" -c "SET search_path = everywhere; SET timezone = 'UTC'; $1"; }
  hex() { echo "upper(encode(convert_to(coalesce($1, '-'), 'UTF8'), 'hex'))"; }
  q "SELECT job_id, action_index, row_index, coalesce(section, ''), (SELECT string_agg(upper(encode(convert_to(c, 'UTF8'), 'hex')), ',' ORDER BY n) FROM unnest(cells) WITH ORDINALITY u (c, n)) FROM result_rows ORDER BY 1, 2, 3" >"$T/got"
  same "PostgreSQL has the same rows" rows "$T/got"
  # JSON through SQLite, so that both are in the same minimal form.
  q "SELECT json_build_array(job_id, action_index, type, message, status, is_error::int, extra) FROM actions ORDER BY job_id, action_index" >"$T/pg.actions"
  sql "$T/a.db" "SELECT json_array(job_id, action_index, type, message, status, is_error, json(extra)) FROM actions ORDER BY job_id, action_index" >"$T/want.pg"
  minimal() { sqlite3 -batch :memory: ".mode ascii" ".separator \"\\037\" \"\\n\"" "CREATE TABLE l(line)" ".import $1 l" "SELECT json(line) FROM l"; }
  minimal "$T/pg.actions" >"$T/got"
  mv "$T/want.pg" "$T/want.pgactions"
  same "PostgreSQL has the same actions" pgactions "$T/got"
  q "SELECT json_build_array(job_id, action_index, query_name, status, query, columns, column_types, csv_truncated::int, has_results::int, total_row_count, row_count, error_message, extra) FROM results ORDER BY job_id, action_index" >"$T/pg.results"
  sql "$T/a.db" "SELECT json_array(job_id, action_index, query_name, status, json(query), json(columns), json(column_types), csv_truncated, has_results, total_row_count, row_count, error_message, json(extra)) FROM results ORDER BY job_id, action_index" >"$T/want.pgresults"
  minimal "$T/pg.results" >"$T/got"
  same "PostgreSQL has the same results" pgresults "$T/got"
  q "SELECT job_id, state, body_bytes, body_sha256, action_count, result_count, row_count FROM jobs ORDER BY 1" >"$T/got"
  sql "$T/a.db" "SELECT job_id, state, body_bytes, body_sha256, action_count, result_count, row_count FROM jobs ORDER BY 1" >"$T/want.pgjobs"
  same "PostgreSQL has the same jobs" pgjobs "$T/got"
  q "SELECT job_id, part, upper(encode(body, 'hex')) FROM bodies ORDER BY 1, 2" >"$T/got"
  sql "$T/a.db" "SELECT job_id, part, hex(body) FROM bodies ORDER BY 1, 2" >"$T/want.pgbodies"
  same "PostgreSQL keeps the same bodies" pgbodies "$T/got"
fi

# --- csv: read back by a parser of RFC 4180 that is not ours ---
perl -e '
  my %section;
  for my $dir (sort glob("$ARGV[0]/*-*-*-*-*")) {
    my ($job) = $dir =~ m{([^/]*)$};
    for my $file (sort { ($a =~ m{/(\d+)-[^/]*$})[0] <=> ($b =~ m{/(\d+)-[^/]*$})[0] } grep { m{/\d+-[^/]*\.csv$} } glob("$dir/*.csv")) {
      my ($action) = $file =~ m{/(\d+)-[^/]*$};
      open my $f, "<:raw", $file or die; local $/; my $text = <$f>;
      my ($row, @cells) = (-1);
      while (length $text) {
        my $cell;
        if ($text =~ s/^"((?:[^"]|"")*)"//) { ($cell = $1) =~ s/""/"/g } else { $text =~ s/^([^,\r\n]*)//; $cell = $1 }
        push @cells, uc unpack "H*", $cell;
        next if $text =~ s/^,(?!\z)//;
        if ($text =~ s/^,\z//) { push @cells, "" }
        $text =~ s/^\r?\n// or length $text == 0 or die "$file: no CSV at: " . substr($text, 0, 40);
        print "$job|$action|$row|", join(",", @cells), "\n" if $row >= 0;
        $row++; @cells = ();
      }
    }
  }' "$T/csv" >"$T/got"
cut -d'|' -f1-3,5 "$T/want.rows" >"$T/want.csvrows"
same "csv has the same cells" csvrows "$T/got"

# --- raw: the very bytes ---
bad=0
for i in 1 2 3 4 5 6; do
  id=$(job $i)
  [ "$(zstd -dcq "$T/raw/${id:0:2}/$id.json.zst" | sha256sum | cut -d' ' -f1)" = "$(sql "$T/a.db" "SELECT body_sha256 FROM jobs WHERE job_id = '$id'")" ] || bad=$((bad + 1))
done
is "raw gives back the very bytes" "$bad" 0
is "and the unreadable one" "$(zstd -dcq "$T/raw/unreadable/$(job 7).json.zst")" "<html>odd</html>"
for dir in zstd csv; do is "$dir: the unreadable body is kept too" "$(zstd -dcq "$T/$dir/unreadable/$(job 7).json.zst")" "<html>odd</html>"; done

# --- load: from every sink that keeps bodies, into a database: it equals what was fetched, cell for cell ---
sources=("$T/a.db" "raw:$T/raw")
[ -z "${OMNI_TEST_PG:-}" ] || sources+=("pg:$OMNI_TEST_PG")
n=0
for source in "${sources[@]}"; do
  n=$((n + 1))
  name=${source%%:*}
  name=${name##*/}
  run_omni load --from "$source" -t "$T/loaded$n.db" --pg-schema everywhere
  is "load from $name: exit" "$RC" 4
  for what in rows actions results jobs; do
    sqlite_$what "$T/loaded$n.db" >"$T/got"
    same "load from $name: the same $what" $what "$T/got"
  done
  is "load from $name: the ledger of all" "$(sql "$T/loaded$n.db" "SELECT job_id, state, http_status, error, attempts, fetched_at, requested_at FROM jobs ORDER BY 1" | cut -c1-150)" \
    "$(sql "$T/a.db" "SELECT job_id, state, http_status, error, attempts, fetched_at, requested_at FROM jobs ORDER BY 1" | cut -c1-150)"
done
run_omni load --from "$T/a.db" -t "jsonl:$T/again?compress=none" -t "csv:$T/again.csv"
from_jsonl again cat .jsonl
folders() { (cd "$1" && find . -type f ! -name manifest.jsonl ! -name job.json -exec sha256sum {} + | sort -k 2); }
folders "$T/csv" >"$T/want.folders"
folders "$T/again.csv" >"$T/got"
same "load into csv: the same folders" folders "$T/got"

# --- verify: no false alarm in any of them ---
for sink in "$T/a.db" "${pg[@]:1}" "jsonl:$T/zstd" "jsonl:$T/gzip" "jsonl:$T/none" "csv:$T/csv" "raw:$T/raw" "$T/loaded1.db"; do
  run_omni verify --pg-schema everywhere "$sink"
  is "verify finds nothing in ${sink%%:*}" "$RC $(cat "$T/out")" "0 "
done
finish
