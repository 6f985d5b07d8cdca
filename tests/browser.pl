# browser.pl: drives headless Chromium over its pipe (the DevTools protocol), with nothing but what Perl brings.
#
#     require './browser.pl';
#     my $b = Browser->start(PROFILE);          # dies where there is none
#     $b->visit("file:///report.html");         # returns when it is loaded
#     $b->js("document.title")                  # the value of an expression
#     $b->click("#all"); $b->type("#filter input", "text");
#     $b->call("Page.printToPDF", {...})        # anything else
#     $b->told                                  # what the console, the log and the network said since the last visit
#     $b->stop
package Browser;
use strict;
use warnings;
use JSON::PP;
use POSIX ();

my $json = JSON::PP->new->utf8->canonical;

sub start {
	my ($class, $profile, @options) = @_;
	alarm 200; # what is waited for in vain ends here, and Chromium with it
	my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser", "$_/google-chrome") } split /:/, $ENV{PATH};
	die "no Chromium\n" unless $chromium;
	pipe my $its_in, my $out or die "pipe: $!";
	pipe my $in, my $its_out or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		mkdir $profile;
		$ENV{HOME} = $profile; # whatever it keeps, it keeps there
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', "$profile.log";
		# It reads from 3 and writes to 4. What lies there already is moved away first.
		my ($r, $w) = map { my $n = fileno $_; $n = POSIX::dup($n) while $n < 10; $n } $its_in, $its_out;
		POSIX::dup2($r, 3);
		POSIX::dup2($w, 4);
		exec $chromium, '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--remote-debugging-pipe',
			'--disable-background-networking', '--disable-component-update', '--disable-default-apps', '--disable-extensions', '--disable-sync',
			'--hide-scrollbars', '--window-size=1280,1000', "--user-data-dir=$profile", @options, 'about:blank'
			or POSIX::_exit(127);
	}
	close $its_in;
	close $its_out;
	my $self = bless {pid => $pid, in => $in, out => $out, id => 0, read => '', told => [], loaded => 0}, $class;
	$SIG{PIPE} = 'IGNORE';
	my $target = $self->call('Target.createTarget', {url => 'about:blank'})->{targetId};
	$self->{session} = $self->call('Target.attachToTarget', {targetId => $target, flatten => JSON::PP::true})->{sessionId};
	$self->call("$_.enable") for qw(Page Runtime Log Network Audits);
	return $self;
}

sub next_message {
	my ($self) = @_;
	my $end;
	while (($end = index $self->{read}, "\0") < 0) {
		my $n = sysread $self->{in}, $self->{read}, 65536, length $self->{read};
		die "Chromium is gone\n" unless $n;
	}
	my $message = $json->decode(substr $self->{read}, 0, $end);
	substr($self->{read}, 0, $end + 1) = '';
	$self->event($message) if defined $message->{method};
	return $message;
}

sub event {
	my ($self, $m) = @_;
	my ($method, $p) = ($m->{method}, $m->{params});
	my $say = sub { push @{$self->{told}}, join ' ', map { s/\s+/ /gr } @_ };
	$self->{loaded} = 1 if $method eq 'Page.loadEventFired';
	$say->('console', $p->{type}, map { $_->{value} // $_->{description} // '' } @{$p->{args}}) if $method eq 'Runtime.consoleAPICalled';
	$say->('exception', $p->{exceptionDetails}{text}, $p->{exceptionDetails}{exception}{description} // '') if $method eq 'Runtime.exceptionThrown';
	$say->('log', $p->{entry}{level}, $p->{entry}{text}) if $method eq 'Log.entryAdded';
	$say->('issue', $p->{issue}{code}, map { $_->{errorType} // $_->{violatedDirective} // '' } values %{$p->{issue}{details}}) if $method eq 'Audits.issueAdded';
	$say->('request', $p->{request}{url}) if $method eq 'Network.requestWillBeSent';
	$say->('dialog', $p->{message}) if $method eq 'Page.javascriptDialogOpening';
	$say->('window', $p->{url}) if $method eq 'Page.windowOpen';
}

sub call {
	my ($self, $method, $params) = @_;
	my $id = ++$self->{id};
	my %message = (id => $id, method => $method, params => $params // {});
	$message{sessionId} = $self->{session} if $self->{session};
	syswrite $self->{out}, $json->encode(\%message) . "\0" or die "Chromium is gone\n";
	while (1) {
		my $answer = $self->next_message;
		next unless defined $answer->{id} && $answer->{id} == $id;
		die "$method: $answer->{error}{message}\n" if $answer->{error};
		return $answer->{result};
	}
}

sub visit {
	my ($self, $url) = @_;
	$self->{told} = [];
	$self->{loaded} = 0;
	$self->call('Page.navigate', {url => $url});
	$self->next_message until $self->{loaded};
}

sub js {
	my ($self, $expression) = @_;
	my $r = $self->call('Runtime.evaluate', {expression => $expression, returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true});
	die "$expression: $r->{exceptionDetails}{exception}{description}\n" if $r->{exceptionDetails};
	return $r->{result}{value};
}

# With the mouse, where it is: what lies above it would get the click.
sub click {
	my ($self, $selector) = @_;
	my $where = $self->js("(() => { const e = document.querySelector(" . $json->encode([$selector]) . "[0]); e.scrollIntoView({block: 'center'}); "
		. "const r = e.getBoundingClientRect(); return [r.x + Math.min(r.width / 2, 60), r.y + r.height / 2]; })()");
	$self->call('Input.dispatchMouseEvent', {type => $_, x => $where->[0], y => $where->[1], button => 'left', clickCount => 1}) for qw(mousePressed mouseReleased);
}

sub type {
	my ($self, $selector, $text) = @_;
	$self->js("document.querySelector(" . $json->encode([$selector]) . "[0]).focus()");
	$self->call('Input.insertText', {text => $text});
}

# Asks until it is so; it is the test's time limit that ends a wait that is in vain.
sub until_js {
	my ($self, $expression) = @_;
	while (1) {
		# A page that is left in the midst of the question gives no answer: the next one does.
		my $so = eval { $self->js($expression) };
		die $@ if $@ && $@ !~ /navigated or closed|context was destroyed|Cannot find context/;
		return if $so;
		select undef, undef, undef, 0.02;
	}
}

sub told { return @{$_[0]{told}} }

sub stop {
	my ($self) = @_;
	eval { delete $self->{session}; $self->call('Browser.close') };
	close $self->{out};
	waitpid $self->{pid}, 0;
}

1;
