"""Log formats: the access-log format strings that people already have, as patterns."""

from whyreset.language import apache_format, envoy_format, haproxy_format, nginx_format
from whyreset.language.layout import assemble
from whyreset.language.pattern import CompiledPattern, refuse_long

_READERS = {
    "nginx": nginx_format.read,
    "apache": apache_format.read,
    "envoy": envoy_format.read,
    "haproxy": haproxy_format.read,
}
DIALECTS = tuple(_READERS)


def compile_log_format(dialect: str, text: str) -> CompiledPattern:
    """Compile a format string of one of DIALECTS, as it stands in that server's configuration.

    The groups are fields of `access` events. Durations are typed `duration:UNIT` by what the
    server logs. PatternError for a variable that the server's documentation does not know.
    """
    refuse_long(text)
    return assemble(_READERS[dialect](text))
