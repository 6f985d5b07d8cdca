#!/bin/bash
# Killed in any system call: jsonl.
SINKS=jsonl
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"
. "$srcdir/tests/fault/kill.sh"
kill_everything kill 8 8
