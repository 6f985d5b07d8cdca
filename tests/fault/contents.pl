#!/usr/bin/perl
# contents.pl KIND PATH: what a sink holds, one line a job: "ID state digest". The digest is over everything that two
# exports of the same answers have in common; what is of the run (times, tries, names of parts) is not in it. Then, for
# folders, a line "left NAME" for each file that no job accounts for. It knows nothing of the program: it reads what a
# user reads. Without arguments: for each line "KIND PATH OUT" of standard input the same into OUT, then an empty line to
# standard output. Required by another script: contents(KIND, PATH) returns the lines.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);

sub slurp {
  open my $f, '<:raw', $_[0] or return undef;
  local $/;
  return scalar <$f> // '';
}

sub steady {
  my ($text) = @_;
  $text =~ s/"digests":\[[^\]]*\]/"digests":/g; # of lines and files in which those stand
  $text =~ s/"(instance|content|run_id|stored_at|requested_at|fetched_at|expires_at|attempts|part|duration)":("[^"]*"|\d+|null)/"$1":/g;
  $text =~ s/stored_date=[^"]*//g;
  return $text;
}

# The parts of these, decompressed: path to lines. All of one codec in one go, since processes are what costs.
sub parts {
  my (@files) = @_;
  my %lines = map { $_ => slurp($_) } grep { /\.jsonl$/ } @files;
  for (grep { /\.gz$/ } @files) { $lines{$_} = `gzip -dcq '$_'`; $lines{$_} .= 'damaged' if $? }
  if (my @zst = grep { /\.zst$/ && -e } @files) {
    my $plain = tempdir(CLEANUP => 1);
    my $damaged = system('zstd', '-dqq', '--output-dir-mirror', $plain, @zst) != 0;
    for (@zst) { $lines{$_} = slurp("$plain/$_" =~ s/\.zst$//r); $lines{$_} = 'damaged' if $damaged && !defined $lines{$_} }
    remove_tree($plain);
  }
  return %lines;
}

sub rows {
  my ($job, $kind, @command) = @_;
  my @said;
  open my $f, '-|', @command or die;
  local $/ = "\n";
  while (my $line = <$f>) {
    chomp $line;
    my ($id, $what, $rest) = split /\|/, $line, 3;
    if ($what eq 'state') { $job->{$id}{state} = $rest; next }
    $job->{$id}{text} .= "$what|$rest\n";
  }
  close $f or $kind eq 'pg' or push @said, 'unreadable';
  return @said;
}

my $columns = "coalesce(http_status, 0), hex(coalesce(error, '')), hex(coalesce(topic, '')), hex(coalesce(message, '')), action_count, result_count, row_count, body_bytes";

sub contents_sqlite {
  my ($path, $job) = @_;
  return () if !-e $path || -z $path;
  return () if `sqlite3 -batch -noheader '$path' "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'"` eq "0\n";
  return rows($job, 'sqlite', 'sqlite3', '-batch', '-noheader', $path, "
    SELECT job_id, 'state', state FROM jobs;
    SELECT job_id, 'job', $columns, body_sha256 FROM jobs;
    SELECT job_id, 'action', action_index, type, hex(message), hex(extra) FROM actions ORDER BY 1, 3;
    SELECT job_id, 'result', action_index, hex(query_name), hex(columns), row_count FROM results ORDER BY 1, 3;
    SELECT job_id, 'row', action_index, row_index, hex(cells) FROM result_rows ORDER BY 1, 3, 4;
    SELECT job_id, 'body', part, hex(body) FROM bodies ORDER BY 1, 3;
    SELECT 'check', 'state', integrity_check FROM pragma_integrity_check");
}

sub contents_pg {
  my ($schema, $job) = @_;
  my @q = map { ("-c", $_) } "SET search_path = $schema", "SELECT job_id, 'state', state FROM jobs",
    "SELECT job_id, 'job', to_json(j) FROM (SELECT job_id, http_status, error, topic, message, action_count, result_count, row_count, body_bytes, body_sha256 FROM jobs) j",
    "SELECT job_id, 'action', to_json(a) FROM actions a ORDER BY job_id, action_index",
    "SELECT job_id, 'result', to_json(r) FROM (SELECT job_id, action_index, query_name, columns, row_count FROM results) r ORDER BY job_id, action_index",
    "SELECT job_id, 'row', to_json(r) FROM result_rows r ORDER BY job_id, action_index, row_index",
    "SELECT job_id, 'body', to_json(b) FROM bodies b ORDER BY job_id, part";
  open my $err, '>&', \*STDERR;
  open STDERR, '>', '/dev/null'; # a schema that is not there holds nothing
  my @said = rows($job, 'pg', qw(psql -X -q -A -t -F | -d), $ENV{OMNI_TEST_PG}, @q);
  open STDERR, '>&', $err;
  return @said;
}

sub contents_folder {
  my ($kind, $path, $job) = @_;
  my (%line, %known, %lines);
  my $manifest = slurp("$path/manifest.jsonl");
  return () if !defined $manifest;
  $known{'manifest.jsonl'} = 1;
  for (split /\n/, $manifest) { $line{$1} = $_ if /"job_id":"([^"]*)".*\}$/ }
  if ($kind eq 'jsonl') {
    my %files = map { $_ => 1 } map { /"parts":\[([^\]]*)\]/ ? $1 =~ /"([^"]*)"/g : () } values %line;
    %lines = parts(map { "$path/$_" } keys %files);
  }
  for my $id (keys %line) {
    my $l = $line{$id};
    my ($state) = $l =~ /"state":"([^"]*)"/;
    my $content = $l =~ /"content":"([^"]*)"/ ? $1 : '';
    my ($list) = $l =~ /"(?:files|parts)":\[([^\]]*)\]/;
    my @files = ($list // '') =~ /"([^"]*)"/g;
    my $text = steady($l) . "\n";
    my $staged = ".new-$id-" . $content;
    push @files, "unreadable/$id.json.zst" if $kind eq 'jsonl' && $l =~ /"has_body":true/;
    my $folder = $id;
    if ($kind eq 'csv') {
      # Moved there, about to be, or between: where folders cannot be exchanged.
      $folder = $staged if (slurp("$path/$staged/job.json") // '') =~ /"content":"$content"/;
      $folder = ".old-$id" if !-e "$path/$folder";
    }
    for my $file (sort @files) {
      if ($kind eq 'jsonl' && $file !~ /^unreadable/) {
        my $data = $lines{"$path/$file"};
        my ($table) = $file =~ m{^([^/]*)/};
        $known{$file} = 1;
        $text .= "$table " . (defined $data ? join("\n", map { steady($_) } grep { /"$id"/ || !/\}$/ } split /\n/, $data) : 'missing') . "\n";
        next;
      }
      my $from = $file;
      $from =~ s/^\Q$id\E/$folder/ if $kind eq 'csv';
      $from = $staged if -f "$path/$staged";
      $known{$from} = 1;
      my $data = slurp("$path/$from") // 'missing';
      $text .= 'another content' if $file =~ /job\.json$/ && $data !~ /"content":"$content"/;
      $text .= "$file " . sha256_hex(steady($data)) . "\n";
    }
    $job->{$id} = {state => $state, text => $text};
  }
  my @left;
  my $look;
  $look = sub {
    my ($under) = @_;
    opendir my $dir, "$path/$under" or return;
    for (grep { !/^\.\.?$/ } readdir $dir) {
      if (-d "$path/$under$_" && !-l "$path/$under$_") { $look->("$under$_/") }
      elsif (!$known{"$under$_"}) { push @left, "left $under$_" }
    }
  };
  $look->('');
  return sort @left;
}

sub contents {
  my ($kind, $path) = @_;
  my %job;
  my @said = $kind eq 'sqlite' ? contents_sqlite($path, \%job) : $kind eq 'pg' ? contents_pg($path, \%job) : contents_folder($kind, $path, \%job);
  return (@said, map { "$_ " . ($job{$_}{state} // 'none') . ' ' . sha256_hex($job{$_}{text} // '') } sort keys %job);
}

sub serve {
  $| = 1;
  open STDERR, '>', '/dev/null'; # a look is also taken at what is half there
  while (defined(my $line = <STDIN>)) {
    my ($kind, $path, $out) = split ' ', $line;
    open my $f, '>', $out or die;
    print $f map { "$_\n" } contents($kind, $path);
    close $f;
    print "\n";
  }
}

if (!caller) {
  if (@ARGV) { print map { "$_\n" } contents(@ARGV) }
  else { serve() }
}
1;
