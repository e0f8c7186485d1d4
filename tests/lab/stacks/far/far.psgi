# A PSGI application.
use strict; use warnings; use Time::HiRes qw(sleep);
my $block = "x" x 65536;
sub {
  my $env = shift;
  my $path = $env->{PATH_INFO};
  sleep 1.5 if $path =~ m{^/slow};
  if ($env->{REQUEST_METHOD} eq "POST") { my $part; while ($env->{"psgi.input"}->read($part, 4096)) { sleep 0.002 } }
  return [200, ["Content-Type" => "text/plain"], ["ok\n"]] unless $path =~ m{^/big};
  return sub {
    my $out = shift->([200, ["Content-Type" => "text/plain"]]);
    for (1 .. 60) { $out->write($block); sleep 0.02 }
    $out->close;
  };
};
