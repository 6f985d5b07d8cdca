#!/bin/bash
# How far a run is, while it runs: under real terminals (tmux, script), and where there is none.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

tmux -N -V >/dev/null 2>&1 || skip_all "no tmux that knows -N is installed"
command -v script >/dev/null || skip_all "script is not installed"
# -N: none but the server below is started; one that tmux starts by itself would outlive the test.
tm() { tmux -N -L omni -f /dev/null "$@" 2>>"$T/tmux.err"; }
unset TMUX
export TMUX_TMPDIR=$T
ESC=$'\033'

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"status":404,"envelope":"application","message":"Job not found"}}
{"job":"$(job 11)","result":[{"status":429,"headers":{"Retry-After":"2"}},{"json":{"message":"m"}}]}
{"job":"$(job 12)","result":[{"status":503,"body":"busy","headers":{"Retry-After":"2"}},{"json":{"message":"m"}}]}
{"job":"$(job 21)","result":[{"status":429,"headers":{"Retry-After":"3600"}},{"json":{"message":"m"}}]}
{"job":"$(job 22)","result":{"json":{"message":"m"},"delay_ms":60000}}
{"job":"$(job 31)","result":{"json":{"message":"m"},"delay_ms":500}}
{"job":"$(job 32)","result":{"json":{"message":"m"},"delay_ms":500}}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT

# go NAME JOBS ARGS...: what runs NAME is written to $T/NAME; a home, a sink and a window of its own.
go() {
  local name=$1
  for i in $2; do job "$i"; done >"$T/$name.txt"
  shift 2
  {
    printf 'echo $$ >%q\nexec env -u XDG_STATE_HOME HOME=%q OMNI_API_KEY=%q OMNI_BASE_URL=%q ' "$T/$name.pid" "$T/$name.home" "$TOKEN" "$URL/api"
    printf '%q ' "$OMNI" run "$T/$name.txt" -t "$T/$name.db" "$@"
  } >"$T/$name"
}
# --- tmux: one server, a window for each terminal ---
tmux -D -L omni -f /dev/null >/dev/null 2>&1 </dev/null {SERVER_IN}>&- &
TMUX_PID=$!
T_PIDS+=("$TMUX_PID")
until tm new-session -d -n first -x 100 -y 15 "sleep 300"; do
  kill -0 "$TMUX_PID" 2>/dev/null || bail_out "tmux does not start: $(cat "$T/tmux.err")"
  sleep 0.02
done
tm set -g remain-on-exit on
tm set -g remain-on-exit-format ''
terminal() { tm new-window -d -n "$1" "$2" && tm resize-window -t "$1" -x "${3:-100}" -y 15; } # NAME COMMAND [WIDTH]
screen() { tm capture-pane -p -t "$1" | grep .; }
# shows NAME REGEX: waits until it stands on the screen; SEEN: the first line that has it.
shows() {
  local i text
  for ((i = 0; i < 100; i++)); do
    text=$(tm capture-pane -p -t "$1")
    while read -r SEEN; do [[ $SEEN =~ $2 ]] && return; done <<<"$text"
    sleep 0.2
  done
  SEEN=
  diag "not seen on '$1': $2" "$(screen "$1")"
  return 1
}
over() { # NAME: waits for its end, and for its last words, which tmux may read later; RC (tmux itself does not always see it)
  local i
  for ((i = 0; i < 150; i++)); do
    [ -s "$T/$1.code" ] && break
    sleep 0.1
  done
  RC=$(cat "$T/$1.code")
  shows "$1" 'jobs stored'
}
number() { sed -E 's/.*next request in ([0-9]+) s.*/\1/' <<<"$1"; }
LINE='^[0-9]+/[0-9]+ jobs'
lines() { screen "$1" | grep -cE "${2:-[0-9]/[0-9]+ jobs}"; }

# The request window, and what a terminal does that becomes narrower.
go rate "1 2 3 4" --rate 2/m
terminal rate "bash $T/rate; echo \$? >$T/rate.code"
shows rate "$LINE, rate limit: next request in [0-9]+ s, [0-9]+ s left, 1 stored"
like "the request window: how far, what is waited for, what is left" "$SEEN" "^2/4 jobs, rate limit: next request in (60|5.) s, (60|5.) s left, 1 stored, "
first=$(number "$SEEN")
shows rate "next request in $((first - 1)) s"
is "the countdown goes on while nothing happens" "$(number "$SEEN")" $((first - 1))
is "what is logged stands above the line" "$(screen rate | sed -E "s|$(job 1)|ID|; s|($LINE).*|\1|")" "omni-export: warning: ID: not_found: HTTP 404: Job not found
2/4 jobs"
for width in 50 40 25; do
  tm resize-window -t rate -x $width
  shows rate "$LINE(, next request in [0-9]+ s|, rate limit: next request in [0-9]+ s)?$"
  now=$(screen rate)
  is "narrowed to $width columns: nothing is left of the wider line, below all others" \
    "$(grep -cE '[0-9]/[0-9]+ jobs' <<<"$now") $(grep -cE 'stored|left' <<<"$now") $(tail -n 1 <<<"$now" | grep -cE "$LINE")" "1 0 1"
  [ ${#SEEN} -lt $width ] || is "it is no wider than the terminal" ${#SEEN} "below $width"
done
tm resize-window -t rate -x 100
shows rate "$LINE, rate limit: next request in [0-9]+ s, .*1 stored"
is "wider again: one line, as wide as before" "$(lines rate)" 1
kill -TERM "$(cat "$T/rate.pid")"
over rate
is "terminated: nothing of the line is left" "$RC $(lines rate) $(screen rate | grep -c 'interrupted: ')" "143 0 1"

# Silence, a backoff, and the end.
go waits "11 12 13" --rate 0 --retry-wait 0.1 --concurrency 1
terminal waits "bash $T/waits; echo \$? >$T/waits.code"
shows waits "$LINE, API asked for 2 s of silence: next request in [12] s"
like "a 429: how long the API asked for, and what is left of it" "$SEEN" "^0/3 jobs, API asked for 2 s of silence: next request in [12] s"
shows waits "$LINE, waiting to try again: next request in [12] s"
like "a backoff: all that is left is waited for" "$SEEN" "^2/3 jobs, waiting to try again: next request in [12] s"
over waits
is "over: nothing of the line is left" "$RC $(lines waits) $(screen waits | grep -c '3 of 3 jobs')" "0 0 1"

# An interactive shell: Ctrl-Z, fg, Ctrl-C; in the background; Ctrl-S.
go shell "22 23" --rate 0 --concurrency 1
terminal shell "bash --norc --noprofile --noediting -i"
shows shell 'bash-[0-9.]+[$#]'
tm send-keys -t shell "bash $T/shell" Enter
shows shell "$LINE"
tm send-keys -t shell C-z
shows shell 'Stopped'
is "stopped: nothing of the line is left" "$(lines shell ' jobs|under way')" 0
tm send-keys -t shell "fg" Enter
shows shell "$LINE"
is "it goes on: the line is there again, below what the shell said" "$(lines shell) $(screen shell | tail -n 1 | grep -cE "$LINE")" "1 1"
tm send-keys -t shell C-c
shows shell 'interrupted: '
tm send-keys -t shell 'echo code $?' Enter
shows shell 'code [0-9]'
is "interrupted: nothing of the line is left" "${SEEN#*# } $(lines shell)" "code 130 0"
tm send-keys -t shell "clear; bash $T/shell" Enter
until [ "$(server_count "$(job 22)")" = 2 ]; do sleep 0.02; done
shows shell "$LINE"
kill -STOP "$(cat "$T/shell.pid")"
kill -INT "$(cat "$T/shell.pid")"
kill -CONT "$(cat "$T/shell.pid")"
shows shell 'interrupted: '
go back "11 31" --rate 0 --concurrency 1
t_stop_server
t_start_server "$T/server-1.script"
go back "11 31" --rate 0 --concurrency 1
tm pipe-pane -t shell "cat >$T/back.typed"
tm send-keys -t shell "clear" Enter "bash $T/back &" Enter
shows shell '2 of 2 jobs'
tm pipe-pane -t shell
is "in the background: no line, at no time" "$(grep -cE '[0-9]/[0-9]+ jobs' "$T/back.typed") $(grep -c 'requests pause' "$T/back.typed")" "0 1"
go held "31 32 33" --rate 0 --concurrency 1
tm send-keys -t shell "clear; bash $T/held" Enter
shows shell "$LINE"
tm send-keys -t shell C-s
for ((i = 0; i < 100; i++)); do
  [ "$(server_count "$(job 33)")" = 0 ] || break
  sleep 0.1
done
is "a terminal that takes nothing holds up no request" "$(server_count "$(job 33)")" 1
tm send-keys -t shell C-q
shows shell '3 of 3 jobs'
is "and is as it should be when it goes on" "$(lines shell)" 0

# --- script: the very bytes ---
typed() { # NAME [NAME=VALUE...]: the bytes a terminal gets, in $T/NAME.typed
  local name=$1
  shift
  env "$@" SHELL=/bin/bash script -qefc "bash $T/$name" "$T/$name.raw" </dev/null >/dev/null 2>&1 {SERVER_IN}>&-
  RC=$?
  sed '1d;$d' "$T/$name.raw" >"$T/$name.typed"
}
go plain "41 42" --rate 0
typed plain TERM=xterm
is "a terminal: the line is drawn, and wiped at the end" "$RC $(grep -cE "${ESC}\[J" "$T/plain.typed") $(grep -cE 'jobs' "$T/plain.typed")" "0 1 1"
for i in "dumb TERM=dumb" "unset -u TERM" "quiet TERM=xterm -q" "never TERM=xterm --progress never" "loud TERM=xterm -q --progress always"; do
  read -r name term more <<<"$i"
  # shellcheck disable=SC2086
  [ "$term" = -u ] && { term="-u TERM"; more=; }
  # shellcheck disable=SC2086
  go "$name" "41 42" --rate 0 $more
  # shellcheck disable=SC2086
  typed "$name" $term
  is "$name: $([ "$name" = loud ] && echo the line || echo no line)" "$RC $(grep -cE "$ESC|[0-9]/[0-9]+ jobs" "$T/$name.typed")" "0 $([ "$name" = loud ] && echo 1 || echo 0)"
done

# --- no terminal: a line of the log each minute, by a clock that is moved ---
OMNI_SETTINGS=("LD_PRELOAD=$(t_absolute "$top_builddir/tests/fault/clock.so")" "OMNI_CLOCK=$T/clock" TERM=xterm)
job 21 >"$T/off.txt"
# off [ARGS...]: a run in which an hour of silence passes, so that a minute is over at once.
off() {
  rm -rf "$T/clock" "$T/state" "$T"/off.db*
  t_stop_server
  t_start_server "$T/server-1.script"
  start_omni run "$T/off.txt" -t "$T/off.db" --rate 0 --retry-max-wait 4000 "$@"
  until [ "$(server_count '"status": ?429')" = 1 ] || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
  # It is answered; and it was heard, where that is said.
  [[ " $* " == *" -q "* ]] || until grep -q 'requests pause' "$T/err" || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
}
later() { echo "$1" >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
off --log-format json
later 61
until grep -q progress: "$T/err" || ! kill -0 "$OMNI_PID"; do sleep 0.02; done
kill -TERM "$OMNI_PID"
wait_omni
like "a file: what a terminal is told too" "$(grep progress: "$T/err")" '^\{"time":"[^"]*","level":"info","msg":"progress: 0 of 1 jobs, API asked for 1 h of silence: next request in 5[89] min, 0 stored"\}$'
for how in "1 " "0 -q" "0 --progress never" "1 --progress always" "1 --progress always -q"; do
  read -r n args <<<"$how"
  # shellcheck disable=SC2086
  off $args
  # Where it does not say that it has heard, it may hear later than that: then an hour passes again, and another line may come.
  for ((hours = 1; hours < 60; hours++)); do
    later $((3700 * hours))
    for ((i = 0; i < 100; i++)); do
      kill -0 "$OMNI_PID" 2>/dev/null || break 2
      sleep 0.1
    done
  done
  wait_omni
  lines=$(grep -c '^omni-export: progress: ' "$T/err")
  is "a file${args:+, with $args}: $n line" "$RC $((lines >= n && lines <= n * hours))" "0 1"
  is "no control character in it" "$(tr -d '\n' <"$T/err" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
done
rm -rf "$T/state"
is "a minute has to pass" "$(rm -f "$T/clock"; run_omni run "$T/off.txt" -t "$T/off2.db" --rate 0; echo "$RC $(grep -c progress "$T/err")")" "0 0"
is "a pipe is no terminal" "$(t_omni run "$T/off.txt" -t "$T/off3.db" --rate 0 --progress always 2>&1 | LC_ALL=C grep -c "$ESC\|$(printf '\r')")" 0
finish
