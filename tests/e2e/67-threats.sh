#!/bin/bash
# SECURITY.md: each promise names a test, and each test that it names is there and is run.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

text=$srcdir/SECURITY.md
missing=
named=0
file=
while read -r word; do
  case $word in
  '`'*) file=${word//\`/} ;;
  *)
    named=$((named + 1))
    word=${word#\"}
    grep -qF -- "${word%\"}" "$srcdir/$file" || missing+="$file has no \"${word%\"}\"
"
    case $file in
    tests/e2e/flat.sh) grep -q "e2e/flat.sh" "$srcdir/tests/e2e/32-csv.sh" ;;
    tests/e2e/*) grep -qF "$file" "$srcdir/Makefile.am" ;;
    *) grep -qF "${file%.c}" "$srcdir/Makefile.am" ;;
    esac || missing+="$file is not run
"
    ;;
  esac
done < <(sed -n '/^- .*`tests\//p' "$text" | grep -oE '`tests/[a-z0-9_/.-]+`|"[^"]+"')
is "every test that is named is there, and is run" "$missing" ""
check "there are some" test "$named" -ge 45
is "every promise names one" "$(sed -n '/^## The key/,/^## What is not promised/p' "$text" | grep '^- ' | grep -vc '`tests/[^`]*`: "')" 0
finish
