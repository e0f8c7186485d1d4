# A caller with LWP: far.pl URL STYLE PAUSE
use strict; use warnings; use LWP::UserAgent; use LWP::ConnCache; use Time::HiRes qw(sleep); use POSIX qw(strftime);
my ($url, $style, $pause) = @ARGV;
$| = 1;
my $agent = LWP::UserAgent->new(keep_alive => 4, timeout => 8);
my $body = "x" x 3_000_000;
while (1) {
  my $answer = $url =~ m{/upload} ? $agent->post($url, Content => $body) : $agent->get($url);
  if (!$answer->is_success) {
    my $line = $answer->status_line;
    if ($style eq "json") { print qq({"level":"error","url":"$url","error":"$line"}\n) }
    elsif ($style eq "trace") { warn "request to $url failed: $line" }
    else { print strftime("[%Y/%m/%d %H:%M:%S]", localtime), " [error] GET $url: $line\n" }
  }
  sleep $pause * (0.7 + 0.6 * rand);
}
