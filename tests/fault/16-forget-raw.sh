#!/bin/bash
# The power goes after any call, and what was not synced with it: raw.
SINKS=raw
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/e2e/flat.sh"
. "$srcdir/tests/fault/kill.sh"
kill_everything forget 4 4
