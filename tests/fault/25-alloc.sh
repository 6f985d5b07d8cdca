#!/bin/bash
# Memory that runs out: each allocation of ours fails in turn, once it alone and once all from there on. Nothing crashes or leaks, what is
# called stored is whole, and the next run finishes. In the build with sanitizers this looks at the paths that nobody goes.
OMNI_EXPORT_BIN=${top_builddir:-.}/tests/fault/omni-export-alloc
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
. "$srcdir/tests/fault/fault.sh"

# alloc_run N ARGS...: as run_omni; N "": none fails.
alloc_run() {
  OMNI_FAIL_ALLOC=$1 fault_run "" "${@:2}"
}
told() { [[ $FAULT_SAID =~ out\ of\ memory|Cannot\ allocate\ memory ]] || wrong "exit $RC, and not a word of memory: $FAULT_SAID"; }

# alloc_sweep NAME BEFORE STEP PHASE: points PHASE, PHASE + STEP, ...; in half of a sample the one alone, in the other all from there on.
alloc_sweep() {
  local before=$2 step=$3 n=$4 all kinds wrong=() points=0
  $before
  alloc_run 0 "${ARGS[@]}"
  is "$1: an undisturbed run" "$RC" 0
  all=$(cat "$T/count")
  contents_to "$T/whole" "$KIND" "$WHERE"
  cat "$T/whole" >>"$T/whole.all"
  for ((; n <= all; n += step)); do
    kinds=("" +)
    [ "$step" = 1 ] || kinds=("${kinds[points % 2]}")
    for kind in "${kinds[@]}"; do
      points=$((points + 1))
      $before
      alloc_run "$n$kind" "${ARGS[@]}"
      fault_judge "alloc:$n:$kind"
      slurp FAULT_SAID "$T/err"
      if [ "$RC" != 0 ]; then
        told
        alloc_run 0 "${ARGS[@]}"
        [ "$RC" = 0 ] && holds_whole || wrong "the next run does not make it whole ($RC)"
      fi
      [ ${#FAULT_WRONG[@]} = 0 ] || wrong+=("$n$kind: ${FAULT_WRONG[@]}" "$(sed 's/^/    /' <<<"$FAULT_SAID" | head -n 40)")
    done
  done
  t_result $((${#wrong[@]} > 0)) "$1: $points of the points at which memory runs out ($all allocations)"
  [ ${#wrong[@]} = 0 ] || diag "${wrong[@]}"
}

FAULT_LIB='' FAULT_LEAKS=1
fault_start
export OMNI_FAIL_ALLOC_COUNT=$T/count
step=${OMNI_EXHAUSTIVE:+1}
for sink in ${OMNI_FAULT_SINKS:-sqlite raw csv jsonl}; do
  fault_sink "$sink"
  alloc_sweep "$sink" fault_fresh "${step:-37}" 1
  alloc_sweep "$sink, replacing" fault_again "${step:-71}" "${step:-9}"
done

# --- load: from what raw: keeps ---
fault_load() {
  tree rm "$WHERE" "$T/state"
  ARGS=(load --from "raw:$T/from" -t "$SPEC" --summary "$T/summary")
}
fault_sink raw
mv "$T/base" "$T/from"
fault_sink jsonl
alloc_sweep "load" fault_load "${step:-41}" "${step:-5}"

# --- a large result, which a second thread decodes ---
job 5 >"$T/jobs.txt"
fault_sink sqlite
alloc_sweep "a large result" fault_fresh "${step:-41}" 9
finish
