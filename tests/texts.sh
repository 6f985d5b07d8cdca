#!/bin/bash
# The generated and the written texts agree: --help, man page, README tell of the same options, commands and exit codes. In TAP.
. "${srcdir:-$(dirname "$0")/..}/tests/e2e/lib.sh"

man=$srcdir/man/omni-export.1
run_omni help run
help=$(cat "$T/out")
run_omni run --help
is "'help run' and 'run --help' are the same" "$(cat "$T/out")" "$help"
run_omni help load
load=$(cat "$T/out")
run_omni help status
status=$(cat "$T/out")
options() { grep -hoE '^ +(-[a-zA-Z], )?--[a-z][a-z-]*' <<<"$1" | grep -oE -- '--[a-z-]+' | sort; }
in_man() { grep -oE '^\.It Fl ([a-zA-Z] , )?-[a-z-]+' "$man" | grep -oE -- '-[a-z-]+$' | sed 's/^/-/' | sort; }
is "the man page has the options of --help, of all commands, each once" "$(in_man)" "$( (options "$help"; options "$load"; options "$status") | sort -u)"
is "--help of run has each option once" "$(options "$help" | uniq -d)" ""
codes() { sed -n '/^Exit status/,$p' <<<"$help" | grep -oE '^ +[0-9][0-9, ]*' | tr -d ' ' | tr ',' '\n' | sort -n; }
is "the man page has the exit codes of --help" \
  "$(sed -n '/^\.Sh EXIT/,/^\.Sh EX/p' "$man" | sed -n 's/^\.It //p' | tr -d ' ' | tr ',' '\n' | sort -n)" "$(codes)"
is "they are those of the contract" "$(codes | tr '\n' ' ')" "0 1 2 3 4 5 6 7 75 129 130 143 "
check "--help fits a terminal of 80 columns" awk 'length > 79 { exit 1 }' <<<"$help
$load
$status"
run_omni help
check "'help' fits too" awk 'length > 79 { exit 1 }' "$T/out"
like "'help' names every command" "$(cat "$T/out")" 'omni-export run .*omni-export help'
for state in stored pending failed unreadable denied expired not_found no_result rejected unasked; do
  check "the man page tells what '$state' means" grep -qE "^\.It Cm $state|^\.It Cm $state" "$man"
done
finish
