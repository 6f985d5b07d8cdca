#!/bin/bash
# The peak of resident memory while one large result is exported, for each sink; and what happens to bodies that grow
# without end. OMNI_EXHAUSTIVE=1: results of 1 GB. The peak is what the kernel counted for the process (getrusage, as GNU
# time prints it).
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

command -v "${TIME_PROGRAM:=/usr/bin/time}" >/dev/null || skip_all "GNU time is not here"
if nm -D "$OMNI" 2>/dev/null | grep -q '__asan_init\|__ubsan_handle'; then
	skip_all "a sanitizer takes memory of its own"
fi

MAX_KIB=$((32 * 1024))
rows=400000 # about 30 MB
[ -z "${OMNI_EXHAUSTIVE:-}" ] || rows=13400000
head -c 60000000 /dev/zero | gzip -1 | gzip -1 >"$T/twice.gz"
head -c 100000000 /dev/zero | zstd -q >"$T/zeros.zst"
window=30000000
[ -z "${OMNI_EXHAUSTIVE:-}" ] || window=300000000
head -c $window /dev/zero | zstd -q --long=27 >"$T/window.zst"
head -c 1000000 /dev/zero | zstd -q --long=28 >"$T/window2.zst"
big='"before":"{\"message\":\"","after":"\"}"'
t_start_server - <<SCRIPT
{"job":"00000001-0000-4000-8000-000000000000","result":{"csv_rows":$rows}}
{"job":"00000002-0000-4000-8000-000000000000","result":{"body":"0","repeat":2000000000,$big,"encoding":"gzip"}}
{"job":"00000003-0000-4000-8000-000000000000","result":{"body":"[","repeat":100000000,"encoding":"gzip"}}
{"job":"00000004-0000-4000-8000-000000000000","result":{"body":" ","repeat":100000000,"after":"{\"message\":\"m\"}","encoding":"deflate","transfer":"chunked"}}
{"job":"00000005-0000-4000-8000-000000000000","result":{"file":"twice.gz","headers":{"Content-Encoding":"gzip, gzip"}}}
{"job":"00000006-0000-4000-8000-000000000000","result":{"file":"zeros.zst","headers":{"Content-Encoding":"zstd"}}}
{"job":"00000007-0000-4000-8000-000000000000","result":{"body":"{\"k\":","repeat":100000}}
{"job":"00000008-0000-4000-8000-000000000000","result":{"body":"A","repeat":40000000,"before":"{\"message\":\"","after":"\"}"}}
{"job":"00000009-0000-4000-8000-000000000000","result":{"body":"0,","repeat":990000,"before":"{\"topic\":[","after":"0]}"}}
{"job":"00000010-0000-4000-8000-000000000000","result":{"base64":"z///fwAkQOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+P//B6wFIAMRhAehi1wM=","headers":{"Content-Encoding":"br"}}}
{"job":"00000011-0000-4000-8000-000000000000","result":{"file":"window.zst","headers":{"Content-Encoding":"zstd"}}}
{"job":"00000012-0000-4000-8000-000000000000","result":{"file":"window2.zst","headers":{"Content-Encoding":"zstd"}}}
SCRIPT
# measure JOB ARGS...: exports it; RC, and the peak in KiB in PEAK.
measure() {
	local omni=$OMNI
	job "$1" >"$T/job.txt"
	shift
	OMNI=$TIME_PROGRAM run_omni -q -f %M -o "$T/peak" "$omni" run "$T/job.txt" --rate 0 --retry-wait 0 --retries 2 "$@"
	PEAK=$(tail -n 1 "$T/peak")
}
within() { # NAME KIB
	t_result $((PEAK > $2)) "$1" && diag "$((PEAK / 1024)) MiB" && return
	diag "$((PEAK / 1024)) MiB"
}

sinks=(null: "sqlite:$T/one.db" "raw:$T/raw" "jsonl:$T/jsonl" "csv:$T/csv")
[ -z "${OMNI_TEST_PG:-}" ] || sinks+=("pg:$OMNI_TEST_PG")
for sink in "${sinks[@]}"; do
	measure 1 -t "$sink"
	is "$rows rows to ${sink%%:*}: stored" "$RC" 0
	within "$rows rows to ${sink%%:*}: under 32 MiB" $MAX_KIB
	rm -rf "$T/raw" "$T/jsonl" "$T/csv" "$T/one.db"
done

# Larger than allowed, as they are sent or once they are decompressed: refused at the first try. No file may grow beyond
# what is allowed (ulimit -f counts in KiB): a spool that went on would be a run that fails.
# Job 10: 100 million blanks in brotli, whose largest window is of 16 MiB.
for n in 2 3 4 5 6 10; do
	measure "$n" -t "$T/bombs.db" --max-size 20M
	is "body $n is too large" "$RC $(sql "$T/bombs.db" "SELECT state, attempts, error LIKE 'the body is larger than 20971520 bytes' FROM jobs WHERE job_id = '$(job "$n")'")" "3 failed|1|1"
	within "body $n: under 32 MiB" $MAX_KIB
done
# A window as large as zstd takes one without being asked to (128 MiB), and a larger one: that is refused.
measure 11 -t "$T/bombs.db"
is "the largest window: decoded" "$RC $(sql "$T/bombs.db" "SELECT state FROM jobs WHERE job_id = '$(job 11)'")" "3 unreadable"
within "the largest window: under 160 MiB" $((160 * 1024))
measure 12 -t "$T/bombs.db"
is "a larger window is not decoded" "$RC $(sql "$T/bombs.db" "SELECT state, error LIKE '%Content or Transfer-Encoding' FROM jobs WHERE job_id = '$(job 12)'")" "3 failed|1"
within "a larger window: under 32 MiB" $MAX_KIB
(
	ulimit -f $((24 * 1024))
	measure 2 -t "$T/spool.db" --max-size 20M
	sql "$T/spool.db" "SELECT state || ': ' || error FROM jobs"
) >"$T/limited" 2>&1
is "nothing is spooled beyond the largest size" "$(cat "$T/limited")" "failed: the body is larger than 20971520 bytes"

measure 7 -t "$T/deep.db"
is "100,000 levels are refused" "$RC $(sql "$T/deep.db" "SELECT state, error LIKE '%nested too deep' FROM jobs")" "3 unreadable|1"
within "100,000 levels: under 32 MiB" $MAX_KIB

# What is no CSV has bounds of its own (the man page, "A text value above 16 MiB is cut"; a million values): they do not
# grow with the body any further.
sinks=("sqlite:$T/two.db" "csv:$T/csv2")
[ -z "${OMNI_EXHAUSTIVE:-}" ] || sinks+=("jsonl:$T/jsonl2")
for sink in "${sinks[@]}"; do
	measure 8 -t "$sink"
	is "a message of 40 MB, to ${sink%%:*}: stored, cut" "$RC" 0
	within "a message of 40 MB, to ${sink%%:*}: under 64 MiB" $((64 * 1024))
	measure 9 -t "$sink"
	is "a million values, to ${sink%%:*}: stored" "$RC" 0
	within "a million values, to ${sink%%:*}: under 48 MiB" $((48 * 1024))
done
is "the message is cut, and said to be" "$(sql "$T/two.db" "SELECT length(message), warnings LIKE '%longer than 16 MiB: cut%' FROM jobs WHERE job_id = '$(job 8)'")" "16777216|1"
is "the million values are whole" "$(sql "$T/two.db" "SELECT json_array_length(topic) FROM jobs WHERE job_id = '$(job 9)'")" 990001
t_stop_server
finish
