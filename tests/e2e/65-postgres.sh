#!/bin/bash
# 64-sql.sh once more, with PostgreSQL.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres need
bash "$srcdir/tests/e2e/64-sql.sh"
exit
