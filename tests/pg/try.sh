#!/bin/bash
# try.sh PROGRAM: runs a test program of the build with a PostgreSQL server of its own where the server's programs are installed, else without.
here=$(cd "$(dirname "$0")" && pwd)
command=("${top_builddir:-.}/$1")
bash "$here/run.sh" --look >/dev/null || exec "${command[@]}"
exec bash "$here/run.sh" "${command[@]}"
