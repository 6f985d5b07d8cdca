#!/bin/bash
# run.sh COMMAND...: runs COMMAND with a PostgreSQL server of its own, which goes with it, and returns its status.
#
# The server listens on a socket in a folder of its own and on a free port of the loopback interface; role and database
# are "omni" (a superuser, without a password). COMMAND finds it by PGHOST, PGPORT, PGUSER, PGDATABASE, or by
# OMNI_TEST_PG, a connection string. For tests that stop and start it: OMNI_TEST_PGCTL is a command that takes what
# pg_ctl does (start, stop, restart -m immediate, ...), OMNI_TEST_PGDIR a folder that the server may write to.
# OMNI_TEST_PG_FSYNC=on for measurements. OMNI_TEST_PG_TEMPLATE: a folder in which a new cluster is kept, of which each server has a copy. Without PostgreSQL's programs: 77, as for a test that is skipped; run.sh --look only looks for them.
set -u

for bin in "${PG_BINDIR:-}" /usr/lib/postgresql/{17,16,15,14}/bin /usr/pgsql-*/bin "$(dirname "$(command -v initdb || echo /)")"; do
  [ -n "$bin" ] && [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] && break
  bin=
done
if [ -z "$bin" ]; then
  echo "1..0 # SKIP PostgreSQL's server programs are not installed" && exit 77
fi
[ "${1:-}" != --look ] || exit 0
dir=$(mktemp -d "${TMPDIR:-/tmp}/omni-pg.XXXXXX") || exit 99
as=()
if [ "$(id -u)" = 0 ]; then
  user=postgres
  id -u $user >/dev/null 2>&1 || user=nobody
  chown "$user" "$dir"
  as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi

child=
# shellcheck disable=SC2317 # a trap
cleanup() {
  trap - EXIT
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
  if [ -f "$dir/data/postmaster.pid" ]; then
    "$dir/pgctl" stop -m immediate >/dev/null 2>&1
  fi
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

cat >"$dir/pgctl" <<SCRIPT
#!/bin/bash
cd '$dir' && exec ${as[*]} env -u PGHOST -u PGPORT LC_ALL=C.UTF-8 '$bin/pg_ctl' -D '$dir/data' -l '$dir/server.log' -w -s "\$@" </dev/null
SCRIPT
chmod 755 "$dir/pgctl" "$dir"
# A port that is taken shows itself when the server starts.
start() {
  local tries
  for tries in 1 2 3 4 5 6 7 8; do
    PGPORT=$((20000 + RANDOM % 20000 + tries))
    sed -i '/^port/d' "$dir/data/postgresql.conf"
    echo "port = $PGPORT" >>"$dir/data/postgresql.conf"
    "$dir/pgctl" start >/dev/null 2>&1 && return 0
  done
  echo "run.sh: the server does not start:" >&2
  tail -n 20 "$dir/server.log" >&2
  return 1
}
# make_data: a new cluster with the database, its server stopped.
make_data() {
  (cd "$dir" && "${as[@]}" env LC_ALL=C.UTF-8 "$bin/initdb" -A trust -E UTF8 --locale=C.UTF-8 -U omni -N -D "$dir/data" </dev/null >"$dir/initdb.log" 2>&1) || {
    cat "$dir/initdb.log" >&2
    return 1
  }
  cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
fsync = ${OMNI_TEST_PG_FSYNC:-off}
full_page_writes = ${OMNI_TEST_PG_FSYNC:-off}
shared_buffers = 64MB
max_connections = 20
autovacuum = off
logging_collector = off
CONF
  (cd "$dir" && echo 'CREATE DATABASE omni' | "${as[@]}" env LC_ALL=C.UTF-8 "$bin/postgres" --single -D "$dir/data" postgres >"$dir/initdb.log" 2>&1) || {
    cat "$dir/initdb.log" >&2
    return 1
  }
}
# A cluster costs more processor time than many a test that wants one: the first one of a build is made and kept for all others.
template=${OMNI_TEST_PG_TEMPLATE:-}
if [ -n "$template" ] && [ -z "${OMNI_TEST_PG_FSYNC:-}" ]; then
  exec {lock}>"$template.lock" && flock "$lock" || exit 99
  if [ ! -d "$template" ]; then
    make_data || exit 99
    rm -rf "$template.new"
    cp -a "$dir/data" "$template.new" && mv "$template.new" "$template" || exit 99
  fi
  exec {lock}>&-
  [ -d "$dir/data" ] || cp -a "$template" "$dir/data" || exit 99
else
  make_data || exit 99
fi
echo "unix_socket_directories = '$dir'" >>"$dir/data/postgresql.conf"
start || exit 99
for name in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do
  [ "$name" = PGPORT ] || unset "$name"
done
export PGHOST=$dir PGPORT PGUSER=omni PGDATABASE=omni OMNI_TEST_PGCTL=$dir/pgctl OMNI_TEST_PGDIR=$dir
export OMNI_TEST_PG="host=$dir port=$PGPORT user=omni dbname=omni"
# Before others of these names: Debian's psql is a script that looks for this one, for four times what it costs.
export PATH="$bin:$PATH"

# In the background, so that a signal is seen at once; with the standard input that a background command has not.
"$@" <&0 &
child=$!
wait "$child"
status=$?
child=
exit "$status"
