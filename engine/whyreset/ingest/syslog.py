"""Syslog and what journalctl prints: RFC 3164, RFC 5424, rsyslog's and systemd's layouts."""

import re

from whyreset.basis.lazy import lazy
from whyreset.ingest.peeling import HEADER, STAMP, Peeling
from whyreset.ingest.stamps import Clock, Stamp, parse_epoch, read_stamp

_PRI = r"(?:<\d{1,3}>)"
_DATE = r"[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
_PROGRAM = r"([\w./@()-]+)(?:\[(\d+)\])?:(?: |$)"
_TAG = rf"([\w.:/@-]*[\w/@-]) {_PROGRAM}"
# Forwarders without a tag: what follows the host must show itself as an envelope of its own.
_BARE = rf"([\w.:-]+) ()(?={STAMP} std(?:out|err) [FP] )"
# Some containers' syslog, and some forwarders, leave the colon out behind a pid.
_DATED_TAG = r"([\w.:/@-]*[\w/@-]|<[\w-]{1,60}>) ([\w./@()-]+)(?:\[(\d+)\]:?|:)(?: |$)"
# A level is no host: `ERROR servers: ...` is what a logger puts behind its own stamp.
_NO_LEVEL = (
    r"(?!(?:- )?(?i:trace|debug|info|notice|warn|warning|error|err|fatal|critical|severe)[ :])"
)
DATED = lazy(rf"{_PRI}?({_DATE}) {_NO_LEVEL}(?:{_DATED_TAG}|{_BARE})")
_LOCAL = lazy(rf"({_PRI})?({_DATE}) {_PROGRAM}")
# What is left where a forwarder, or whoever pastes, has taken the header off, and how HAProxy's
# manual shows its lines.
_TAGGED = lazy(rf"haproxy\[\d+\]: |(?:[\w.-]{{1,60}} )?[\w.@-]{{1,60}}\[\d+\]: (?={HEADER})")
# Nanoseconds are of a runtime: what follows them is a message, `Hyper error: ...` for one.
ISO = lazy(rf"{_PRI}?(?!\S{{19}}[.,]\d{{7}})({STAMP}) {_NO_LEVEL}(?:{_DATED_TAG}|{_BARE})")
# The same within another envelope, where a name and a colon are rather the message's own.
_ISO_PID = lazy(rf"{_PRI}?({STAMP}) [\w.:/@-]*[\w/@-] [\w./@()-]+\[\d+\]: ")
# journalctl's stamps without an offset: only a pid shows that a program stands before the text.
_ISO_LOCAL = lazy(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?) "
    r"([\w.-]*[\w-]) ([\w./@()-]+)\[(\d+)\]: "
)
# Over TCP the length of the message may stand first; some drains leave the structured data out.
RFC5424 = lazy(
    rf"(?:(?:\d{{1,5}} )?{_PRI}1|1(?= \d{{4}}-)) ({STAMP}|-) (\S+) (\S+) (\S+) "
    r"(?:\S+ (?:-|(?:\[(?:[^\]\"]|\"(?:\\.|[^\"])*\")*\])+)(?: \ufeff?|$)|- )"
)
_FULL = lazy(
    rf"[A-Z][a-z]{{2}} (\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)( [A-Z]{{2,5}})? {_TAG}"
)
_UNIX = lazy(rf"(\d{{10}}\.\d{{6}}) {_TAG}")
# dmesg with the names of facility and level before its own stamp
_FACILITY = lazy(
    r"(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|local[0-7]) *:"
    r"(?:emerg|alert|crit|err|warn|notice|info|debug) *: "
)
# dmesg prints the same bracket: only `kernel`, or a pid, shows that a host stands before it.
_UPTIME = lazy(r"\[ *\d+\.\d{6}\] ([\w.-]+) (kernel|[\w./@()-]+(?=\[))(?:\[(\d+)\])?: ")


# journalctl writes months in the language of whoever asks.
_ABROAD = lazy(
    r"(?:(1?\d)月|([^\W\d_]{3,5})\.?) +(\d{1,2}) "
    r"(?=\d\d:\d\d:\d\d [\w.-]+ [\w./@()-]+(?:\[\d+\])?: )"
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {
    name: number % 12
    for names in (
        "jan feb mär apr mai jun jul aug sep okt nov dez",
        "janv févr mars avril mai juin juil août sept oct nov déc",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "jan feb mars april mai juni juli aug sep okt nov des",
        "jan feb mars apr maj juni juli aug sep okt nov dec",
    )
    for number, name in enumerate(names.split())
}


def in_english(text: str) -> str:
    """The text with the month at its begin in English, if it has one of another language."""
    found = _ABROAD.match(text)
    if found is None:
        return text
    month = int(found[1]) - 1 if found[1] else _MONTHS.get(found[2].lower(), -1)
    if not 0 <= month < len(_ENGLISH):
        return text
    return f"{_ENGLISH[month]} {found[3]:>2} {text[found.end() :]}"


def dated(state: Peeling, clock: Clock) -> bool:
    """RFC 3164 and journalctl's short form: no year, no zone."""
    if state.node:
        return False
    found = DATED.match(state.text)
    if found is None:
        state.text = in_english(state.text)
        found = DATED.match(state.text)
    if found is None:
        return _without_host(state, clock)
    stamp = read_stamp(found[1], clock)
    if stamp is None:
        return False
    state.stamps.append(stamp)
    return unit(state, found)


def _without_host(state: Peeling, clock: Clock) -> bool:
    """Take off a date and a program, or the program alone."""
    found = _local(state.text)
    if found is None:
        tagged = _TAGGED.match(state.text)
        return bool(tagged and state.off("syslog", tagged.end()))
    stamp = read_stamp(found[2], clock)
    if stamp is None:
        return False
    state.stamps.append(stamp)
    state.name = f"-/{found[3]}"
    return state.off("syslog", found.end())


def _local(text: str) -> re.Match[str] | None:
    """A header without a host; without a priority only a pid, or `kernel`, shows a program."""
    found = _LOCAL.match(text)
    return found if found and (found[1] or found[4] or found[3] == "kernel") else None


def iso_local(state: Peeling, clock: Clock) -> bool:
    """The same without an offset."""
    found = None if state.stamps or state.pod else _ISO_LOCAL.match(state.text)
    stamp = read_stamp(found[1], clock) if found else None
    if found is None or stamp is None:
        return False
    state.stamps.append(stamp)
    return unit(state, found)


def iso(state: Peeling) -> bool:
    """The file format of rsyslog, and journalctl's short-iso."""
    if state.stamps or state.pod:
        found = _ISO_PID.match(state.text)
        return bool(found and state.stamped(found[1]) and state.off("syslog", found.end()))
    found = ISO.match(state.text)
    return bool(found and state.stamped(found[1]) and unit(state, found))


def rfc5424(state: Peeling) -> bool:
    """`<PRI>1 STAMP host app procid msgid [data] text`."""
    found = RFC5424.match(state.text)
    if found is None or (found[1] != "-" and not state.stamped(found[1])):
        return False
    return unit(state, found)


def may_be_tagged(head: str) -> bool:
    """Whether a message that begins so, with five characters, may have a header of a syslog."""
    return head[:1] == "<" or head[3:4] == " " or head[4:] == "-"


def untagged(text: str) -> str:
    """A message without the header that its program wrote for a syslog, to a container's output.

    The runtime has told time, source and stream.
    """
    if not may_be_tagged(text[:5]):
        return text
    found = _ISO_PID.match(text) if "]: " in text else None
    if found is None and text[4:5] != "-":
        found = DATED.match(text) or RFC5424.match(text) or _local(text)
    return text[found.end() :] if found else text


def full(state: Peeling, clock: Clock) -> bool:
    """The short-full layout of journalctl: `Sun 2026-11-22 10:00:00 UTC host unit[pid]: text`."""
    found = _FULL.match(state.text)
    if found is None or state.stamps:
        return False
    stamp = read_stamp(found[1] + (found[2] or ""), clock)
    if stamp is None:
        return False
    state.stamps.append(stamp)
    return unit(state, found, 3)


def unix(state: Peeling) -> bool:
    """The short-unix layout of journalctl: seconds of the epoch."""
    found = _UNIX.match(state.text)
    if found is None or state.stamps:
        return False
    state.stamps.append(Stamp(parse_epoch(found[1]), (), 0))
    return unit(state, found)


def uptime(state: Peeling) -> bool:
    """The short-monotonic layout of journalctl: seconds since boot, which are no time."""
    found = _UPTIME.match(state.text)
    return bool(found and not state.node and unit(state, found, 1))


def facility(state: Peeling) -> bool:
    """What `dmesg --decode` puts before its lines."""
    found = _FACILITY.match(state.text)
    return bool(found and state.off("syslog", found.end()))


def unit(state: Peeling, found: re.Match[str], at: int = 2) -> bool:
    """Note host and program, the groups `at` and `at + 1` or the two behind the pid's."""
    if found[at] is None:
        at += 3
    node, program = found[at], found[at + 1] or "-"
    state.node = node if node != "-" else None
    state.name = f"{node}/{program}"
    state.off("syslog", found.end())
    state.text = state.text.removesuffix("#015")  # what rsyslog makes of a carriage return
    return True
