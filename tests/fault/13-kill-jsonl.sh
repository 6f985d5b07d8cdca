#!/bin/bash
# Killed in any system call: jsonl.
SINK=jsonl SAMPLE=${OMNI_SAMPLE:-29}
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"
. "$srcdir/tests/fault/kill.sh"
can_trace || skip_all "no strace"
kill_everything kill
