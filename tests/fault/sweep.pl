#!/usr/bin/perl
# sweep.pl HOW KEY=VALUE... -- ARGUMENT...: runs "omni-export run" with these arguments again and again, kills it at
# another call each time, and looks at what is left. Exit 0: all is well; else it says where it is not. HOW:
#
#   kill    killed in any system call (killer.c)
#   forget  killed in any call of the C library that concerns the sink, and what was not synced is lost: at once, or
#           after one more run (forget.c, disk.c)
#
#   omni, killer, forget, disk   the programs
#   t        a folder for what is made here
#   sinks    what is exported into: raw,csv,jsonl,sqlite,pg; each has a place of its own in a folder
#   before   a folder that is there before; "": none
#   whole    a folder that a run made which was not killed: what must come of it. In both a file "held" says what it holds
#            (for pg, dump.sql how to make it)
#   calls    which calls count (killer.c)
#   points   how many are tried; 0: all
#   least    how many runs must have been killed
#   list     what is asked for: t/LIST.txt
#   exchange "no": folders cannot be exchanged
#
# After each kill every job that the sink knows is, to the byte, as it is in "before" or in "whole". One more run, which
# no lock holds up, makes of it what is in "whole", and nothing else.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
require(dirname($0) . '/contents.pl');

my $how = shift;
my %o = (before => '', points => 0, least => 1, exchange => '', list => 'four', calls => '');
while (@ARGV && (my $arg = shift) ne '--') { $o{$1} = $2 if $arg =~ /^(\w+)=(.*)$/s }
my @arguments = @ARGV;
my $t = $o{t};
my @sinks = split /,/, $o{sinks};
my $wrong = 0;

# --- what a folder is ---

sub place { my ($folder, $kind) = @_; return $kind eq 'pg' ? 'omni_export' : $kind eq 'sqlite' ? "$folder/sqlite/a.db" : "$folder/$kind" }
sub spec { my ($folder, $kind) = @_; return $kind eq 'pg' ? "pg:$ENV{OMNI_TEST_PG}" : "$kind:" . place($folder, $kind) }
# All that is held, a line for each job of each sink.
sub held {
  my ($folder) = @_;
  return map { my $kind = $_; map { "$kind $_" } contents($kind, place($folder, $kind)) } @sinks;
}
sub copy { my ($from, $to) = @_; remove_tree($to); system('cp', '-a', $from, $to) == 0 or die }
# What a run is to find.
sub fresh {
  my ($folder) = @_;
  if ($o{before} ne '') { copy($o{before}, $folder) }
  else { remove_tree($folder); mkdir $folder; mkdir "$folder/sqlite" if $o{sinks} eq 'sqlite' }
  return if $o{sinks} ne 'pg';
  my @sql = ('-c', 'DROP SCHEMA IF EXISTS omni_export CASCADE');
  # What the killed one had open holds this up until the server has noticed.
  push @sql, '-f', "$o{before}/dump.sql" if $o{before} ne '';
  open my $err, '>&', \*STDERR;
  open STDERR, '>', '/dev/null';
  system('psql', '-X', '-q', '-o', '/dev/null', '-d', $ENV{OMNI_TEST_PG}, @sql) == 0 or die;
  open STDERR, '>&', $err;
}

# --- runs ---

# run COMMAND...: exit code; 137: killed. What it says is in $t/err.
sub run {
  my ($settings, @command) = @_;
  my $pid = fork // die;
  if ($pid == 0) {
    %ENV = (%ENV, %$settings);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>', "$t/err";
    exec @command or kill KILL => $$;
  }
  waitpid $pid, 0;
  return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}
sub words {
  my ($list, $folder) = @_;
  return ($o{omni}, 'run', "$t/$list.txt", (map { ('-t', spec($folder, $_)) } @sinks), @arguments);
}
my %exchange = $o{exchange} eq 'no' ? (LD_PRELOAD => $o{forget}, FORGET_EXCHANGE => 'no') : ();
sub forgetful { # N LIST FOLDER
  my ($n, $list, $folder) = @_;
  return run({%exchange, LD_PRELOAD => $o{forget}, FORGET_ROOT => $folder, FORGET_DISK => "$t/disk", FORGET_KILL => $n}, words($list, $folder));
}

# --- what must be so ---

sub wrong {
  my ($where, @what) = @_;
  return if ++$wrong > 5;
  print "# $where: $what[0]\n", map { "#   $_\n" } @what[1 .. $#what];
}
my @whole = split /\n/, slurp("$o{whole}/held");
my %known = map { $_ => 1 } @whole, $o{before} ne '' ? split(/\n/, slurp("$o{before}/held") // '') : ();
my %jobs = map { /^(\w+ \S+) / ? ($1 => 1) : () } keys %known;

# Every job is old or new, as a whole. Returns how many of those that have a result are there.
sub look {
  my ($where, $folder) = @_;
  # SQLite's own program mends what it opens.
  if (grep { $_ eq 'sqlite' } @sinks) { copy($folder, "$t/look"); $folder = "$t/look" }
  my @held = grep { !/^\w+ left / } held($folder);
  for (@held) { wrong($where, "neither old nor new, not whole", $_) if !$known{$_} && (!/^(\w+ [0-9a-f-]{36}) / || $jobs{$1}) }
  return scalar grep { / stored / && /^(\w+ \S+) / && $jobs{$1} } @held;
}
# One more run makes it whole.
my $ends = $o{list} eq 'four' ? 4 : 0; # job 4 is not found
sub again {
  my ($where, $folder) = @_;
  my $rc = run({%exchange}, words($o{list}, $folder));
  # PostgreSQL notices that somebody is gone when it next writes to them.
  for (my $n = 0; $rc == 75 && $o{sinks} eq 'pg' && $n < 200; $n++) { select undef, undef, undef, 0.05; $rc = run({}, words($o{list}, $folder)) }
  # What was known to be lost before it is no news, and makes no 4.
  if ($rc != $ends && !($ends == 4 && $rc == 3)) { wrong($where, "the next run returned $rc", split /\n/, slurp("$t/err") // '') }
  my %must = map { $_ => 1 } @whole;
  my @more = grep { !delete $must{$_} } held($folder);
  wrong($where, "the next run does not make it whole", (map { "more: $_" } @more), (map { "missing: $_" } sort keys %must)) if @more || %must;
}

# --- killed ---

# Which of the calls. Each kind at least once; of those that change nothing no more: who is killed there is killed as in
# the next one that does. All others, or some of them: those that concern the sink, evenly.
sub sample {
  my @trace = @_;
  my (%kind, %ours, %take);
  for (1 .. @trace) {
    my ($kind, $path) = $trace[$_ - 1] =~ /^\d+ (\S+) (.*)/;
    push @{$kind{$kind}}, $_;
    push @{$ours{$kind}}, $_ if $path =~ /^\Q$t\E\/k/ || ($o{sinks} eq 'pg' && $kind =~ /send|recv/);
  }
  my $k = 0;
  for (sort keys %kind) { my @at = @{$ours{$_} // $kind{$_}}; my $x = $k++ * 0.618; $take{$at[($x - int $x) * @at]} = 1 }
  my @changing = grep { !/^(close|fcntl|flock)$/ } keys %kind;
  return sort { $a <=> $b } keys %{{%take, map { $_ => 1 } map { @{$kind{$_}} } @changing}} if $o{points} == 0;
  my @ours = sort { $a <=> $b } grep { !$take{$_} } map { @{$ours{$_} // []} } @changing;
  my $left = $o{points} - keys %take;
  $take{$ours[$_ * @ours / $left]} = 1 for 0 .. $left - 1;
  return sort { $a <=> $b } keys %take;
}

sub sweep_kill {
  fresh("$t/k");
  my @killer = ($o{killer}, 0, "$t/trace", $o{calls});
  my $rc = run({%exchange}, @killer, words($o{list}, "$t/k"));
  my @trace = split /\n/, slurp("$t/trace");
  wrong('not killed', "returned $rc", split /\n/, slurp("$t/err")) if $rc != $ends;
  my @points = sample(@trace);
  my ($killed, %kind) = 0;
  for my $n (@points) {
    fresh("$t/k");
    $killer[1] = $n;
    $rc = run({%exchange}, @killer, words($o{list}, "$t/k"));
    my ($last) = (slurp("$t/trace") // '') =~ /^(.*)\n\z/m;
    my $where = "killed in call $last of " . @trace;
    if ($rc == 137) { $killed++; $kind{$1}++ if $last =~ /^\d+ (\w+)/ }
    look($where, "$t/k");
    again($where, "$t/k");
  }
  print "# killed in ", join(', ', map { "$_ ($kind{$_})" } sort keys %kind), "\n";
  return ($killed, scalar @points, scalar @trace);
}

# --- the power goes ---

sub durable { # all that is there is on the disk
  my ($folder) = @_;
  remove_tree("$t/disk");
  mkdir "$t/disk";
  my @all = ($folder);
  for (my $i = 0; $i < @all; $i++) {
    opendir my $dir, $all[$i] or next;
    push @all, map { "$all[$i]/$_" } grep { !/^\.\.?$/ } readdir $dir;
  }
  run({LD_PRELOAD => $o{forget}, FORGET_ROOT => $folder, FORGET_DISK => "$t/disk"}, 'sync', @all) == 0 or die;
}
sub power_goes { # VARIANT
  remove_tree("$t/d");
  system($o{disk}, $_[0], "$t/k", "$t/disk", "$t/d") == 0 or die;
}
sub bytes_of { # what is there, names and bytes
  my ($path) = @_;
  return slurp($path) if !-d $path;
  opendir my $dir, $path or die;
  return sha256_hex(join "\n", map { "$_ " . sha256_hex(bytes_of("$path/$_")) } sort grep { !/^\.\.?$/ } readdir $dir);
}
my $results = 2 * @sinks;

# What one run stored must not hang on what the next one syncs: of another job.
sub settled_later {
  fresh("$t/k");
  durable("$t/k");
  forgetful(0, $o{list}, "$t/k");
  forgetful(0, 'five', "$t/k");
  for my $variant (qw(nothing names bytes)) {
    power_goes($variant);
    my $where = "a run of another job, $variant survives";
    look($where, "$t/d") == $results or wrong($where, "not all that was stored is on the disk");
  }
}

sub sweep_forget {
  fresh("$t/k");
  durable("$t/k");
  forgetful(0, $o{list}, "$t/k");
  my $total = (slurp("$t/disk/calls") // 0) + 0;
  my @points = $o{points} ? map { 1 + int($_ * ($total - 1) / ($o{points} - 1)) } 0 .. $o{points} - 1 : 1 .. $total;
  my ($killed, $k) = (0, 0);
  for my $n (@points, $total + 1) {
    fresh("$t/k");
    durable("$t/k");
    my $rc = forgetful($n, $o{list}, "$t/k");
    $killed++ if $rc == 137;
    my $said = (slurp("$t/err") // '') =~ /jobs stored/;
    my ($call) = (slurp("$t/disk/died") // 'the end') =~ /(.*)/;
    my @variants = qw(nothing names bytes);
    @variants = ($variants[$k++ % 3]) if $o{points} && $n <= $total;
    my %seen;
    for my $variant (@variants) {
      my $where = "call $n of $total ($call), $variant survives";
      power_goes($variant);
      next if $seen{bytes_of("$t/d")}++;
      my $there = look($where, "$t/d");
      wrong($where, "was reported as stored, and is not there") if $said && $there != $results;
      again($where, "$t/d");
    }
    # The program alone was killed; the run after it says that both are stored; then the power goes. It asks for no
    # other job, whose line would be synced with what it found.
    next if $o{points} && $n % 2;
    my $where = "call $n of $total ($call), then a whole run";
    forgetful(0, $o{list} eq 'four' ? 'two' : $o{list}, "$t/k");
    power_goes('nothing');
    look($where, "$t/d") == $results or wrong($where, "not all that it stored is on the disk");
    again($where, "$t/d") if $k % 3 == 0;
  }
  settled_later();
  return ($killed, scalar @points, $total);
}

my ($killed, $points, $total) = $how eq 'kill' ? sweep_kill() : sweep_forget();
print "# $killed killed of $points points, of $total calls\n";
# Of calls that depend on the time there may be one less.
wrong('the sweep', "killed only $killed of $points, at least $o{least}") if $killed < $o{least} || $killed < $points - $points / 20 - 1;
exit($wrong != 0);
