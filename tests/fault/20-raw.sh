#!/bin/bash
# Failing system calls, into raw: each call that an export makes fails with each error that it can have (fault.sh, fail.c). For raw: those of
# all the rest too: input, network, request window, summary. OMNI_EXHAUSTIVE=1: at every place, also while results are replaced.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/fault/fault.sh"
fault_whole_sink raw
