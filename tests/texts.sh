#!/bin/bash
# The generated and the written texts agree: --help, man page and completion tell of the same commands and options, with the same letters, values and defaults. In TAP.
. "${srcdir:-$(dirname "$0")/..}/tests/e2e/lib.sh"

man=$srcdir/man/omni-export.1
run_omni help
cp "$T/out" "$T/help"
check "'help' fits a terminal of 80 columns" awk 'length > 79 { exit 1 }' "$T/help"
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$T/help")
is "'help' names the commands, one a line" "$(grep -cE '^  [a-z]+ +[a-z]' "$T/help") $(grep -cxE 'run|load|completion|help' <<<"$commands")" "$(wc -l <<<"$commands") 4"
is "the man page's synopsis has the same ones" "$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$man" | sed -n '/^\.Nm/{n;s/^\.Cm \([a-z]*\).*/\1/p}' | sort)" "$(sort <<<"$commands")"
for command in $commands; do
  run_omni "$command" --help
  cp "$T/out" "$T/help.$command"
  run_omni help "$command"
  is "'help $command' and '$command --help' are the same" "$(cat "$T/out")" "$(cat "$T/help.$command")"
  check "it fits a terminal of 80 columns" awk 'length > 79 { print; bad = 1 } END { exit bad }' "$T/out"
  [ "$command" = help ] || like "it begins with the usage" "$(cat "$T/out")" "^Usage: omni-export $command"
done
for shell in bash zsh fish; do
  run_omni completion $shell
  cp "$T/out" "$T/completion.$shell"
done

# One line for each option of each command: command, option, letter, whether it takes a value, the words where that is one of several, default. What a text does
# not tell is taken from the help, and so told by another test.
cat >"$T/tell.pl" <<'PERL'
use strict;
use warnings;
my ($dir, $man, @commands) = @ARGV;
my (%told, %help);
sub text { open my $f, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$f> }
sub note { my ($who, @t) = @_; push @{$told{$who}}, join ' ', map { $_ // '-' } @t }
sub default_in { return $_[0] =~ /\(default: ([^()]*)\)/ ? $1 : undef }
sub words { my ($s) = @_; return defined $s && $s =~ /[| ]/ ? join('|', split /[| ]+/, $s) : undef }
for my $c (@commands) {
	my $text = text("$dir/help.$c");
	while ($text =~ /^  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?((?:\s+\S.*)?\n(?: {30}.*\n)*)/gm) {
		my ($letter, $option, $arg, $rest) = ($1, $2, $3, $4);
		$rest =~ s/\s+/ /g;
		$rest =~ s/ $//;
		my @t = ($c, $option, $letter, defined $arg ? 1 : 0, words($arg), default_in($rest));
		note('help', @t);
		$help{"$c $option"} = \@t;
		note('options', @t[1 .. 5]);
	}
}
my ($section) = text($man) =~ /^\.Sh OPTIONS\n(.*?)^\.Sh/ms;
while ($section =~ /^\.It Fl (?:(\w) , )?-([a-z-]+)(?: (.*))?\n((?:(?!\.It ).*\n)*)/gm) {
	my ($letter, $option, $arg, $rest) = ($1, $2, $3, $4);
	note('man', $option, $letter, defined $arg ? 1 : 0, defined $arg && $arg =~ /^Cm/ ? words($arg =~ s/ Ns \| Ns Cm /|/gr =~ s/^Cm //r) : undef, default_in($rest));
}
my %with_options = map { (split / /)[0] => 1 } @{$told{help}};
my $fish = text("$dir/completion.fish");
while ($fish =~ /^complete -c omni-export -n '__omni_export_command (\S+)' -l (\S+)(?: -s (\S))?( -r)?(?: -[fF])?(?: -a '([^'(]*)')?(?: -a '\(\S+\)')? -d '(.*)'$/gm) {
	my @t = ($1, $2, $3, defined $4 ? 1 : 0, $5, $6);
	note('fish', @t[0 .. 3], words($t[4]), default_in($t[5])) if $with_options{$t[0]};
}
my $command = '';
for (split /\n/, text("$dir/completion.zsh")) {
	$command = $1 if /^    ([a-z]+)\)$/;
	next unless $command && $with_options{$command} && /^ {8}'(?:\([^)]*\)|\*(?!:))?(?:'\{-(\w)\+?,)?--([a-z-]+)(=?)(?:\}')?\[(.*)\](?::[^:]*:(.*))?' \\$/;
	my ($letter, $option, $equals, $help, $action) = ($1, $2, $3, $4, $5);
	my $words = defined $action && $action =~ /^\((.*)\)$/ ? words($1) : undef;
	note('zsh', $command, $option, $letter, $equals ? 1 : 0, $words, default_in($help));
}
my $bash = text("$dir/completion.bash");
my %kind;
$kind{$2} = [$1, $3] while $bash =~ /^\t(?:-(\w) \| )?--([a-z-]+)\) kind=(.*) ;;$/gm;
while ($bash =~ /^\t([a-z]+)\)\n\t\toptions='(.*)'$/gm) {
	my ($c, $options) = ($1, $2);
	next unless $with_options{$c};
	while ($options =~ /--([a-z-]+) (?:-(\w) )?/g) {
		my ($option, $letter, $kind) = ($1, $2, $kind{$1});
		$letter = 'other' if $kind && ($letter // '') ne ($kind->[0] // '');
		note('bash', $c, $option, $letter, $kind ? 1 : 0, $kind && $kind->[1] =~ /^'(.*)'$/ ? words($1) : undef, ($help{"$c $option"} // [])->[5]);
	}
}
for my $who (keys %told) {
	my %seen;
	my @lines = $who eq 'options' ? grep { !$seen{$_}++ } @{$told{$who}} : @{$told{$who}};
	open my $f, '>', "$dir/told.$who" or die;
	print $f "$_\n" for sort @lines;
	close $f or die;
}
PERL
# shellcheck disable=SC2086
check "the texts can be read" perl "$T/tell.pl" "$T" "$man" $commands
is "and are read: commands with options, options of 'run' with a letter, with a value, with a default, that are one of several words" \
  "$(cut -d' ' -f1 "$T/told.help" | sort -u | grep -cxE 'run|load') $(awk '$1 == "run" { n += $3 != "-"; v += $4; d += $6 != "-"; w += $5 ~ /[|]/ } END { print (n >= 7), (v >= 20), (d >= 12), (w >= 2) }' "$T/told.help")" "2 1 1 1 1"
check "the man page has the options of --help, of all commands, each once, with its letter, words and default" diff -u "$T/told.options" "$T/told.man"
for shell in bash zsh fish; do
  check "completion in $shell has the options of --help, of each command" diff -u "$T/told.help" "$T/told.$shell"
done
named() { grep -ohE 'OMNI_EXPORT_[A-Z_]+' "$T"/help* "$man" "$srcdir/README.md" | sort -u; }
by_rule() { cut -d' ' -f2 "$T/told.help" | grep -vxE 'help|version' | tr 'a-z-' 'A-Z_' | sed 's/^/OMNI_EXPORT_/' | sort -u; }
is "a variable that the texts name is that of an option" "$(named | grep -vx 'OMNI_EXPORT_' | grep -vxFf <(by_rule))" ""
check "the rule is told, with an example" grep -qE 'OMNI_EXPORT_MAX_TIME' <(named)
for file in "$T/help.run" "$man"; do
  check "${file##*/} tells the order in which they are asked" grep -qE 'Command line, environment, config file,?' "$file"
done

codes() { sed -n '/^Exit status/,$p' "$T/help.run" | grep -oE '^ +[0-9][0-9, ]*' | tr -d ' ' | tr ',' '\n' | sort -n; }
is "the man page has the exit codes of --help" \
  "$(sed -n '/^\.Sh EXIT/,/^\.Sh EX/p' "$man" | sed -n 's/^\.It //p' | tr -d ' ' | tr ',' '\n' | sort -n)" "$(codes)"
is "they are those of the contract" "$(codes | tr '\n' ' ')" "0 1 2 3 4 5 6 7 75 129 130 143 "
for state in stored pending failed unreadable denied expired not_found no_result rejected unasked; do
  check "the man page tells what '$state' means" grep -qE "^\.It Cm $state" "$man"
done

# Troubleshooting, by message: what is quoted there is said somewhere: a state, or words of the program's.
quoted=$(sed -n '/^## Troubleshooting/,/^## /s/^| `\([^`]*\)` |.*/\1/p' "$srcdir/README.md")
is "the README quotes messages" "$(($(wc -l <<<"$quoted") >= 15))" 1
while read -r message; do
  case $message in
  "No space left on device") continue ;; # the system's words
  *:) grep -qE "^\.It Cm ${message%:}\$" "$man" && continue ;;
  *) grep -qF -- "$message" "$srcdir"/src/*.c "$srcdir"/sinks/*.c && continue ;;
  esac
  is "the README's message" "'$message'" "one of the program's"
done <<<"$quoted"

# --- what is wrong is told in one line, which says what would be right, and of a sink no more than its scheme ---
OMNI_SETTINGS=(OMNI_BASE_URL=http://127.0.0.1:1)
wrong() { # ARGS... -- WORDS: what is said of them
  local args=() words
  while [ "$1" != :: ]; do
    args+=("$1")
    shift
  done
  words=$2
  run_omni "${args[@]}" </dev/null
  is "${args[*]}" "$RC $(wc -l <"$T/err") $(grep -cF -- "$words" "$T/err") $(grep -c sesame "$T/err")" "2 1 1 0" || diag "$(cat "$T/err")"
}
wrong rnu :: "no command 'rnu'; did you mean 'run'?"
wrong --to :: "no command '--to'; a command comes first"
wrong postgresql://me:sesame@h/d :: "no command 'postgresql:'"
wrong help laod :: "no help on 'laod'; did you mean 'load'?"
wrong help run postgresql://me:sesame@h/d :: "too many operands, 2 instead of 1; usage: omni-export help [COMMAND]"
wrong completion :: "bash|zsh|fish is missing; usage: omni-export completion bash|zsh|fish"
wrong completion fihs :: "'fihs' will not do: it takes bash|zsh|fish; did you mean 'fish'?"
wrong load --refetch :: "option '--refetch' is none of 'load'; it belongs to 'run'"
wrong completion --quiet :: "option '--quiet' is none of 'completion'; it belongs to 'run'"
wrong run --cacrt x :: "no option '--cacrt'; did you mean '--cacert'?"
wrong run --log-format jsno :: "it takes text|json; did you mean 'json'?"
wrong run -t sqlit:sesame.db :: "unknown sink 'sqlit:'; did you mean 'sqlite:'? (there are sqlite:"
wrong run -t 'host=db password=sesame' :: "unknown sink 'host' (there are sqlite:"
wrong run jsonl:sesame :: "cannot open 'jsonl:...' as a list of jobs: No such file or directory; a sink follows '--to'"
mkdir -p "$T/config/omni-export"
printf 'rate = 60/m\nretires = 3\n' >"$T/config/omni-export/config.ini"
wrong run :: "/omni-export/config.ini:2: no option 'retires'; did you mean 'retries'?"
finish
