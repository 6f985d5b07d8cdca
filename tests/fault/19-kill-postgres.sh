#!/bin/bash
# Killed in any system call: pg, whose server must notice that nobody is there any more.
SINKS=pg
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"
. "$srcdir/tests/fault/kill.sh"
t_postgres need
# The calls of the connection: its server has the files.
CALLS=sendto,sendmsg,recvfrom,write,close
kill_everything kill 8 8
