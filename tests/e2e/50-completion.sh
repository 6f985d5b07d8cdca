#!/bin/bash
# Completion in real shells: bash and zsh, each on a terminal of its own, where a key inserts what there is to offer and the line is then run; and fish, which
# can be asked. What is committed and installed is what is printed.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

committed=$srcdir/contrib/completion
for name in bash:omni-export.bash zsh:_omni-export fish:omni-export.fish; do
  run_omni completion "${name%%:*}"
  cp "$T/out" "$T/${name#*:}"
  if has_postgres; then
    check "contrib/completion/${name#*:} is what is printed (else: make completions)" cmp "$committed/${name#*:}" "$T/out"
  else
    skip "contrib/completion/${name#*:} is what is printed" "built without PostgreSQL, which it offers"
  fi
done
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$top_builddir" install-nodist_bashcompletionDATA install-dist_zshcompletionDATA \
  install-dist_fishcompletionDATA datadir="$T/share" DESTDIR= >"$T/install.log" 2>&1
is "they are installed where the shells look for them" "$(cd "$T/share" && find . -type f | sort | tr '\n' ' ')" \
  "./bash-completion/completions/omni-export ./fish/vendor_completions.d/omni-export.fish ./zsh/site-functions/_omni-export " || diag "$(cat "$T/install.log")"

# --- what is completed, and what comes of it ---

# lines[i] is completed: with one key the last word, so far as that goes, and an X is typed behind it; or, where no X is wanted, with another key all that
# there is to offer is inserted. wanted[i]: the words that then stand in the place of the last one, sorted.
lines=() wanted=()
line() { # LINE WORD...
  lines+=("$1")
  shift
  wanted+=("$(printf '%s\n' "$@" | sort | tr '\n' '|')")
}
run_omni help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$T/out")
# shellcheck disable=SC2086
line '' $commands
for command in $commands; do
  run_omni help "$command"
  # shellcheck disable=SC2046
  line "$command --" $(grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' "$T/out" | grep -oE -- '--[a-z-]+')
done
line 'co' completion X
line 'load --fr' --from X
line 'load --ref' --refX
line 'run --re' --refetch --retries --retry-lost --retry-max-wait --retry-wait
line 'run -q --to x.db --verb' --verbose X
line 'run --progress ' always auto never
line 'run --progress al' always X
line 'run --progress=al' --progress=always X
line 'run --log-format j' json X
line 'run --to sq' sqlite:X
line 'run --to post' postgresql://X
line 'run --to ' csv: 'dir a' jsonl: 'my file.db' 'my jobs.txt' null: other.db postgresql:// raw: sqlite:
line 'run --to oth' other.db X
line 'run --to sqlite:my' 'sqlite:my file.db' X
line 'run -t sqlite:oth' sqlite:other.db X
line 'run -t jsonl:"my f' 'jsonl:my file.db' X
line 'run --to=raw:di' '--to=raw:dir a/X'
line 'run --to=csv:dir\ a/' '--to=csv:dir a/x.db' X
line 'run -qt jsonl:di' 'jsonl:dir a/X'
line 'load --from csv:oth' csv:other.db X
line 'run --to postgresql://o' postgresql://oX
line 'run my' 'my file.db' 'my jobs.txt'
line 'run my\ j' 'my jobs.txt' X
line 'run "my j' 'my jobs.txt' X
line 'run --error-file oth' other.db X
line 'run -q -e oth' other.db X
line 'run --rate o' oX
line 'run --concurrency=o' --concurrency=oX
line 'run -- oth' other.db X
line 'run -- --qu' --quX
line 'completion ' bash fish zsh
line 'completion z' zsh X
line 'help lo' load X
line 'help oth' othX

mkdir -p "$T/w/dir a" "$T/z" "$T/home"
cd "$T/w" || exit 99
touch 'my file.db' 'my jobs.txt' other.db 'dir a/x.db'

# judge SHELL: the words of each line that was run stand in $T/SHELL.got, with a | behind each.
judge() {
  local i=0 n got words
  is "$1: each line was run" "$(wc -l <"$T/$1.got")" ${#lines[@]} || { tail -c 2000 "$T/$1.screen" | cat -v | diag; return; }
  while IFS= read -r got; do
    eval "set -- '$1' ${lines[i]}_${lines[i]//[!\"]/}" # one of the words is the last one, whatever it is
    n=$(($# - 2))
    IFS='|' read -ra words <<<"$got"
    # Of the commands' places bash offers the options of the program too, and zsh an option with the = that follows it.
    words=("${words[@]:n}")
    [ "${lines[i]}" ] || words=("${words[@]/#--*/}")
    [[ ${wanted[i]} = *X* ]] || words=("${words[@]%=}")
    is "$1: ${lines[i]:-(no word)}" "$(printf '%s\n' "${words[@]}" | grep . | sort | tr '\n' '|')" "${wanted[i]}"
    i=$((i + 1))
  done <"$T/$1.got"
}
typed() { # ALL-KEY: what somebody types
  local i
  for i in "${!lines[@]}"; do
    case ${wanted[i]} in
    *X*) printf 'omni-export %s\tX' "${lines[i]}" ;;
    *) printf 'omni-export %s%s' "${lines[i]}" "$1" ;;
    esac
    # an open quote is closed
    printf '%s\n' "${lines[i]//[!\"]/}"
  done
  printf 'exit\n'
}
# on_terminal SHELL ALL-KEY COMMAND: what is typed there.
on_terminal() {
  : >"$T/$1.got"
  env -i PATH="$PATH" HOME="$T/home" ZDOTDIR="$T/z" TERM=xterm LC_ALL="$LC_ALL" GOT="$T/$1.got" SCRIPTS="$T" \
    timeout 60 script -qec "$3" /dev/null < <(typed "$2") >"$T/$1.screen" 2>&1
}

cat >"$T/rc.bash" <<'RC'
omni-export() { printf '%s|' "$@" >>"$GOT"; echo >>"$GOT"; }
. "$SCRIPTS/omni-export.bash"
RC
cat >"$T/z/.zshrc" <<'RC'
omni-export() { printf '%s|' "$@" >>"$GOT"; echo >>"$GOT"; }
fpath=("$SCRIPTS" $fpath)
autoload -Uz compinit && compinit -u -D
zle -C insert-all complete-word insert_all
insert_all() { _main_complete; compstate[insert]=all; }
bindkey '^[*' insert-all
bindkey '^I' complete-word
RC
on_terminal bash $'\e*' "bash --noprofile --rcfile '$T/rc.bash' -i"
judge bash
if command -v zsh >/dev/null; then
  on_terminal zsh $'\e*' "zsh -d -i"
  judge zsh
else
  skip "completion in zsh" "no zsh here"
fi
finish
