#!/bin/bash
# The examples of README and man page are run as they stand: commands in their order, then the queries over what they made.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

t_start_server "$srcdir/tests/data/demo/jobs.script"
OMNI_SETTINGS=("PATH=$T/bin:$PATH" "PGHOST=${PGHOST:-}" "PGPORT=${PGPORT:-}")
mkdir "$T/bin" "$T/work"
ln -s "$OMNI" "$T/bin/omni-export"
cd "$T/work" || exit 99
printf '%s\n' 3f1c9a52-7d0e-4b61-9a34-5c2f8e10b7d1 8a44d0c7-21f5-4e0b-b6f9-0d9b3e6a5f12 b7e2f6d9-90c3-4f5a-8e77-1a6d4c0f9e23 >jobs.txt
printf '{"event_id":"e","jobId":"%s","status":"COMPLETE"}\n' 17d6b4f3-a5c0-4e92-8b3d-0f9c6e2a7b89 >webhooks.jsonl
cp jobs.txt "$T/jobs.txt"

# Code lines of the README and of the man page that call the program; in a crontab's line what follows the five fields.
examples() {
  sed -n 's/^    //p' "$srcdir/README.md" | sed -n -E 's/^([0-9*]+ +[0-9*]+ +[0-9*]+ +[0-9*]+ +[0-9*]+ +)?(omni-export (run|load|status|discover|views|report) .*)/\2/p'
  grep -E '^omni-export (run|load|status|discover|views|report) ' "$srcdir/man/omni-export.1"
}
n=0
while read -r line; do
  [[ $line != *postgresql:* ]] || [ -n "${OMNI_TEST_PG:-}" ] || continue
  # What stands for the reader's own places: a server, a folder.
  here=${line//postgresql:\/\/etl@db.example\/warehouse/pg:${OMNI_TEST_PG:-}}
  [ "$here" = "$line" ] || here="${line%%postgresql*}'pg:$OMNI_TEST_PG'"
  here=${here//\/srv\/omni/$T}
  # Of two in a pipe the second one's code counts, and the first one has something to say.
  list=/dev/null
  if [[ $here == *' | omni-export '* ]]; then
    list=$T/list
    eval "set -- ${here%% | *}"
    run_omni "${@:2}" </dev/null
    cp "$T/out" "$list"
    is "$line: lists" "$RC" 0
    here=${here#* | }
  fi
  eval "set -- ${here#omni-export }"
  run_omni "$@" --log-format json <"$list"
  is "$line" "$RC" 0 || sed 's/^/# /' "$T/err"
  n=$((n + 1))
done < <(examples)
is "there are examples of each sink" "$((n >= 9))" 1
for sink in 'results.db' 'postgresql:' 'jsonl:' 'csv:' 'raw:' 'load --from' 'run --discover' 'discover --since 2d --not-in' 'views '; do
  check "an example with '$sink'" grep -qF -- "$sink" <(examples)
done

# The README's queries, on what the examples made.
sed -n '/^## Tables/,/^## /p' "$srcdir/README.md" | sed -n 's/^    //p' >queries.sql
is "five questions" "$(grep -c '^-- ' queries.sql)" 5
check "the queries run" sqlite3 -batch -bail results.db <queries.sql
like "the rows of one query" "$(sed -n '/the rows of one query/,/;/p' queries.sql | sqlite3 -batch results.db)" 'Ray-Ban Sunglasses\|678,994.41'
sed -n '/^## Views/,/^## /p' "$srcdir/README.md" | sed -n '/^    SELECT/,/;$/s/^    //p' >view.sql
is "the README's query of a view" "$(sqlite3 -batch -bail results.db <view.sql)" "Ray-Ban Sunglasses|678994.41
Levi's 501 Jeans|475072.0
Oakley Holbrook|391207.85"
like "the README's line of a view" "$(sed -n '/^## Views/,/^## /s/^    + //p' "$srcdir/README.md")" "^$(run_omni views results.db && sed -n 's/^= \(v_top_5.*\)/\1/p' "$T/out")$"
like "the README's zstd line" "$(zstd -dcq bodies/3f/3f1c9a52-7d0e-4b61-9a34-5c2f8e10b7d1.json.zst)" '"queryName": "Top 5 Products by Revenue"'
check "the README's files are there" test -s "$(echo answers/3f1c9a52-*/0-top-5-products-by-revenue.csv)"
for file in answer.md job.json actions.csv; do check "and $file" test -s "$(echo answers/3f1c9a52-*/$file)"; done
[ -z "${OMNI_TEST_PG:-}" ] || is "cells in PostgreSQL" "$(psql -XAtq "$OMNI_TEST_PG" -c "SELECT cells[1], cells[2] FROM omni_export.result_rows JOIN omni_export.results USING (job_id, action_index)
  WHERE query_name = 'Top 5 Products by Revenue' ORDER BY row_index LIMIT 1")" "Ray-Ban Sunglasses|678,994.41"
cd /
finish
