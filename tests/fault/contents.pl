#!/usr/bin/perl
# contents.pl: for each line "KIND PATH OUT" of standard input, writes to OUT what the sink holds, and then an empty line to standard output.
# What it holds, one line a job: "ID state digest". The digest is over everything that two
# exports of the same answers have in common; what is of the run (times, tries, names of parts) is not in it. Then, for folders, a
# line "left NAME" for each file that no job accounts for. It knows nothing of the program: it reads what a user reads.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Find;

my ($kind, $path, %job);

sub slurp {
  open my $f, '<:raw', $_[0] or return undef;
  local $/;
  return scalar <$f> // '';
}

sub steady {
  my ($text) = @_;
  $text =~ s/"(content|run_id|stored_at|requested_at|fetched_at|expires_at|attempts|part|duration)":("[^"]*"|\d+|null)/"$1":/g;
  $text =~ s/stored_date=[^"]*//g;
  return $text;
}

sub rows {
  my (@command) = @_;
  open my $f, '-|', @command or die;
  local $/ = "\n";
  while (<$f>) {
    chomp;
    my ($id, $what, $rest) = split /\|/, $_, 3;
    if ($what eq 'state') { $job{$id}{state} = $rest; next }
    $job{$id}{text} .= "$what|$rest\n";
  }
  close $f or $kind eq 'pg' or $job{check}{state} = 'unreadable';
}

sub look {
  my $columns = "coalesce(http_status, 0), hex(coalesce(error, '')), hex(coalesce(topic, '')), hex(coalesce(message, '')), action_count, result_count, row_count, body_bytes";
  if ($kind eq 'sqlite') {
    return if !-e $path || -z $path;
    rows('sqlite3', '-batch', '-noheader', $path, "
      SELECT job_id, 'state', state FROM jobs;
      SELECT job_id, 'job', $columns, body_sha256 FROM jobs;
      SELECT job_id, 'action', action_index, type, hex(message), hex(extra) FROM actions ORDER BY 1, 3;
      SELECT job_id, 'result', action_index, hex(query_name), hex(columns), row_count FROM results ORDER BY 1, 3;
      SELECT job_id, 'row', action_index, row_index, hex(cells) FROM result_rows ORDER BY 1, 3, 4;
      SELECT job_id, 'body', part, hex(body) FROM bodies ORDER BY 1, 3;
      SELECT 'check', 'state', integrity_check FROM pragma_integrity_check");
  } elsif ($kind eq 'pg') {
    my $schema = $path;
    my @q = map { ("-c", $_) } "SET search_path = $schema", "SELECT job_id, 'state', state FROM jobs",
      "SELECT job_id, 'job', to_json(j) FROM (SELECT job_id, http_status, error, topic, message, action_count, result_count, row_count, body_bytes, body_sha256 FROM jobs) j",
      "SELECT job_id, 'action', to_json(a) FROM actions a ORDER BY job_id, action_index",
      "SELECT job_id, 'result', to_json(r) FROM (SELECT job_id, action_index, query_name, columns, row_count FROM results) r ORDER BY job_id, action_index",
      "SELECT job_id, 'row', to_json(r) FROM result_rows r ORDER BY job_id, action_index, row_index",
      "SELECT job_id, 'body', to_json(b) FROM bodies b ORDER BY job_id, part";
    rows(qw(psql -X -q -A -t -F | -d), $ENV{OMNI_TEST_PG}, @q); # a schema that is not there holds nothing
  } else {
    my (%line, %known);
    my $manifest = slurp("$path/manifest.jsonl");
    return if !defined $manifest;
    $known{'manifest.jsonl'} = 1;
    for (split /\n/, $manifest) { $line{$1} = $_ if /"job_id":"([^"]*)".*\}$/ }
    for my $id (keys %line) {
      my $l = $line{$id};
      my ($state) = $l =~ /"state":"([^"]*)"/;
      my $content = $l =~ /"content":"([^"]*)"/ ? $1 : '';
      my ($list) = $l =~ /"(?:files|parts)":\[([^\]]*)\]/;
      my @files = ($list // '') =~ /"([^"]*)"/g;
      my $text = steady($l) . "\n";
      my $staged = ".new-$id-" . $content;
      if ($kind eq 'raw') {
        for my $file (@files) {
          my $from = -e "$path/$staged" ? $staged : $file;
          $known{$from} = 1;
          $text .= "$file " . sha256_hex(slurp("$path/$from") // 'missing') . "\n";
        }
      } elsif ($kind eq 'csv') {
        my $folder = $id;
        $folder = $staged if (slurp("$path/$staged/job.json") // '') =~ /"content":"$content"/;
        for my $file (sort @files) {
          my $from = $file;
          $from =~ s/^\Q$id\E/$folder/;
          $known{$from} = 1;
          my $data = slurp("$path/$from") // 'missing';
          $text .= 'another content' if $file =~ /job\.json$/ && $data !~ /"content":"$content"/;
          $text .= "$file " . sha256_hex(steady($data)) . "\n";
        }
      } else {
        for my $file (sort @files) {
          $known{$file} = 1;
          my $data = slurp("$path/$file");
          my ($table) = $file =~ m{^([^/]*)/};
          $text .= "$table " . (defined $data ? join("\n", map { steady($_) } grep { /"$id"/ } split /\n/, $data) : 'missing') . "\n";
        }
      }
      $job{$id} = {state => $state, text => $text};
    }
    my @files;
    find({no_chdir => 1, wanted => sub { push @files, substr $_, length($path) + 1 if -f }}, $path);
    return map { "left $_\n" } sort grep { !$known{$_} } @files;
  }
  return;
}

$| = 1;
open STDERR, '>', '/dev/null'; # a look is also taken at what is half there
while (defined(my $line = <STDIN>)) {
  ($kind, $path, my $out) = split ' ', $line;
  %job = ();
  my @left = look();
  open my $f, '>', $out or die;
  print $f "$_ ", $job{$_}{state} // '?', ' ', sha256_hex($job{$_}{text} // ''), "\n" for sort keys %job;
  print $f @left;
  close $f;
  print "\n";
}
