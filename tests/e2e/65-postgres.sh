#!/bin/bash
# 64-sql.sh once more, with PostgreSQL.
here=$(cd "${srcdir:-$(dirname "$0")/../..}/tests" && pwd)
. "$here/e2e/lib.sh"
has_postgres || skip_all "built without PostgreSQL"
"$here/pg/run.sh" bash "$here/e2e/64-sql.sh"
status=$?
[ $status = 77 ] && exit 0
exit $status
