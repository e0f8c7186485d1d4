"""The shapes of the values that access-log formats print, as parts of a pattern."""

from whyreset.basis.frozen import Frozen, replace

_MANY = r"[^\n]{0,512}?"
"""A value with spaces in it that nothing encloses: as little as possible, and bounded."""


class Around(Frozen):
    """What ends a value: a set of characters that are not in it, and the text that follows.

    stop    the body of a negated class
    end     a look-ahead that holds after the value
    quoted  the value ends at its quote, and a backslash escapes one inside
    open    what follows may be part of the value, too: it ends at the first fit
    spaced  only a space, or the end of the line, ends the value
    """

    stop: str
    end: str
    quoted: bool
    open: bool
    spaced: bool

    def value(self) -> str:
        """Match any value, empty or not."""
        if self.quoted:
            return r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+'
        return f"[^{self.stop}]{{0,2048}}?" if self.open else f"[^{self.stop}]*+"

    def filled(self) -> str:
        """Match a value of one character or more."""
        if self.quoted:
            return f'(?!["\\n]){self.value()}'
        return f"[^{self.stop}]{{1,2048}}?" if self.open else f"[^{self.stop}]++"

    def solid(self) -> str:
        """Match a value, or the part of it before the first space."""
        if self.quoted:
            return r'[^\s"\\]*+(?:\\.[^\s"\\]*+)*+'
        return rf"[^{self.stop}\s]{{0,4096}}?" if self.open else rf"[^{self.stop}\s]*+"

    def item(self) -> str:
        """Match an item of a list with commas."""
        return rf'[^\s,"{self.stop}]++'


def _any(around: Around, name: str | None) -> str:
    return _field(around, name, "")


def _address(around: Around, name: str | None) -> str:
    # Sockets in the file system are no address; old Envoys print tcp:// before one, HAProxy's
    # `format short` the priority.
    return _field(around, name, r"(?:tcp://|<\d{1,3}>)?(?!unix:)")


def _ip(around: Around, name: str | None) -> str:
    """An address that comes without a port, and nothing before it: `LINE='10.0.0.1` is source
    code, and a quote of the layout's own is none of it."""
    marks = "'=`" if '"' in around.stop else "'=`\""
    return rf"(?![^{around.stop}\s]*[{marks}])" + _field(around, name, "(?!unix:)")


def _field(around: Around, name: str | None, lead: str) -> str:
    """Match a value whose `-` or emptiness gives no field; atomic, so that no line is retried."""
    if name is None:
        return around.value()
    filled = f"{lead}(?P<{name}>{around.filled()})"
    if around.open:
        dash = f"-{around.end}"
        return f"(?:{dash}|(?!{dash}){filled})" if around.end else filled
    other = around.value() if lead else ""
    return f"(?>-{around.end}|{filled}|{other})"


def _integer(around: Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,18}+", sign=r"\+?")


def _status(around: Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,3}+")


def _duration(around: Around, name: str | None) -> str:
    return _typed(around, name, r"\d{1,18}+(?:\.\d{1,18}+)?+", sign=r"\+?")


def _typed(around: Around, name: str | None, number: str, sign: str = "") -> str:
    """Match a number; a missing (`-`) or a negative one is no field, anything else no line.

    HAProxy puts a sign before what was not over yet; a status has none, so that the text around
    it can be searched for.
    """
    digits = r"\d" if around.end.startswith(r"(?=\.") else r"[\d.]"
    group = f"(?P<{name}>{number})" if name else f"{digits}++"
    return rf"(?>{sign}{group}|-{digits}*+|){around.end}"


_SEPARATOR = "(?:, ?| : )"


def _list(around: Around, name: str | None) -> str:
    """Match a list: of attempts its last item counts, of hops its first, which is the client."""
    item = around.item()
    if name == "client":
        first = f"(?>-(?!{item})|(?P<client>{item}))"
        items = f"(?:{first}(?:{_SEPARATOR}{item}){_times(around)})?"
        return f"(?>{items}{around.end}|{around.value()})" if around.quoted else items
    last = f"(?>-(?!{item})|(?!unix:)(?P<{name}>{item})|{item})" if name else item
    items = f"(?:(?:{item}{_SEPARATOR}){_times(around)}{last})?"
    return f"(?>{items}{around.end}|{around.value()})" if around.quoted else items


def _numbers(around: Around, name: str | None) -> str:
    del name
    item = r"(?:[\d.]++|-)"
    return f"(?:{item}(?:{_SEPARATOR}{item}){_times(around)})?"


def _times(around: Around) -> str:
    """Repeat the items of a list; where the format goes on with a comma, not into what follows."""
    return "{0,63}?" if around.end.startswith("(?=,") else "{0,63}+"


def _request(around: Around, name: str | None) -> str:
    """Match `METHOD PATH PROTOCOL`, or whatever a broken client sent instead."""
    method, path = ("?P<method>", "?P<path>") if name else ("?:", "?:")
    target = r"(?=[/*]|[\w.-]++:)"
    if around.spaced or around.open:
        line = rf"({method}[A-Z][A-Z_-]{{0,31}}+) ({path}{target}\S++)(?: HTTP/[\d.]++)?+"
        return rf"(?:(?>{line})|[^\n]{{0,128}}?)"
    line = rf"({method}[A-Z][A-Z_-]{{0,31}}+) ({path}{target}{around.solid()})"
    return f"(?>{line})?+{around.value()}"


def _host(around: Around, name: str | None) -> str:
    if not around.end:  # another variable follows at once: the path
        around = replace(around, stop=around.stop + "/", end="(?=/)", open=False)
    return _field(around, name, "")


def _path(around: Around, name: str | None) -> str:
    if not around.end and name:  # another variable follows at once: the query
        return rf"(?P<{name}>/[^{around.stop}?]*+)"
    return _field(around, name, "")


def _query(around: Around, name: str | None) -> str:
    """Match `?` and a query, or nothing."""
    del name
    return rf"(?:\?{around.solid()})?+"


def _phrase(around: Around, name: str | None) -> str:
    """Match a value that may hold spaces."""
    if around.spaced and name:
        return f"(?:-{around.end}|(?P<{name}>{_MANY}))"
    return _MANY if around.spaced or around.open else _field(around, name, "")


def _instant(around: Around, name: str | None) -> str:
    """Match a date and its zone, with a space between."""
    del name
    return r"\S++ \S++" if around.spaced else around.value()


def _stamp(around: Around, name: str | None) -> str:
    """Match a date without spaces; it is never empty."""
    del name
    return around.filled()


def _bracketed(around: Around, name: str | None) -> str:
    del around, name
    return r"\[[^\]\n]*+\]"


def _captures(around: Around, name: str | None) -> str:
    """Return captured headers `{a|b}`, which are absent when nothing is captured."""
    del name
    space = " " if around.spaced else ""
    return rf"(?:\{{[^\}}\n]*+\}}{space})?+"


def _details(around: Around, name: str | None) -> str:
    """Match a word that may end with a note in braces, which may hold spaces."""
    if not around.spaced:
        return _field(around, name, "")
    words = r"[^\s\{]++(?:\{[^\}\n]*+\})?+\S*+"
    return f"(?>-{around.end}|(?P<{name}>{words})|)" if name else f"(?:{words})?+"


SHAPES = {
    "text": _any,
    "address": _address,
    "ip": _ip,
    "integer": _integer,
    "status": _status,
    "duration:s": _duration,
    "duration:ms": _duration,
    "duration:us": _duration,
    "list": _list,
    "numbers": _numbers,
    "request": _request,
    "host": _host,
    "path": _path,
    "query": _query,
    "phrase": _phrase,
    "instant": _instant,
    "stamp": _stamp,
    "bracketed": _bracketed,
    "captures": _captures,
    "details": _details,
}
"""What makes the part of a pattern for each shape: of what ends the value, and of the name of its
group; None where the value is skipped."""
