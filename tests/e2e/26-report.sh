#!/bin/bash
# report: what a sink holds as HTML: the same of every sink, with hostile words in every field, one page and many, and what a browser makes of it.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
t_postgres may

# --- words that want to be more than words, in every field that comes from outside ---
cat >"$T/hostile.pl" <<'PERL'
use strict;
use warnings;
use JSON::PP;
my $evil = qq(</style></script></pre></td></svg></title>--></textarea><script>window.pwned=1;document.title='pwned'</script><img src=x onerror="window.pwned=1">" onload="window.pwned=1" ' onclick='window.pwned=1' ]]> \x{0} \x{7} \x{202e}txt.exe\x{2066} \x{fffd} javascript:window.pwned=1 <a href="javascript:window.pwned=1">x</a>);
my $long = 'W' x 3000;
my $short = $evil =~ s/\x{0}//r; # what the server itself must read
my $markdown = "[a](javascript:window.pwned=1) [b](data:text/html,<script>window.pwned=1</script>) ![c](http://127.0.0.1:9/c.png) <svg onload=window.pwned=1> <https://fine.example> $evil\n\n"
	. "<iframe src=javascript:window.pwned=1></iframe>\n\n| $evil | b |\n|---|---|\n| <img src=x onerror=window.pwned=1> | [x](vbscript:x) |\n\n$long\n\n```$evil\n$evil\n```\n";
my $csv = sub { join(',', map { my $s = $_; $s =~ s/"/""/g; qq("$s") } @_) . "\n" };
my $result = {resultId => $evil, queryName => "$evil$long", status => $evil, query => {$evil => [$evil, $long]}, csvResult => $csv->("$evil$long", 'n') . $csv->($evil, $long) . $csv->("\x{202e}$evil", "=$evil"),
	csvResultFields => {$evil => {data_type => $evil, label => $evil}}, csvResultWasTruncated => JSON::PP::true, hasResults => JSON::PP::true, totalRowCount => 9, $evil => $evil};
my $failed = {queryName => $evil, status => 'error', error => {message => $evil, detail => {$evil => $evil}}};
my @actions = ({type => $evil, message => "$evil$long", timestamp => '2026-03-01T10:00:00Z', status => $evil, result => $result, $evil => $evil},
	{type => 'generate_query', message => $evil, isError => JSON::PP::true, timestamp => $evil, result => $failed});
my $body = {actions => \@actions, message => $markdown, resultSummary => "other: $markdown", topic => "$evil$long", omniChatUrl => qq(javascript:window.pwned=1//"><script>window.pwned=1</script>), $evil => $evil};
my $j = JSON::PP->new->ascii->canonical;
my ($script, $list) = @ARGV;
open my $s, '>', $script or die;
my $id = sub { sprintf '%08d-0000-4000-8000-000000000000', $_[0] };
print $s $j->encode({job => $id->(1), prompt => "$short$long", topic => $short, completed_at => 'now-1d', result => {body => $j->encode($body)}}), "\n";
print $s $j->encode({job => $id->(2), result => {body => $j->encode({%$body, topic => {$evil => $evil}, omniChatUrl => qq(https://x.example/"onload="window.pwned=1)})}}), "\n";
print $s $j->encode({job => $id->(3), result => {status => 404, envelope => 'published', message => "Job not found $short"}}), "\n";
print $s $j->encode({job => $id->(4), result => {status => 403, envelope => 'auth', message => $short}}), "\n";
# A CSV that turns out to be none after its first rows: what was made of it is taken back.
print $s $j->encode({job => $id->(5), result => {body => $j->encode({message => 'm', actions => [{type => 'generate_query', message => 'once', result => {queryName => 'torn', csvResult => "a,b\n1,2\n\"open"}}]})}}), "\n";
open my $l, '>', $list or die;
print $l $j->encode({job_id => $id->(1), metadata => $short, $short => $short}), "\n", map { $id->($_) . "\n" } 2 .. 5;
PERL
perl "$T/hostile.pl" "$T/hostile.script" "$T/hostile.txt"
t_start_server "$T/hostile.script"
sinks=("$T/hostile.db" "raw:$T/hostile")
[ -z "${OMNI_TEST_PG:-}" ] || sinks+=("pg:$OMNI_TEST_PG")
targets=()
for sink in "${sinks[@]}" "jsonl:$T/lines" "csv:$T/folders"; do targets+=(-t "$sink"); done
run_omni run "$T/hostile.txt" "${targets[@]}" --rate 0 --retries 0 --details
is "the hostile jobs are exported" "$RC $(sql "$T/hostile.db" "SELECT group_concat(state, ' ') FROM (SELECT state FROM jobs ORDER BY job_id)")" "4 stored stored not_found denied stored"
t_stop_server

# A page in which every tag and attribute is one that we write, and style and script are those that the policy names. Prints what is not.
cat >"$T/tags.pl" <<'PERL'
use strict;
use warnings;
use Digest::SHA 'sha256_base64';
use Encode;
my $bytes = do { local $/; <STDIN> };
my $page = eval { decode('UTF-8', $bytes, Encode::FB_CROAK) };
print "not UTF-8\n" unless defined $page;
$page //= $bytes;
print "a control\n" if $page =~ /[\x00-\x08\x0b-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]/;
print "no policy\n" unless $page =~ s{<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-([A-Za-z0-9+/=]{44})'; script-src 'sha256-([A-Za-z0-9+/=]{44})'; base-uri 'none'; form-action 'none'">}{};
my ($style_hash, $script_hash) = ($1, $2);
print "a style that is not the one\n" unless $page =~ s{<style>(.*?)</style>}{}s && sha256_base64($1) . '=' eq $style_hash;
print "a script that is not the one\n" unless $page =~ s{<script>(.*?)</script>}{}s && sha256_base64(encode('UTF-8', $1)) . '=' eq $script_hash;
my %attributes = map { $_ => 1 } qw(class id lang charset name content value type role scope colspan tabindex dir datetime title href rel hidden open for autocomplete spellcheck start
	viewBox d x y width height aria-label aria-labelledby aria-hidden aria-pressed data-s data-g data-f data-d data-t data-n);
my %tags = map { $_ => 1 } qw(html head meta title body a header h1 h2 h3 h4 h5 h6 p bdi time section dl div dt dd small figure figcaption svg path text rect title details summary table thead tbody tr th td
	ul ol li i b em strong code pre main form label input select option button span footer nav br hr blockquote);
$page =~ s/^<!DOCTYPE html>//;
while ($page =~ /<([^>]*)>/g) {
	my $tag = $1;
	next if $tag =~ m{^/([a-z0-9]+)$} && $tags{$1};
	print("a tag: <$tag>\n"), next unless $tag =~ m{^([a-z0-9]+)((?: [A-Za-z-]+(?:="[^"<>]*")?)*) ?/?$} && $tags{$1};
	my $rest = $2;
	while ($rest =~ / ([A-Za-z-]+)(?:="([^"]*)")?/g) {
		print "an attribute: <$tag>\n" unless $attributes{$1};
		print "a link: <$tag>\n" if $1 eq 'href' && $2 !~ m{^(?:https?://|mailto:|#|jobs-[0-9]{4,}\.html|index\.html)};
	}
}
PERL
# What must be the same of the same jobs, whatever the sink.
same() { sed -E -e 's/<title>[^<]*/<title>/' -e 's/(class="source"><bdi>)[^<]*/\1/' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+( UTC|Z)?//g' "$1"; }
before=$(find "$T/hostile" "$T/hostile.db" -type f -exec sha256sum {} + | sort)
chmod -R a-w "$T/hostile"
i=0
for sink in "${sinks[@]}"; do
  i=$((i + 1))
  run_omni report "$sink" -o "$T/hostile-$i.html"
  is "${sink%%:*}: a report" "$RC $(stat -c %a "$T/hostile-$i.html")" "0 600" || diag "$(cat "$T/err")"
  like "it says so" "$(cat "$T/err")" "^omni-export: 5 jobs, [0-9.]+ KiB, in '.*hostile-$i.html'$"
  is "no markup but ours" "$(perl "$T/tags.pl" <"$T/hostile-$i.html")" ""
  [ "$i" = 1 ] || is "the same as from SQLite" "$(diff <(same "$T/hostile-1.html") <(same "$T/hostile-$i.html"))" ""
done
chmod -R u+w "$T/hostile"
is "what was begun and taken back stands there once" "$(grep -c '>once<' "$T/hostile-2.html")" 1
is "nothing changed in the sinks" "$(find "$T/hostile" "$T/hostile.db"* -type f -exec sha256sum {} + | sort)" "$before"
is "the test's own eyes see markup" "$(sed 's/<h2 id="totals">/<img alt="x"><h2 onload="x" id="totals"><a href="javascript:x"><script>/' "$T/hostile-1.html" | perl "$T/tags.pl" | grep -cE '^(a tag|an attribute|a link|a script)')" 4
for words in '\u{202e}txt.exe' '␇' 'a (<code>javascript:window.pwned=1</code>)' 'The API truncated this result: it sent 2 rows of 9' '<b>the query failed:</b>' '2600 bytes more'; do
  check "told: $words" grep -qF -- "$words" "$T/hostile-1.html"
done
for sink in jsonl:$T/lines csv:$T/folders null:; do
  run_omni report "$sink" -o "$T/none.html"
  is "${sink%%:*}: gives nothing back, and it is said what does" "$RC $(grep -c "gives nothing back.*make one of a sqlite:, postgresql: or raw: sink" "$T/err") $(ls "$T/none.html" 2>/dev/null)" "2 1 "
done

# --- many jobs, whose words we know ---
cat >"$T/many.pl" <<'PERL'
for my $i (1 .. 130) {
	my $id = sprintf '%08d-0000-4000-8000-000000000000', $i;
	if ($i == 129 || $i == 130) {
		printf qq({"job":"%s","result":{"status":404,"envelope":"published","message":"%s"}}\n), $id, $i == 129 ? 'Job not found' : 'Result is no longer available';
		next;
	}
	my ($day, $topic) = (1 + $i % 28, $i <= 30 ? ($i % 2 ? 'odd topic' : 'even topic') : 'all others');
	my $rows = join '', map { "row $_,$_\\n" } 1 .. ($i == 1 ? 50 : 2);
	printf qq({"job":"%s","result":{"json":{"actions":[{"type":"generate_query","message":"a step","timestamp":"2026-%02d-%02dT10:00:00Z","result":{"queryName":"Query %d","status":"success","query":{"limit":5},"csvResult":"Name,N\\n%s","csvResultWasTruncated":%s,"hasResults":true,"totalRowCount":%d}},{"type":"summarize","timestamp":"2026-%02d-%02dT10:00:%02dZ","message":"so"}],"message":"# Answer %d\\n\\n%s","topic":"%s"}}}\n),
		$id, $i <= 56 ? 3 : 4, $day, $i, $rows, $i == 2 ? 'true' : 'false', $i == 2 ? 77 : $i == 1 ? 50 : 2, $i <= 56 ? 3 : 4, $day, 1 + $i % 50, $i, $i == 7 ? 'a needle in a haystack' : 'hay', $topic;
}
PERL
perl "$T/many.pl" >"$T/many.script"
for i in $(seq 130); do job "$i"; done >"$T/many.txt"
t_start_server "$T/many.script"
run_omni run "$T/many.txt" -t "$T/many.db" --rate 0
is "many jobs" "$RC" 4
t_stop_server
run_omni report "$T/many.db" -o "$T/many.html"
is "one page of them" "$RC $(grep -c '<details class="job"' "$T/many.html")" "0 130"
is "every tag is one of ours" "$(perl "$T/tags.pl" <"$T/many.html")" ""
check "the first rows, and of how many" grep -qF 'shown here: the first 20 of 50 rows' "$T/many.html"
is "no more than these" "$(grep -cE '>row (20|21)</td>' "$T/many.html")" 1
check "the newest first" awk -F'"' '/<details class="job"/ { n++; day[n] = $10 } END { for (i = 2; i <= n; i++) if (day[i] > day[i - 1]) exit 1; exit n != 130 }' "$T/many.html"
run_omni report "$T/many.db" -o - --rows 60
is "to standard output, which is all that is said there" "$RC $(same "$T/many.html" | wc -l) $(wc -c <"$T/err")" "0 $(($(same "$T/out" | wc -l) - 30)) 0"
is "--rows" "$(grep -cE '>row (20|21|50)</td>' "$T/out") $(grep -c 'shown here' "$T/out")" "3 0"
run_omni report "$T/many.db" -o - --rows 0
is "--rows 0: the header alone" "$RC $(grep -c '>row 1</td>' "$T/out") $(grep -c 'shown here: the first 0 of 50 rows' "$T/out")" "0 0 1"

# --- a folder of pages ---
run_omni report "$T/many.db" --out-dir "$T/pages"
is "pages of 100" "$RC $(ls "$T/pages" | tr '\n' ' ')$(stat -c %a "$T/pages")" "0 index.html jobs-0001.html jobs-0002.html 700"
is "each job stands on one" "$(cat "$T/pages"/jobs-*.html | grep -oE 'id="j-[-0-9a-f]{36}"' | sort -u | wc -l) $(grep -c '<details class="job"' "$T/pages/jobs-0002.html")" "130 30"
is "the index leads to each" "$(grep -oE 'href="jobs-[0-9]+.html#j-[-0-9a-f]{36}"' "$T/pages/index.html" | sort -u | wc -l)" 130
is "and it is there" "$(grep -oE 'jobs-[0-9]+.html#j-[-0-9a-f]{36}' "$T/pages/index.html" | while IFS='#' read -r page id; do echo "$page:id=\"$id\""; done | sort)" \
  "$(cd "$T/pages" && grep -oE 'id="j-[-0-9a-f]{36}"' jobs-*.html | sort)"
for page in "$T/pages"/*; do is "every tag is one of ours in ${page##*/}" "$(perl "$T/tags.pl" <"$page")" ""; done
cp "$T/pages/jobs-0002.html" "$T/pages/jobs-0003.html"
echo mine >"$T/pages/jobs-0004.html"
echo mine >"$T/pages/notes.html"
cp "$T/pages/jobs-0002.html" "$T/pages/jobs-3.html"
run_omni report "$T/many.db" --out-dir "$T/pages"
is "a page that is left over goes, what is none of ours stays" "$RC $(ls "$T/pages" | tr '\n' ' ')$(cat "$T/pages/jobs-0004.html" "$T/pages/notes.html" | tr '\n' ' ')" \
  "0 index.html jobs-0001.html jobs-0002.html jobs-0004.html jobs-3.html notes.html mine mine "
mkdir "$T/site"
echo mine >"$T/site/index.html"
run_omni report "$T/many.db" --out-dir "$T/site"
is "an index of somebody else's: nothing is written" "$RC $(ls "$T/site") $(cat "$T/site/index.html") $(grep -c 'no page of a report' "$T/err")" "1 index.html mine 1"
ln -sf "$T/site/index.html" "$T/pages/jobs-0002.html"
run_omni report "$T/many.db" --out-dir "$T/pages"
is "a link in the place of a page is not followed" "$RC $(cat "$T/site/index.html")" "1 mine"

# --- what cannot be ---
usage() { # NAME WORDS ARGS...
  local name=$1 words=$2
  shift 2
  run_omni report "$@"
  is "$name" "$RC $(grep -cF -- "$words" "$T/err")" "2 1" || diag "$(cat "$T/err")"
}
usage "no place to write to" "nowhere to write to" "$T/many.db"
usage "two places" "exclude each other" "$T/many.db" -o "$T/x.html" --out-dir "$T/x"
usage "onto the sink itself" "is the sink" "$T/many.db" -o "$T/many.db"
usage "into the sink itself" "is the sink" "raw:$T/hostile" --out-dir "$T/hostile"
usage "no sink" "SINK is missing" -o "$T/x.html"
run_omni report "$T/nosuch.db" -o "$T/x.html"
is "a sink that is not there" "$RC $(ls "$T"/x.html* "$T"/nosuch* 2>/dev/null)" "5 "
run_omni report "$T/many.db" -o "$T/no/such/x.html"
is "a place that is not there" "$RC" 1
echo old >"$T/full.html"
(ulimit -f 100 && t_omni report "$T/many.db" -o "$T/full.html" >"$T/out" 2>"$T/err")
is "no room: the old file stays, and nothing beside it" "$? $(cat "$T/full.html") $(ls "$T"/full.html*)" "1 old $T/full.html"
(t_omni report "$T/many.db" -o - >/dev/full 2>"$T/err")
is "a full disk below standard output" "$?" 1
body=$T/hostile/00/$(job 2).json.zst
cp "$body" "$T/body"
printf 'XXXX' | dd of="$body" bs=1 seek=200 conv=notrunc status=none
run_omni report "raw:$T/hostile" -o "$T/damaged.html"
is "a body that is damaged: told on the page and beside it, the others are there" "$RC $(grep -c 'what is kept of this job cannot be read' "$T/damaged.html") $(grep -c 'without its content' "$T/err") $(grep -c '<details class="job"' "$T/damaged.html")" "0 1 1 5"
cp "$T/body" "$body"
sql "$T/many.db" "UPDATE results SET columns = '[\"torn' WHERE query_name = 'Query 9'"
run_omni report "$T/many.db" -o "$T/damaged.html"
is "a row of a database that cannot be read" "$RC $(grep -c 'what is kept of this job cannot be read' "$T/damaged.html") $(grep -c '<details class="job"' "$T/damaged.html")" "0 1 130"
run_omni run "$srcdir/README.md" -t "$T/empty.db" --base-url http://127.0.0.1:1 --retries 0
run_omni report "$T/empty.db" -o "$T/empty.html"
is "no job at all" "$RC $(grep -c 'nothing is here yet' "$T/empty.html")$(perl "$T/tags.pl" <"$T/empty.html")" "0 1"

# --- in a browser ---
if command -v chromium >/dev/null && perl -MJSON::PP -e 1 2>/dev/null; then
  rm "$T/pages/jobs-0002.html"
  run_omni report "$T/many.db" --out-dir "$T/pages"
  perl "$srcdir/tests/e2e/26-report.pl" "$T/profile" "$T/hostile-1.html" "$T/many.html" "$T/pages" >"$T/facts" 2>"$T/facts.err"
  is "the browser did all of it" "$? $(cat "$T/facts.err")" "0 "
  while IFS='=' read -r fact expected; do
    is "$fact" "$(sed -n "s/^$fact //p" "$T/facts")" "$expected"
  done <<'FACTS'
hostile: all jobs are there=5
hostile: scripts, other than ours=0
hostile: elements that would load, run or send something=0
hostile: attributes that are handlers=0
hostile: links that are none of the web=0
hostile: links that tell whence=0
hostile: nothing ran=undefinedfalse
hostile: the page is no wider than the window, with all of it open=yes
hostile: a script that is put in is refused=undefined
hostile: and the refusal is told=yes
hostile: else the console and the network were told=nothing
many: shown=130 130 jobs, the newest first
many: open=0
many: a click opens=1 yes
many: all open=0
many: all closed=0
many: searched for two words=1 1 of 130 jobs
many: searched for what nobody says=0 0 of 130 jobs
many: one topic=15 15 of 130 jobs
many: one state=1 1 of 130 jobs
many: all that is lost=2 2 of 130 jobs
many: truncated=1 1 of 130 jobs
many: two days=4 4 of 130 jobs
many: a link to a job opens it=1
many: on paper all is open=yes
many: and the filter is not there=0
many: bright letters, light=no
many: bright letters, dark=yes
many: told=nothing
pages: jobs in the index=130
pages: a line leads to its job=1 yes 30
pages: told=nothing
no scripts: all jobs are there, the filter is not=130 0
no scripts: a click opens=1
no scripts: told=nothing
FACTS
else
  skip "in a browser" "chromium or Perl's JSON::PP is missing"
fi
finish
