# A caller with HTTP::Tiny: tiny.pl URL STYLE PAUSE
use strict; use warnings; use HTTP::Tiny; use Time::HiRes qw(sleep); use POSIX qw(strftime);
my ($url, $style, $pause) = @ARGV;
$| = 1;
my $agent = HTTP::Tiny->new(timeout => 8);
my $body = "x" x 3_000_000;
while (1) {
  my $answer = $url =~ m{/upload} ? $agent->post($url, { content => $body }) : $agent->get($url);
  if (!$answer->{success}) {
    my $said = "$answer->{status} $answer->{reason}" . ($answer->{status} == 599 ? ": $answer->{content}" : "");
    $said =~ s/\s+\z//;
    if ($style eq "json") { print qq({"level":"error","url":"$url","error":"$said"}\n) }
    elsif ($style eq "trace") { warn "request to $url failed: $said" }
    else { print strftime("[%Y-%m-%d %H:%M:%S]", localtime), " ERROR - GET $url: $said\n" }
  }
  sleep $pause * (0.7 + 0.6 * rand);
}
