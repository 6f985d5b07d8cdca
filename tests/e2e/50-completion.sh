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

# A line is completed: with one key the last word, so far as that goes, and an X is typed behind it; or, where no X is wanted, with another key all that there
# is to offer is inserted. The words that then stand in the place of the last one are in $T/lines: how many stand before it, the line, the words.
lines=() wanted=()
line() { # LINE WORD...
  local line=$1
  shift
  lines+=("$line")
  wanted+=("$*")
  printf '%s\t' "$line" "$@" >>"$T/lines"
  printf '\n' >>"$T/lines"
}
run_omni help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$T/out")
# shellcheck disable=SC2086
line '' $commands
for command in $commands; do
  run_omni help "$command"
  options=$(grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' "$T/out" | grep -oE -- '--[a-z-]+')
  # shellcheck disable=SC2086
  line "$command --" ${options:---help --version}
done
line 'co' completion X
line 'load --fr' --from
line 'load --ref' --refX
line 'run --re' --refetch --retries --retry-lost --retry-max-wait --retry-wait
line 'run -q --to x.db --verb' --verbose X
line 'run --progress ' always auto never
line 'run --progress al' always X
line 'run --progress=al' --progress=always X
line 'run --log-format j' json X
line 'run --to sq' sqlite:X
postgresql=
if has_postgres; then
  postgresql=postgresql://
  line 'run --to post' postgresql://X
fi
line 'run --to ' csv: 'dir a' jsonl: 'my file.db' 'my jobs.txt' null: other.db raw: sqlite: $postgresql
line 'run --to oth' other.db X
line 'run --to sqlite:my\ f' 'sqlite:my file.db' X
line 'run -t sqlite:oth' sqlite:other.db X
line 'run -t jsonl:"my f' 'jsonl:my file.db' X
line 'run -t "jsonl:my f' 'jsonl:my file.db' X
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

# judge SHELL: $T/SHELL.got has, for each line, its words (of fish: what it offers), with a | behind each.
cat >"$T/judge.pl" <<'PERL'
my ($shell, $dir) = @ARGV;
open my $lines, '<', "$dir/lines" or die;
open my $got, '<', "$dir/$shell.got" or die;
open my $is, '>', "$dir/$shell.is" or die;
open my $should, '>', "$dir/$shell.should" or die;
while (<$lines>) {
	chomp;
	my ($line, @wanted) = split /\t/;
	my $words = <$got> // '';
	chomp $words;
	my @words = split /\|/, $words;
	my $all = !grep /X/, @wanted;
	if ($shell eq 'fish') {
		s/\t.*// for @words;
		my $word = $line =~ s/.* //r;
		@wanted = grep { $_ ne $word } map { s/X$//r } grep { $_ ne 'X' } @wanted; # where it stays as it is, nothing was offered
	} else {
		my $quoted = $line =~ s/\\ /_/gr =~ s/"(.*)/$1 =~ s{ }{_}gr/er;
		splice @words, 0, $quoted =~ tr/ //;
		# In the commands' place bash offers the options of the program too.
		@words = grep !/^-/, @words if $line eq '';
	}
	# A folder's / and the = before an option's value come with the one key, or with the other.
	s/[=\/]$// for $all ? @words : ();
	s/[=\/]$// for $all ? @wanted : ();
	print $is join(' | ', "$line ->", sort @words), "\n";
	print $should join(' | ', "$line ->", sort @wanted), "\n";
}
print $is "and more: $_" while <$got>;
close $is or die;
close $should or die;
PERL
judge() {
  perl "$T/judge.pl" "$1" "$T"
  check "$1: ${#lines[@]} lines are completed" diff -u "$T/$1.should" "$T/$1.is"
}
typed() { # ALL-KEY: what somebody types
  local i
  for i in "${!lines[@]}"; do
    case ${wanted[i]} in
    *X*) printf 'omni-export %s\tX' "${lines[i]}" ;;
    *) printf 'omni-export %s%s' "${lines[i]}" "$1" ;;
    esac
    printf '\n' # an open quote has been closed with the word
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

# fish says what it would offer.
in_fish() {
  local i
  printf 'source $SCRIPTS/omni-export.fish\n'
  for i in "${!lines[@]}"; do
    printf "echo (string join -- '|' (complete -C 'omni-export %s'))\n" "${lines[i]//\\/\\\\}"
  done
}
if command -v fish >/dev/null; then
  in_fish >"$T/lines.fish"
  env -i PATH="$PATH" HOME="$T/home" SCRIPTS="$T" LC_ALL="$LC_ALL" timeout 60 fish --no-config "$T/lines.fish" >"$T/fish.got" 2>"$T/fish.err"
  judge fish
  is "fish: not a word on standard error" "$(cat "$T/fish.err")" ""
  like "fish: an option's help and default" "$(cat "$T/fish.got")" $'--retries\ttries after the first, for each job \\(default: 8\\)'
else
  skip "completion in fish" "no fish here"
fi
finish
