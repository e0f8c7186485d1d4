# A Mojolicious application, run as `perl far.mojo.pl daemon -l http://HOST:PORT`.
use Mojolicious::Lite -signatures;
my $block = "x" x 65536;
get "/" => sub ($c) { $c->render(text => "ok\n") };
get "/slow" => sub ($c) { $c->render_later; Mojo::IOLoop->timer(1.5 => sub { $c->render(text => "ok\n") }) };
post "/upload" => sub ($c) { $c->render(text => "ok\n") };
get "/big" => sub ($c) {
  my ($left, $more) = 60;
  $more = sub ($c, @) { $left-- ? $c->write_chunk($block => $more) : $c->finish };
  $c->$more;
};
app->start;
