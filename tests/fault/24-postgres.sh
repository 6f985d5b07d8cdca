#!/bin/bash
# Failing system calls, into PostgreSQL (see 20-raw.sh): the calls of the connection.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
if [ -z "${OMNI_TEST_PG:-}" ]; then
  has_postgres || skip_all "built without PostgreSQL"
  bash "$srcdir/tests/pg/run.sh" bash "$0"
  rc=$?
  [ $rc = 77 ] && exit 0
  exit $rc
fi
. "$srcdir/tests/fault/fault.sh"
fault_whole_sink pg socket connect send recv poll fcntl
