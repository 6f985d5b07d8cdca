#!/bin/bash
# The built program: what compiler and linker were asked for is in it.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

command -v readelf >/dev/null || skip_all "readelf is not installed"
nm -D "$OMNI" | grep -q '__asan_init\|__ubsan_\|__gcov' && skip_all "a build with instruments"
[ "$(head -c 4 "$OMNI" | tail -c 3)" = ELF ] || skip_all "the program runs under another one"
headers=$(readelf -hlW "$OMNI")
dynamic=$(readelf -dW "$OMNI")
symbols=$(nm -D "$OMNI")
like "it can be loaded anywhere (PIE)" "$headers" 'Type: +DYN'
like "relocations are read-only when it runs" "$headers" 'GNU_RELRO'
like "and all are made before it runs" "$dynamic" 'BIND_NOW|Flags:.* NOW'
like "the stack holds no code" "$(grep GNU_STACK <<<"$headers")" ' RW '
is "no segment can be written and run" "$(grep -cE '^ +LOAD.* RWE ' <<<"$headers")" 0
unlike "no code is relocated" "$dynamic" 'TEXTREL'
unlike "it looks for libraries where the system does" "$dynamic" 'RPATH|RUNPATH'
like "stacks are watched" "$symbols" '__stack_chk_fail'
if grep -qE '^HARDEN_CPPFLAGS = .*_FORTIFY_SOURCE' "$top_builddir/Makefile"; then
  like "the C library's functions know how large buffers are" "$symbols" '__(memcpy|snprintf|vsnprintf|read|strcpy|memset)_chk'
else
  skip "the C library's functions know how large buffers are" "not in a build without optimization"
fi
if grep -qE '^HARDEN_CFLAGS = .*-fcf-protection' "$top_builddir/Makefile" && readelf -h "$OMNI" | grep -q X86-64; then
  like "jumps are watched where the processor can" "$(objdump -d --no-show-raw-insn "$OMNI" 2>/dev/null | grep -c endbr64)" "^[0-9]{3}"
else
  skip "jumps are watched where the processor can" "not on this machine"
fi
is "only libraries that it uses" "$(grep -c NEEDED <<<"$dynamic")" "$(ldd -u "$OMNI" | grep -c / | awk -v n="$(grep -c NEEDED <<<"$dynamic")" '{ print n - $1 }')"
finish
