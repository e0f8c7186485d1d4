"""Envelopes: one physical line peeled from the outside in."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from whyreset.basis.json_text import decode
from whyreset.basis.lazy import lazy
from whyreset.ingest import syslog
from whyreset.ingest.bundles import peel_bundle
from whyreset.ingest.cut_objects import decode_cut
from whyreset.ingest.dumps import dump, listed
from whyreset.ingest.json_envelopes import peel_object
from whyreset.ingest.peeling import HEADER, STAMP, Peeling
from whyreset.ingest.platforms import (
    annotated,
    celled,
    clocked,
    explored,
    fly,
    fronted,
    numbered,
    papertrail,
    tabbed,
    tai64n,
)
from whyreset.ingest.prefixes import (
    cloud_foundry,
    cloudwatch,
    compose,
    grafana,
    grep,
    heroku,
    journal_field,
    kail,
    keyed,
    kubectl,
    kubetail,
    labelled,
    logcli,
    named,
    pasted,
    pm2,
    quoted,
    stern,
    viewed,
)
from whyreset.ingest.refining import refine
from whyreset.ingest.source_name import make_source, with_labels
from whyreset.ingest.stamps import Clock, Stamp, read_header
from whyreset.model.record import Source

ANSI = lazy(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# Colours whose escape rsyslog, `cat -v` or a quotation has spelt, or a page has swallowed.
_SPELT_ANSI = lazy(
    r"(?:#033|\^\[|(?<!\\)\\{1,2}(?:u001b|x1b|033|e)|\u241b)?"
    r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m(?!\])"
)
CRI = lazy(rf"({STAMP}) (stdout|stderr) ([FP])(?: |$)")
# A line whose first characters a tailer has lost: the end of its stamp is still there.
_CUT_CRI = lazy(r"[\dT:.-]{1,30}(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?: |$)")
# An access line in the common layout, which is in no envelope, and one behind a runtime's stamp.
_CLIENT = r"\d{1,3}(?:\.\d{1,3}){3} - \S+ \["
_REQUEST = lazy(_CLIENT)
_STAMPED_REQUEST = lazy(rf"{STAMP} {_CLIENT}\d\d/[A-Z]")
_NANOSECONDS = lazy(r"\.\d{7,9}")
_BAR = lazy(r" +\| ")
TIMESTAMPS = lazy(rf"({STAMP}) ")
_HEADER = lazy(HEADER)
_BOLD = lazy(
    rf"\*\*`?((?:{HEADER}|[A-Z][a-z]{{2}} [ \d]?\d \d\d:)[^*`]*)`?\*\*|"
    r"\*\*(?=[^*\n]*[\d\]]:\d{2,5}\b)([^*\n]*)\*\*$"
)
_ESCAPED = lazy(r"\\([\[\]_*<>])")
_MARKS = "`>\u2502"
"""What begins a line that somebody quotes in a mail or a page, or that a screen frames."""
_TRAILS = ("  ", "\\n", "\u2502")
"""What a paste leaves behind a line: the newline as it was escaped, and what filled a screen."""
_PASTED_TRAILS = (" ", "\t", *_TRAILS)
"""The same of a line that stands in nothing, to which only the paste can have added a blank."""
_MOST_LAYERS = 5


class Line(NamedTuple):
    """One physical line, peeled; `time` (ns) is None where nothing in it tells one.

    `channel` names the stream that its neighbours must share to belong to one record.
    """

    time: int | None
    channel: str
    text: str
    partial: bool
    source: Source
    stream: str | None
    envelope: str
    time_from: str
    assumed: tuple[str, ...]


class Peeler:
    """Peels lines of one input; `mode` is the layout that its first line showed."""

    def __init__(self, source: Source, clock: Clock, mode: str = "plain") -> None:
        self.source = source
        self.clock = clock
        self.mode = mode

    def peel(self, raw: bytes) -> Line:
        """The line without its envelopes; `raw` has no newline, any bytes are accepted."""
        text = raw.decode("utf-8", "replace").removesuffix("\r")
        if "\xa0" in text:  # of a page
            text = text.replace("\xa0", " ")
        if "\x1b" in text:
            text = ANSI.sub("", text)
        if ("[0m" in text or "39m" in text) and not CRI.match(text):
            text = _SPELT_ANSI.sub("", text)
        return self._off(Peeling(text.removeprefix("\ufeff")))

    def peel_within(self, text: str, peeled: Mapping[str, Any]) -> Line:
        """The text of an object of which `peel_object` has told the rest."""
        state = Peeling(text)
        state.take(peeled)
        if "\x1b" in state.text:
            state.text = ANSI.sub("", state.text)
        return self._off(state)

    def _off(self, state: Peeling) -> Line:
        whole = state.text
        for _ in range(_MOST_LAYERS):
            if state.done or not state.text or not self._layer(state):
                break
        if state.done or state.node:
            state.text = syslog.untagged(state.text)
        if not state.partial:
            is_bare = state.text is whole and not state.envelope
            state.text = _as_logged(state.text, _PASTED_TRAILS if is_bare else _TRAILS)
        source = self._source(state)
        stamp, time_from = self._time(state)
        return Line(
            stamp.time if stamp else None,
            f"{source.name}|{state.stream}",
            state.text.removesuffix("\r"),
            state.partial,
            source,
            state.stream,
            state.envelope or "plain",
            time_from,
            stamp.assumed if stamp else (),
        )

    def _layer(self, state: Peeling) -> bool:
        first = state.text[0]
        if first == "{":
            return labelled(state) or _json_layer(state)
        layers: tuple[Callable[[Peeling], bool], ...]
        if first.isdigit() and (_REQUEST.match(state.text) or _STAMPED_REQUEST.match(state.text)):
            return _iso(state)
        if first.isdigit() and state.text[4:5] == "-":
            layers = (
                _cri, heroku, fly, cloudwatch, syslog.iso, cloud_foundry, logcli, self._dump,
                tabbed, celled, _iso, _cut_cri, self._syslog, self._iso_local,
                self._viewed, numbered, self._clocked,
            )  # fmt: skip
        elif first.isdigit():
            layers = (
                self._dump, self._pm2, syslog.unix, syslog.rfc5424, _cut_cri, self._syslog, grafana,
                papertrail, numbered, self._clocked,
            )  # fmt: skip
        elif first == "[":
            layers = (kubectl, self._kubetail, self._dump, listed, syslog.uptime)
        elif first == "<":
            layers = (syslog.rfc5424, self._syslog, syslog.iso)
        elif first in " \t":
            return any(
                layer(state)
                for layer in (cloud_foundry, pasted, _nameless, keyed, journal_field, fronted)
            )
        elif first in _MARKS:
            return pasted(state) or (state.text.startswith("> ") and state.off("", 2))
        elif first == "*":
            return _bold(state)
        elif first == "\\":
            return _escaped(state)
        elif first in "\"'\u201c":
            return celled(state) or quoted(state) or keyed(state)
        else:
            layers = (
                syslog.facility, self._syslog, kail, self._full, self._dump, grep, tai64n,
                annotated, explored, self._clocked,
            )  # fmt: skip
        return any(layer(state) for layer in (*layers, self._stern, named, compose, fronted))

    def _syslog(self, state: Peeling) -> bool:
        return syslog.dated(state, self.clock)

    def _iso_local(self, state: Peeling) -> bool:
        return syslog.iso_local(state, self.clock)

    def _viewed(self, state: Peeling) -> bool:
        return viewed(state, self.clock)

    def _pm2(self, state: Peeling) -> bool:
        return pm2(state, self.clock)

    def _clocked(self, state: Peeling) -> bool:
        return clocked(state, self.clock)

    def _full(self, state: Peeling) -> bool:
        return syslog.full(state, self.clock)

    def _dump(self, state: Peeling) -> bool:
        return dump(state, self.clock)

    def _kubetail(self, state: Peeling) -> bool:
        return kubetail(state, sure=self.mode != "kubetail")

    def _stern(self, state: Peeling) -> bool:
        return stern(state, self.clock, sure=self.mode != "stern")

    def _source(self, state: Peeling) -> Source:
        if not (state.pod or state.name or state.container or state.node):
            return self.source
        name = state.name or "/".join(
            part for part in (state.namespace, state.pod, state.container) if part
        )
        source = make_source(
            name or self.source.name, state.namespace, state.pod, state.container, state.node
        )
        return with_labels(source, state.labels) if state.labels else source

    def _time(self, state: Peeling) -> tuple[Stamp | None, str]:
        if not state.stamps:
            return read_header(state.text, self.clock), "message"
        outer = state.stamps[0]
        if outer.assumed:
            header = read_header(state.text, self.clock)
            for inner in (*state.stamps[1:], *((header,) if header else ())):
                outer = refine(outer, inner)
                if not outer.assumed:
                    break
        return outer, "envelope"


def _as_logged(text: str, trails: tuple[str, ...]) -> str:
    """A text without what a page, a chat's export or a screen has made of it."""
    if "-&gt;" in text:
        text = text.replace("-&gt;", "->")
    if "&quot;" in text and '"' not in text:
        text = text.replace("&quot;", '"')
    end = len(text)
    while text.endswith(trails, 0, end):
        while end and text[end - 1] in " \t\u2502":
            end -= 1
        end -= 2 * text.endswith("\\n", 0, end)
    return text[:end]


OBJECT_MODES = ("kubernetes", "objects")
ORDERED_MODES = ("cri", "docker", "timestamps", "plain", "kubernetes")
JSON_MODES = ("docker", "json")


def _json_layer(state: Peeling) -> bool:
    is_cut = False
    try:
        found = decode(state.text)
    except ValueError:
        is_cut = state.text.startswith('{"')
        found = decode_cut(state.text, within_text=True) if is_cut else None
    peeled = (peel_object(found) or peel_bundle(found)) if isinstance(found, dict) else None
    if peeled is None:
        state.done = True
        return False
    state.take(peeled)
    state.partial &= not is_cut
    if "\x1b" in state.text:
        state.text = ANSI.sub("", state.text)
    return True


def _bold(state: Peeling) -> bool:
    """Markdown that somebody put around a line, or around its stamp, to point at it."""
    found = _BOLD.match(state.text)
    if found is None:
        return False
    state.text = (found[1] or found[2]) + state.text[found.end() :]
    return True


def _escaped(state: Peeling) -> bool:
    """The backslashes of Markdown, where a line has no others."""
    text = _ESCAPED.sub(r"\1", state.text)
    if "\\" in text:
        return False
    state.text = text
    return True


def _nameless(state: Peeling) -> bool:
    """Compose's prefix cut off with its name; Python's groups of exceptions have bars as well."""
    found = _BAR.match(state.text)
    if found is None or not _HEADER.match(state.text, found.end()):
        return False
    return state.off("compose", found.end())


def _cri(state: Peeling) -> bool:
    found = CRI.match(state.text)
    if found is None or not state.stamped(found[1]):
        return False
    state.stream, state.partial = found[2], found[3] == "P"
    state.done = True
    return state.off("cri", found.end())


def _cut_cri(state: Peeling) -> bool:
    found = _CUT_CRI.match(state.text)
    if found is None or state.stamps:
        return False
    state.stream, state.partial = found[1], found[2] == "P"
    state.done = True
    return state.off("cri", found.end())


def _iso(state: Peeling) -> bool:
    found = TIMESTAMPS.match(state.text)
    if found is None or state.stamps:
        return False
    # A logger prints three or six digits; kubectl and docker print the runtime's nanoseconds,
    # and a message behind their stamp has a header of its own.
    rest = state.text[found.end() :]
    if not (state.pod or _NANOSECONDS.search(found[1]) or _HEADER.match(rest)):
        return False
    return state.stamped(found[1]) and state.off("kubectl", found.end())
