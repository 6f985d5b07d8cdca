# lib.sh: what the end-to-end tests share. Each test is a bash script of its own:
#
#     #!/bin/bash
#     . "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
#     t_start_server jobs.script
#     run_omni run -t out.db jobs.txt
#     is "every job is stored" "$RC" 0
#     finish
#
# Results are printed in TAP. From the environment, all optional: srcdir, top_builddir, OMNI_EXPORT_BIN, OMNI_TEST_API.
# Set here: $T, a folder of the test's own that goes with it. Nothing outlives the test: what it starts is ended by its
# pid, and the server ends by itself when the test dies without a word.

# shellcheck disable=SC2034 # what is set here is read by the tests

set -u
LC_ALL=C.UTF-8
export LC_ALL

top_builddir=${top_builddir:-.}
srcdir=$(cd "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd) || exit 99
T=$(mktemp -d "${TMPDIR:-/tmp}/omni-e2e.XXXXXX") || exit 99
mkdir "$T/home" || exit 99

t_absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s/%s\n' "$PWD" "$1" ;;
	esac
}

OMNI=$(t_absolute "${OMNI_EXPORT_BIN:-$top_builddir/omni-export}")
TEST_API=$(t_absolute "${OMNI_TEST_API:-$top_builddir/tests/server/omni-test-api}")
TOKEN=omni_osk_testtesttesttesttesttesttesttesttesttesttesttesttesttest
URL=
SERVER_PID=
SERVER_LOG=
OMNI_PID=
OMNI_SETTINGS=() # NAME=value, for the next runs of omni-export
RC=
T_COUNT=0
T_FAILED=0
T_SERVERS=0
T_PIDS=()

t_cleanup() {
	local pid
	trap - EXIT
	# Those that were waited for are in the list no more: their number may be another's by now.
	for pid in "${T_PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
}
trap t_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- TAP ---
# A subshell costs as much as a thousand comparisons, and there are thousands of these.

diag() { # TEXT...: lines for a person
	printf '%s\n' "$@" | sed 's/^/# /'
}

t_result() { # 0|1 NAME; returns the first
	T_COUNT=$((T_COUNT + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$T_COUNT" "$2"
	else
		T_FAILED=$((T_FAILED + 1))
		printf 'not ok %d - %s\n' "$T_COUNT" "$2"
	fi
	return "$1"
}

check() { # NAME COMMAND...: ok when the command succeeds
	local name=$1 rc
	shift
	"$@" >"$T/check.log" 2>&1
	rc=$?
	t_result $((rc != 0)) "$name" && return
	diag "failed with $rc: $*"
	sed 's/^/#   /' "$T/check.log"
	return 1
}

is() { # NAME GOT EXPECTED
	if [ "$2" = "$3" ]; then t_result 0 "$1"; return; fi
	t_result 1 "$1"
	printf '%s\n' "$2" | sed 's/^/# got:      /'
	printf '%s\n' "$3" | sed 's/^/# expected: /'
	return 1
}

like() { # NAME GOT REGEX (extended, as bash has it)
	if [[ $2 =~ $3 ]]; then t_result 0 "$1"; return; fi
	t_result 1 "$1"
	printf '%s\n' "$2" | sed 's/^/# got:  /'
	diag "like: $3"
	return 1
}

unlike() { # NAME GOT REGEX
	if ! [[ $2 =~ $3 ]]; then t_result 0 "$1"; return; fi
	t_result 1 "$1"
	printf '%s\n' "$2" | sed 's/^/# got:      /'
	diag "not like: $3"
	return 1
}

skip() { # NAME REASON
	T_COUNT=$((T_COUNT + 1))
	printf 'ok %d - %s # SKIP %s\n' "$T_COUNT" "$1" "$2"
}

skip_all() { # REASON: the whole test
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

bail_out() { # REASON: this and all other tests are in vain
	printf 'Bail out! %s\n' "$1"
	exit 99
}

finish() {
	printf '1..%d\n' "$T_COUNT"
	[ "$T_FAILED" = 0 ]
	exit
}

# --- processes ---

t_forget() { # PID: it was waited for
	local pid left=()
	for pid in "${T_PIDS[@]}"; do
		[ "$pid" = "$1" ] || left+=("$pid")
	done
	T_PIDS=("${left[@]}")
}

# --- the server ---

# t_start_server SCRIPT [OPTION...]: SCRIPT is a file, or - for standard input. Sets URL, SERVER_PID, SERVER_LOG. A
# server that does not start ends the test.
t_start_server() {
	local script=$1 line=
	shift
	# In a subshell, as behind a pipe, all that is set here would be lost. A here-document does not need one.
	[ "$BASHPID" = $$ ] || bail_out "t_start_server in a subshell"
	T_SERVERS=$((T_SERVERS + 1))
	if [ "$script" = - ]; then
		script=$T/server-$T_SERVERS.script
		cat >"$script"
	fi
	SERVER_LOG=$T/server-$T_SERVERS.log
	mkfifo "$T/server-$T_SERVERS.in" "$T/server-$T_SERVERS.out" || bail_out "cannot make a fifo"
	# The server ends when the last writer of its standard input is gone: this shell, however that happens.
	exec {SERVER_IN}<>"$T/server-$T_SERVERS.in"
	"$TEST_API" --watch-stdin --token "$TOKEN" --log "$SERVER_LOG" "$@" "$script" {SERVER_IN}>&- \
		<"$T/server-$T_SERVERS.in" >"$T/server-$T_SERVERS.out" 2>"$T/server.err" &
	SERVER_PID=$!
	T_PIDS+=("$SERVER_PID")
	read -r line <"$T/server-$T_SERVERS.out"
	URL=${line#listening on }
	[ -n "$URL" ] && return 0
	diag "$(cat "$T/server.err")"
	bail_out "the server did not start"
}

# t_stop_server: ends it as a person would; its exit code is in SERVER_RC.
t_stop_server() {
	[ -n "$SERVER_PID" ] || return 0
	kill -TERM "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID"
	SERVER_RC=$?
	t_forget "$SERVER_PID"
	exec {SERVER_IN}>&-
	SERVER_PID=
}

# server_count REGEX: how many lines of the server's log match (extended, as grep has it).
server_count() {
	grep -cE -- "$1" "$SERVER_LOG"
}

# --- omni-export ---

# The ID of the N-th job.
job() {
	printf '%08d-0000-4000-8000-000000000000\n' "$1"
}

# The program in an environment of its own: nothing of the caller's settings, keys or proxies reaches it.
t_omni() {
	local pass=() name
	for name in ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS LLVM_PROFILE_FILE; do
		[ -z "${!name:-}" ] || pass+=("$name=${!name}")
	done
	# A shell without job control starts its background commands with these ignored.
	exec env --default-signal=INT --default-signal=QUIT -i PATH="$PATH" LC_ALL="$LC_ALL" TMPDIR="${TMPDIR:-/tmp}" HOME="$T/home" XDG_CONFIG_HOME="$T/config" \
		XDG_STATE_HOME="$T/state" XDG_DATA_HOME="$T/data" XDG_CACHE_HOME="$T/cache" OMNI_API_KEY="$TOKEN" \
		OMNI_BASE_URL="$URL/api" "${pass[@]}" "${OMNI_SETTINGS[@]}" "$OMNI" "$@"
}

# run_omni ARGS...: exit code in RC, output in $T/out and $T/err. Standard input is the caller's.
run_omni() {
	start_omni "$@" <&0
	wait_omni
}

# start_omni ARGS...: the same in the background, OMNI_PID; wait_omni waits for it.
start_omni() {
	if [ -n "${SERVER_IN:-}" ] && [ -n "$SERVER_PID" ]; then
		t_omni "$@" <&0 >"$T/out" 2>"$T/err" {SERVER_IN}>&- &
	else
		t_omni "$@" <&0 >"$T/out" 2>"$T/err" &
	fi
	OMNI_PID=$!
	T_PIDS+=("$OMNI_PID")
}

wait_omni() {
	wait "$OMNI_PID"
	RC=$?
	t_forget "$OMNI_PID"
	OMNI_PID=
}

# sql DB QUERY: rows with | between the columns.
sql() {
	sqlite3 -batch -noheader -bail "$1" "$2"
}

# Whether the program was built with the PostgreSQL sink: it names the sinks that it knows.
# t_postgres need|may: a PostgreSQL server, in $OMNI_TEST_PG: the script runs once more, below one of its own. Where none can be had, or the
# program cannot speak to it, the test is skipped (need), or goes on without $OMNI_TEST_PG (may).
t_postgres() {
	if ! has_postgres; then
		unset OMNI_TEST_PG
	elif [ -n "${OMNI_TEST_PG:-}" ]; then
		return
	elif bash "$srcdir/tests/pg/run.sh" --look >/dev/null; then
		bash "$srcdir/tests/pg/run.sh" bash "$0"
		exit
	fi
	[ "$1" = may ] || skip_all "no PostgreSQL here"
}

has_postgres() {
	OMNI_BASE_URL=http://127.0.0.1:1 "$OMNI" run --dry-run -t no: </dev/null 2>&1 | grep -q 'pg:'
}
