#!/bin/bash
# try.sh PROGRAM: runs a test program of the build with a PostgreSQL server of its own where the server's programs are installed, else without; under $UNDER_TOOL where that is
# set (valgrind).
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2206 # words
command=(${UNDER_TOOL:-} "${top_builddir:-.}/$1")
bash "$here/run.sh" true >/dev/null 2>&1
[ $? = 77 ] && exec "${command[@]}"
exec bash "$here/run.sh" "${command[@]}"
