#!/bin/bash
# Failing system calls, into jsonl: (see 20-raw.sh): the calls that a sink makes.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/fault/fault.sh"
fault_whole_sink jsonl $FAULT_SINK_CALLS
