#!/bin/bash
# The one-way includes of the house (HACKING.md): reads the #include lines of src and sinks, in TAP.
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
n=0
report() { # NAME OFFENDERS
  n=$((n + 1))
  if [ -z "$2" ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; printf '%s\n' "$2" | sed 's/^/# /'; fi
}

# only HOME... -- HEADER: files that include the library's header and are not its home
third() { # HEADER HOME
  report "<$1> is included by $2 alone" \
    "$(grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<$1>" src/*.[ch] sinks/*.[ch] | grep -vx "$2")"
}
third 'curl/curl\.h' src/fetch_wire.c
third 'jsmn\.h' src/json.c
third 'csv\.h' src/csv.c
third 'sqlite3\.h' sinks/sqlite.c
third 'libpq-fe\.h' sinks/postgres.c
third 'zstd\.h' src/zst.c
third 'openssl/[a-z]*\.h' src/sha256.c
third 'zlib\.h' sinks/jsonl_gzip.c
third 'cmark\.h' src/markdown.c
third 'ini\.h' src/options_read.c

# The rooms, lowest first. A file may include what stands in its own room or lower; of the stages (ids, fetch, result, sink) no other one.
# discover stands on fetch.
room() { # FILE: sets ROOM
  case ${1##*/} in
  main.c) ROOM=main ;;
  cmd_* | command.*) ROOM=command ;;
  run.* | run_* | status* | verify* | views.* | report*) ROOM=run ;;
  ids.*) ROOM=ids ;;
  discover*) ROOM=discover ;;
  fetch.* | fetch_* | schedule*) ROOM=fetch ;;
  result.* | result_*) ROOM=result ;;
  retry.* | rate* | answer* | url.* | due.*) ROOM=for_fetch ;;
  body.*) ROOM=body ;;
  csv.* | csv_row.* | sections.*) case $1 in sinks/*) ROOM=sink ;; *) ROOM=for_result ;; esac ;;
  options* | operand.* | completion* | summary* | progress*) ROOM=desk ;;
  *) case $1 in sinks/*) ROOM=sink ;; *) ROOM=ground ;; esac ;;
  esac
}
may() { # FROM TO
  case $2 in
  ground | "$1") return 0 ;;
  esac
  case $1 in
  main) [ "$2" = command ] || [ "$2" = run ] ;;
  command) [ "$2" = run ] || [ "$2" = desk ] ;;
  run) case $2 in main | command) return 1 ;; *) return 0 ;; esac ;;
  fetch) [ "$2" = for_fetch ] || [ "$2" = body ] ;;
  discover) [ "$2" = fetch ] || [ "$2" = for_fetch ] || [ "$2" = body ] ;;
  result) [ "$2" = for_result ] || [ "$2" = body ] ;;
  *) return 1 ;;
  esac
}
bad=
for file in src/*.[ch] sinks/*.[ch]; do
  room "$file"
  from=$ROOM
  while read -r header; do
    for home in src sinks; do
      [ -f "$home/$header" ] || continue
      # both folders have a csv.h or the like: a file means the one beside it
      [ "$home" = "${file%%/*}" ] || [ ! -f "${file%%/*}/$header" ] || continue
      room "$home/$header"
      may "$from" "$ROOM" || bad="$bad$file ($from) includes $header ($ROOM)
"
    done
  done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\(.*\)"/\1/p' "$file")
done
report "includes point one way" "$bad"
echo "1..$n"
