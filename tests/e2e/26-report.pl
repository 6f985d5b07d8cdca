# What a browser makes of the reports: 26-report.pl PROFILE HOSTILE.html MANY.html OUT-DIR. Prints what 26-report.sh compares, one fact a line.
use strict;
use warnings;
use FindBin;
use JSON::PP;
require "$FindBin::Bin/../browser.pl";

my ($profile, $hostile, $many, $dir) = @ARGV;
my $b = Browser->start($profile);
my $visible = "Array.from(document.querySelectorAll('.job')).filter((e) => e.getClientRects().length > 0).length";
sub fact { print join(' ', map { ref eq 'JSON::PP::Boolean' ? ($_ ? 'yes' : 'no') : $_ // '-' } @_), "\n" }
# Pictures of the browser's own (the calendar of a date field) are no requests of the page's.
sub told { join(' | ', grep { !/^request (?:data:|\Q$_[0]\E)/ } $b->told) || 'nothing' }

# Hostile words in every field.
$b->visit("file://$hostile");
fact('hostile: all jobs are there', $b->js($visible));
fact('hostile: scripts, other than ours', $b->js("document.scripts.length - 1"));
fact('hostile: elements that would load, run or send something',
	$b->js("document.querySelectorAll('img, iframe, object, embed, video, audio, link, base, meta[http-equiv=refresh], svg script, svg image, foreignObject, math, form[action], [style], [srcset], [src], [background]').length"));
fact('hostile: attributes that are handlers', $b->js("Array.from(document.querySelectorAll('*')).flatMap((e) => Array.from(e.attributes)).filter((a) => /^on/i.test(a.name)).length"));
fact('hostile: links that are none of the web', $b->js("Array.from(document.links).filter((a) => !/^(https?:|mailto:|file:.*#)/.test(a.href)).length"));
fact('hostile: links that tell whence', $b->js("Array.from(document.links).filter((a) => !/^file:/.test(a.href) && a.rel !== 'noreferrer noopener').length"));
fact('hostile: nothing ran', $b->js("typeof window.pwned + document.title.includes('pwned')"));
$b->js("document.querySelectorAll('details').forEach((d) => { d.open = true; })");
fact('hostile: the page is no wider than the window, with all of it open', $b->js("document.documentElement.scrollWidth <= innerWidth"));
fact('hostile: a script that is put in is refused', $b->js("(() => { const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s); s.remove(); return typeof window.pwned; })()"));
my @refused = grep { /^(log|issue)/ } $b->told;
fact('hostile: and the refusal is told', scalar(@refused) > 0 ? 'yes' : 'no');
fact('hostile: else the console and the network were told', join(' | ', grep { !/^request (?:data:|file:)/ && !/^(log|issue)/ } $b->told) || 'nothing');

# Many jobs: closed, opened, searched, filtered.
$b->visit("file://$many");
fact('many: shown', $b->js($visible), $b->js("document.getElementById('count').textContent"));
fact('many: open', $b->js("document.querySelectorAll('.job[open]').length"));
$b->click('.job > summary');
fact('many: a click opens', $b->js("document.querySelectorAll('.job[open]').length"), $b->js("document.querySelector('.job[open] .body').getClientRects().length > 0"));
$b->click('.job > summary');
$b->click('#all');
fact('many: all open', $b->js("document.querySelectorAll('.job:not([open])').length"));
$b->click('#all');
fact('many: all closed', $b->js("document.querySelectorAll('.job[open]').length"));
my $all = $b->js($visible);
sub filtered {
	my ($what, $until) = @_;
	$b->until_js("document.getElementById('count').textContent.startsWith('$until of ')");
	fact("many: $what", $b->js($visible), $b->js("document.getElementById('count').textContent"));
	$b->click('#filter [type=reset]');
	$b->until_js("$visible === $all");
}
$b->type('#filter [name=q]', 'NEEDLE haystack');
filtered('searched for two words', 1);
$b->type('#filter [name=q]', 'nobody says this');
$b->until_js("!document.getElementById('none').hidden");
filtered('searched for what nobody says', 0);
sub choose { my ($name, $value) = @_; $b->js("(() => { const f = document.getElementById('filter'); f.elements.$name.value = '$value'; f.elements.$name.dispatchEvent(new Event('input', {bubbles: true})); })()") }
choose('topic', '=even topic');
filtered('one topic', 15);
choose('state', 'not_found');
filtered('one state', 1);
choose('state', '.lost');
filtered('all that is lost', 2);
choose('state', '.truncated');
filtered('truncated', 1);
choose('from', '2026-03-03');
choose('to', '2026-03-04');
filtered('two days', 4);
$b->js("location.hash = document.querySelectorAll('.job .body')[7].id");
$b->until_js("document.querySelectorAll('.job')[7].open");
fact('many: a link to a job opens it', $b->js("document.querySelectorAll('.job[open]').length"));
$b->js("document.querySelectorAll('.job').forEach((d) => { d.open = false; })");
$b->call('Emulation.setEmulatedMedia', {media => 'print'});
fact('many: on paper all is open', $b->js("document.querySelector('.job .body').getBoundingClientRect().height > 50"));
fact('many: and the filter is not there', $b->js("document.getElementById('filter').getClientRects().length"));
$b->call('Emulation.setEmulatedMedia', {media => ''});
my $bright = "(() => { const c = getComputedStyle(document.body).color.match(/[0-9]+/g).map(Number); return c[0] + c[1] + c[2] > 384; })()";
for my $scheme (qw(light dark)) {
	$b->call('Emulation.setEmulatedMedia', {features => [{name => 'prefers-color-scheme', value => $scheme}]});
	fact("many: bright letters, $scheme", $b->js($bright));
}
fact('many: told', told('file:'));

# Several pages.
$b->visit("file://$dir/index.html");
fact('pages: jobs in the index', $b->js($visible));
$b->click('.job:nth-child(121) a');
$b->until_js("location.pathname.endsWith('/jobs-0002.html') && document.readyState === 'complete' && document.querySelector('.job[open]') !== null");
fact('pages: a line leads to its job', $b->js("document.querySelectorAll('.job[open]').length"), $b->js("document.querySelectorAll('.job')[20].open"), $b->js($visible));
fact('pages: told', told('file:'));

# Without scripts.
$b->call('Emulation.setScriptExecutionDisabled', {value => JSON::PP::true()});
$b->visit("file://$many");
fact('no scripts: all jobs are there, the filter is not', $b->js($visible), $b->js("document.getElementById('filter').getClientRects().length"));
$b->click('.job > summary');
fact('no scripts: a click opens', $b->js("document.querySelectorAll('.job[open]').length"));
fact('no scripts: told', told('file:'));
$b->stop;
