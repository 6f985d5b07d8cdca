#!/bin/bash
# The same in a shell: export.sh BASE_URL DATABASE JOBS. curl fetches, jq decodes, sqlite3 imports each CSV into a table of its own columns.
set -euo pipefail
base=$1 db=$2 jobs=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export base db work
one() {
  body=$work/$1.json
  curl -sSf --retry 5 -H "Authorization: Bearer $OMNI_API_KEY" -o "$body" "$base/api/v1/ai/jobs/$1/result"
  n=$(jq '[.actions[] | select(.result.csvResult)] | length' "$body")
  for ((i = 0; i < n; i++)); do
    jq -r --argjson i "$i" '[.actions[] | select(.result.csvResult)][$i].result.csvResult' "$body" >"$body.csv"
    flock "$work/lock" sqlite3 "$db" ".mode csv" ".import $body.csv rows"
  done
  rm -f "$body" "$body.csv"
}
export -f one
xargs -P 4 -I{} bash -c 'one "$1"' _ {} <"$jobs"
