#!/bin/bash
# What ends the whole run: a key that is refused, an API that is down, an API that asks for silence, time, signals.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

ok='{"json":{"message":"m"}}'
sum() { sqlite3 -batch -noheader :memory: "SELECT json_extract(readfile('$T/summary.json'), '\$.$1')"; }
for i in $(seq 40); do job "$i"; done >"$T/jobs.txt"
fast=(--rate 0 --concurrency 1 --retry-wait 0 --summary "$T/summary.json")

# --- the key ---
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":$ok}
{"job":"$(job 2)","result":{"status":401,"envelope":"published","message":"Missing or invalid API key"}}
{"job":"*","result":$ok}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/a.db" "${fast[@]}"
is "401 ends the run" "$RC" 6
is "what is stored stays stored" "$(sql "$T/a.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" 1
is "the rest is unasked" "$(sum unasked)" 39
is "and in the ledger" "$(sql "$T/a.db" "SELECT count(*) FROM jobs WHERE state = 'unasked'")" 39
like "says so" "$(cat "$T/err")" 'the API refuses the key.*Missing or invalid API key'
OMNI_SETTINGS=(OMNI_API_KEY=omni_osk_wrong)
run_omni run "$T/jobs.txt" -t "$T/b.db" "${fast[@]}"
is "a wrong key" "$RC" 6
is "one request, or two with whoami" "$(($(sum requests) <= 2))" 1
OMNI_SETTINGS=()
t_stop_server

t_start_server - <<SCRIPT
{"whoami":[{"status":503},{"json":{"ok":true}}]}
{"job":"*","result":{"status":403,"envelope":"application","message":"Permission denied"}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/c.db" --rate 0 --retry-wait 0 --summary "$T/summary.json"
is "403 with a good key: denied, and the run goes on" "$RC/$(sum denied)" 3/40
is "whoami was asked once, and once more after its 503" "$(server_count '/v1/whoami')" 2
t_stop_server

t_start_server - <<SCRIPT
{"whoami":{"status":403,"envelope":"auth","message":"User is demoted"}}
{"job":"*","result":{"status":403,"envelope":"application","message":"Permission denied"}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/d.db" "${fast[@]}"
is "403 with a key that whoami refuses" "$RC" 6
is "two requests" "$(sum requests)" 2
t_stop_server

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":$ok}
{"job":"*","result":{"status":403,"envelope":"application","message":"Feature not enabled"}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/e.db" "${fast[@]}"
is "403 after a success asks no whoami" "$RC/$(sum denied)/$(server_count whoami)" 3/39/0
t_stop_server

# --- the API is down ---
t_start_server - <<SCRIPT
{"job":"*","result":{"status":503,"body":"down"}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/f.db" "${fast[@]}" --give-up-after 0 --retries 3
is "the API is down" "$RC" 3
is "after twenty failures, the rest is unasked" "$(($(sum requests) >= 20 && $(sum requests) <= 24 && $(sum unasked) > 30))" 1
like "says so" "$(cat "$T/err")" 'down'
t_stop_server

# --- 429 ---
t_start_server - <<SCRIPT
{"job":"*","result":{"status":429,"headers":{"X-Omni-Waf-Action":"block"},"body":"<html>slow down</html>"}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/g.db" "${fast[@]}"
is "a 429 after ten pauses without a success ends the run" "$RC/$(sum requests)/$(sum rate_limited)" 3/11/11
is "no job has failed by them" "$(sum failed)/$(sum unasked)" 0/40
t_stop_server
t_start_server - <<SCRIPT
{"job":"*","result":{"status":429,"headers":{"Retry-After":"3600"}}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/h.db" "${fast[@]}" --retry-max-wait 2
is "a Retry-After beyond the cap ends the run at once" "$RC/$(sum requests)" 3/1
like "and says when to come back" "$(cat "$T/err")" '20[0-9][0-9]-|3600|hour'
t_stop_server
t_start_server - <<SCRIPT
{"job":"$(job 1)","result":[{"status":429,"headers":{"Retry-After":"1"}},$ok]}
{"job":"$(job 2)","result":[{"status":429,"body":""},$ok]}
{"job":"*","result":$ok}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/i.db" --rate 0 --retry-wait 0 --retries 0 --summary "$T/summary.json"
is "429 costs no try" "$RC/$(sum stored)" 0/40
t_stop_server

# --- time ---
t_start_server - <<SCRIPT
{"job":"*","result":{"json":{"message":"m"},"delay_ms":3000}}
SCRIPT
run_omni run "$T/jobs.txt" -t "$T/j.db" --rate 0 --concurrency 2 --max-time 1.5 --summary "$T/summary.json"
is "--max-time: what is under way finishes" "$RC/$(sum stored)/$(sum unasked)" 3/2/38
t_stop_server

# --- signals ---
for signal in HUP:129 INT:130 TERM:143; do
  t_start_server - <<SCRIPT
{"job":"$(job 1)","result":$ok}
{"job":"$(job 2)","result":$ok}
{"job":"*","result":{"json":{"message":"m"},"stall_after":3}}
SCRIPT
  start_omni run "$T/jobs.txt" -t "$T/k$signal.db" --rate 0 --concurrency 4 -v --summary "$T/summary.json"
  until [ "$(sqlite3 -batch "$T/k$signal.db" "SELECT count(*) FROM jobs WHERE state = 'stored'" 2>/dev/null)" = 2 ] || ! kill -0 "$OMNI_PID"; do sleep 0.05; done
  kill -"${signal%:*}" "$OMNI_PID"
  wait_omni
  is "SIG${signal%:*}: exit code" "$RC" "${signal#*:}"
  is "SIG${signal%:*}: what is complete is stored, the rest unasked" "$(sum stored)/$(sum unasked)" 2/38
  is "SIG${signal%:*}: the ledger knows the run" "$(sql "$T/k$signal.db" "SELECT exit_code FROM runs")" "${signal#*:}"
  t_stop_server
done
finish
