#!/bin/bash
# Killed in any system call: pg, whose server must notice that nobody is there any more.
SINKS=pg
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"
. "$srcdir/tests/fault/kill.sh"
if [ -z "${OMNI_TEST_PG:-}" ]; then
  has_postgres || skip_all "built without PostgreSQL"
  bash "$srcdir/tests/pg/run.sh" bash "$0"
  rc=$?
  [ $rc = 77 ] && exit 0
  exit $rc
fi
# The calls of the connection: its server has the files.
CALLS=sendto,sendmsg,recvfrom,write,close
kill_everything kill 8 8
