"""Times in logs: their many spellings, as nanoseconds since the epoch (UTC)."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from math import isfinite
from typing import NamedTuple

from whyreset.basis.lazy import lazy
from whyreset.basis.times import END
from whyreset.basis.units import NS
from whyreset.ingest.zones import NAMES, offset_seconds

_DAY = 86_400 * NS
_AHEAD = 7 * _DAY  # a node's clock may be wrong; what is younger still is of an earlier year
YEAR_AND_ZONE = ("year", "zone")
POWERS: tuple[int, ...] = tuple(int(10 ** (9 - digits)) for digits in range(10))

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_HMS = r"(?P<hour>\d\d?| \d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?\d*"
_HOURS = r"[+-](?:0\d|1[0-4])"
_OFFSET = (
    rf"(?: ?(?P<offset>{NAMES}|{_HOURS}:?[0-5]\d)(?!\w)|"
    rf"(?P<hours>{_HOURS}(?![\w:.])| {_HOURS}(?= ?[\[\]]|$)))?"
)
_ISO = lazy(
    r"(?P<year>\d{4})(?P<cut>[-/.])(?P<month>\d\d)(?P=cut)(?P<day>\d\d)"
    r"(?:[T \t_]| - | at |\]\[| time=)" + _HMS + _OFFSET
)
_HALVES = (
    r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    rf"(?: (?P<half>[AP]M))?{_OFFSET}"
)
_FORMS = (
    _ISO,
    # Erlang writes no zero before the day.
    lazy(rf"(?P<day>\d\d|(?<!\d)\d(?=-))[/-]{_MONTH}[/-](?P<year>\d{{4}})(?:::?| ){_HMS}{_OFFSET}"),
    lazy(rf"(?P<day>\d\d)(?P<cut>[-.])(?P<month>\d\d)(?P=cut)(?P<year>20\d\d),? {_HMS}{_OFFSET}"),
    # With slashes day or month may stand first: read where only one of them can be the day.
    lazy(rf"(?P<day>1[3-9]|2\d|3[01])/(?P<month>0?[1-9]|1[0-2])/(?P<year>20\d\d),? {_HALVES}"),
    lazy(rf"(?P<month>0?[1-9]|1[0-2])/(?P<day>1[3-9]|2\d|3[01])/(?P<year>20\d\d),? {_HALVES}"),
    # Only Americans write the half of a day so: the month stands first.
    lazy(
        r"(?P<month>0?[1-9]|1[0-2])/(?P<day>0?[1-9]|1[0-2])/(?P<year>20\d\d),? "
        rf"(?=[\d:.]+ [AP]M){_HALVES}"
    ),
    lazy(rf"(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)[-_ T]{_HMS}{_OFFSET}"),
    lazy(
        r"(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)T(?P<hour>\d\d)(?P<minute>\d\d)"
        rf"(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?{_OFFSET}"
    ),
    lazy(rf"(?P<year>20\d\d) {_MONTH} (?P<day>[ \d]\d) {_HMS}{_OFFSET}"),
    # rich, for Python
    lazy(rf"(?<=\[)(?P<month>0[1-9]|1[0-2])/(?P<day>[0-3]\d)/(?P<short>2\d) {_HMS}(?=\])"),
    # Spark, whose year is short; log4j without a year, and Android
    lazy(rf"(?P<short>\d\d)/(?P<month>\d\d)/(?P<day>\d\d) {_HMS} (?=[A-Z]{{4,5}} )"),
    lazy(rf"(?P<month>[01]\d)-(?P<day>[0-3]\d) (?=[\d:]{{8}}[.,]\d{{3}}\b){_HMS}"),
    lazy(r"[IWEF](?P<year>20\d\d)?(?P<month>\d\d)(?P<day>\d\d) " + _HMS),
    lazy(
        rf"(?:[A-Z][a-z]{{2}} )?{_MONTH} (?P<day>[ \d]?\d) {_HMS}(?: (?P<offset>{NAMES}))? "
        r"(?P<year>20\d\d)(?!\d)"
    ),
    lazy(rf"(?:[A-Z][a-z]{{2}} )?{_MONTH} (?P<day>[ \d]?\d) (?P<year>20\d\d) {_HMS}{_OFFSET}"),
    lazy(rf"{_MONTH} (?P<day>\d\d?), (?P<year>\d{{4}})(?:,| @)? {_HALVES}"),
    lazy(rf"{_MONTH} (?P<day>[ \d]?\d) {_HMS}"),
    lazy(rf"(?:[A-Z][a-z]{{2}}, )?(?P<day>\d\d?) {_MONTH} (?:(?P<year>\d{{4}}) )?{_HMS}{_OFFSET}"),
    lazy(rf"(?P<short>\d\d)(?P<month>\d\d)(?P<day>\d\d) {_HMS}"),  # MySQL, tornado
)
_LEVEL = (
    r"(?:(?i:trace|debug|info|notice|warn|warning|error|erro|debu|fatal|fata|crit|critical|severe)"
    r"|[TDIWEFC](?![a-z]))"
)
_LEAD = lazy(
    r"(?:<\d+>| {2,8}(?=\d{4}[-/])|"
    rf"\d+:[A-Z] |(?:https?|h2|grpcs|wss?|tls 2\.0) |\[\d+\] | *\d+ (?=\d{{4}}-)|"
    r"ACCESS |\d,(?=20\d\d/)|\d+: (?=date=)|\[Nest\] \d+ +- |\[Envoy \([^)\n]{1,20}\)\] |"
    r"[\da-f.:]{7,39}(?:\(\d{1,5}\))? (?=20\d\d-\d\d-\d\d )|"
    r"\[ (?:[A-Z] )?(?=20\d\d-)|\[\w{2,12}\] (?=20\d\d[-/])|={1,3}[A-Z ]+=+ |"
    rf"\[? ?{_LEVEL}[\]:,]?\s*\|?\s*"
    r"(?:\[[^\]\n]{1,60}\] (?=\d{4}-))?)?"
    r"(?:[\[|(]|(?:time|ts|t|timestamp|date)=)?\"?"
)
_LOGFMT = lazy(
    r"(?:\[[^\]\n]{1,90}\] ){0,2}(?:\w+=\S+ ){0,3}?(?:time|ts|t|timestamp|_time)=\"?"
    r"(?:(?=\d{4}-)|(?P<epoch>\d{10}(?:\.\d{1,9}|\d{3,9})?)[ \"])"
)
_FORTIGATE = lazy(r"(?:<\d+>|\d+: )?date=[^\n]{20,250}? eventtime=(\d{10,19}) ")
"""A firewall's local time, and behind it that of the world."""
_CLF = lazy(
    r"[\[ ](?=\d\d/[A-Z][a-z]{2}/\d{4}[: ])|"
    r"\[(?=[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]?\d [\d:]{8} \d{4}\])|"
    r"\[(?=[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:)|"
    r" \| (?=\d{4}-\d\d-\d\d [\d:]{8}[.,]\d{3} \| )"
)
_REQUEST = lazy(
    r"\d{1,3}(?:\.\d{1,3}){3} \S+ \S+ \[(?=\d\d/[A-Z][a-z]{2}/\d{4}:|\d{4}-\d\d-\d\dT\d\d:)"
)
"""What stands before the time of most access lines."""
_JSON_TIME = lazy(
    r'"(?:@?timestamp|Timestamp|ts|time|Time|asctime|datetime|date|eventTime|StartUTC|T|t|@t|'
    r"\$date|start_time|startTime|timeMillis|timestampSeconds|timestamp_ms|time_local|time_iso8601|"
    r"msec|epochSecond|seconds|TimeStamp|timeStamp|TIMESTAMP|log_?[tT]ime(?:stamp)?|_time|"
    r'date_?[tT]ime|(?:observed)?[tT]imeUnixNano|(?:observed_)?time_unix_nano)"\s*:\s*'
    r'(?:"(?P<text>[^"]{10,40})"|(?P<number>\d{10,19}(?:\.\d+)?(?:[eE]\+?\d+)?|\d\.\d+[eE]\+?\d+)'
    r'(?:,\s*"(?:nanos|nanoOfSecond|timestampNanos)"\s*:\s*(?P<nanos>\d{1,9})\b)?)'
)
# librdkafka, Redis, squid, Mosquitto, tcpdump, pino-pretty, ROS, exports of Loki, zap's console
_EPOCH = lazy(
    r"(?:%\d\||\d+:signal-handler \(|(?=\d{10}(?:\.\d{3} |: ))|(?=\d\.\d+e\+09\s)|"
    r"(?=1\d{9}(?:\.\d{6}(?:\d{3})?|(?:\d{3}){1,3})\s)|"
    rf"(?=1\d{{9}} \[?{_LEVEL}\b)|"
    r"(?:\[[ A-Z]{4,8}\] )?\[(?=1\d{9}(?:\.\d{1,9}|(?:\d{3}){1,3})?\]))"
    r"(\d{10}(?:\.\d+|(?:\d{3}){1,3}(?=[\]\s]))?|\d\.\d+e\+09)[|) :\]\t]"
)


class Clock(NamedTuple):
    """What a stamp may leave out: its zone, its `year`, or a time (ns) near which it is chosen.

    `arrival` gives the time (ns) of lines that have none at all; without it, the time at which
    the file was `changed` does, or else `reference`. No line is younger than that change, or
    than `latest` (ns) where lines still come; without a reference that is what years are near to.
    """

    zone: tzinfo = UTC
    reference: int = 0
    arrival: Callable[[], int] | None = None
    changed: int = 0
    latest: Callable[[], int] | None = None
    year: int | None = None


class Stamp(NamedTuple):
    """A time (ns), what had to be assumed for it, and where it ended in the text."""

    time: int
    assumed: tuple[str, ...]
    end: int


class _Seconds(dict[bytes | str, int]):
    """`2026-11-22T10:00:00` -> ns; the few seconds of a block are asked for again and again."""

    def __missing__(self, head: bytes | str) -> int:
        if len(self) > 8192:
            self.clear()
        text = head if isinstance(head, str) else head.decode("ascii")
        second = text[17:]
        if len(second) == 2 and "00" < second < "60" and second.isdecimal():
            self[head] = whole = self[text[:17] + "00"] + int(second) * NS
            return whole
        found = _ISO.fullmatch(text)
        if found is None or len(text) != 19:
            raise ValueError(f"not a time: {head!r}")
        self[head] = whole = _believed(_utc_seconds(found) * NS)
        return whole


SECONDS = _Seconds()


def _believed(time: int) -> int:
    """A time (ns) that a log can have; ValueError for another, such as Go's zero time."""
    if -_DAY < time < END:  # a local time may be that much earlier
        return time
    raise ValueError(f"not the time of a log: {time}")


def parse_rfc3339(text: bytes | str) -> int:
    """Nanoseconds of `2026-11-22T10:00:00.123Z` (`T` or a space; Z, +01:00, +0100).

    ValueError for anything else, also for a missing offset.
    """
    raw = text.encode() if isinstance(text, str) else text
    whole = SECONDS[raw[:19]]
    rest = raw[19:]
    fraction = 0
    if rest[:1] in {b".", b","}:
        digits = rest[1:].rstrip(b"Z") if rest.endswith(b"Z") else re.split(rb"[+-]", rest[1:])[0]
        if not digits.isdigit():
            raise ValueError(f"not a time: {raw!r}")
        rest = rest[1 + len(digits) :]
        digits = digits[:9]
        fraction = int(digits) * POWERS[len(digits)]
    return whole + fraction - offset_seconds(rest.decode("ascii")) * NS


def parse_epoch(number: float | int | str) -> int:
    """Nanoseconds of an epoch in s, ms, us or ns, told apart by magnitude; ValueError if none."""
    text = repr(number) if isinstance(number, float) else str(number)
    if "e" in text or "E" in text:  # `1.7e+09`
        text = repr(float(text))
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or not (fraction.isdecimal() or text == whole):
        number = float(text)
        return _epoch_ns(round(number) if isfinite(number) else -1, "")
    return _epoch_ns(int(whole), fraction)


def _epoch_ns(whole: int, fraction: str) -> int:
    # Through the digits, because a float of seconds holds no nanoseconds.
    for limit, factor in ((10**11, NS), (10**14, 10**6), (10**17, 10**3), (10**20, 1)):
        if 0 <= whole < limit:
            part = int(fraction) * factor // 10 ** len(fraction) if fraction else 0
            return _believed(whole * factor + part)
    raise ValueError(f"not an epoch: {whole}")


def read_stamp(text: str, clock: Clock, at: int = 0) -> Stamp | None:
    """The stamp that stands at `at`, in any known spelling; None if there is none."""
    for form in _FORMS:
        found = form.match(text, at)
        if found is not None:
            try:
                return _stamp(found, clock)
            except ValueError:
                return None
    return None


def read_header(text: str, clock: Clock) -> Stamp | None:
    """The time in a logger's header, an access line or a JSON text; None if there is none."""
    if text[:1] == "{":
        return _json_stamp(text, clock)
    head = text[:300]
    request = _REQUEST.match(head)
    if request is not None:
        return read_stamp(head, clock, request.end())
    if " eventtime=" in head:
        event = _FORTIGATE.match(head)
        if event is not None:
            return _epoch_stamp(event[1], event.end())
    lead = _LEAD.match(head)
    for at in {0, lead.end() if lead else 0}:
        found = read_stamp(head, clock, at)
        if found is not None:
            return found
    key = _LOGFMT.match(head)
    if key is not None:
        if key["epoch"]:
            return _epoch_stamp(key["epoch"], key.end())
        return read_stamp(head, clock, key.end())
    bracket = _CLF.search(head)
    if bracket is not None:
        return read_stamp(head, clock, bracket.end())
    epoch = _EPOCH.match(head)
    return _epoch_stamp(epoch[1], epoch.end()) if epoch else None


def _epoch_stamp(number: str, end: int, nanos: int = 0) -> Stamp | None:
    try:
        return Stamp(parse_epoch(number) + nanos, (), end)
    except ValueError:
        return None


def _json_stamp(text: str, clock: Clock) -> Stamp | None:
    for found in _JSON_TIME.finditer(text, 0, 4096):
        if found["number"]:
            stamp = _epoch_stamp(found["number"], found.end(), int(found["nanos"] or 0))
        else:
            # As a text nginx' `$msec` stands there.
            stamp = read_stamp(found["text"], clock) or _epoch_stamp(found["text"], found.end())
        if stamp is not None:
            return stamp
    return None


def _stamp(found: re.Match[str], clock: Clock) -> Stamp:
    parts = found.groupdict()
    digits = parts.get("fraction") or ""
    fraction = int(digits) * POWERS[len(digits)] if digits else 0
    offset = parts.get("offset") or (parts["hours"].strip() + "00" if parts.get("hours") else None)
    assumed: tuple[str, ...] = ()
    if parts.get("year") is None and parts.get("short") is None:
        seconds, assumed = _nearest_year(found, clock), YEAR_AND_ZONE
    elif offset is None:
        seconds, assumed = _utc_seconds(found), ("zone",)
        seconds -= _shift(seconds, clock)
    else:
        seconds = _utc_seconds(found) - offset_seconds(offset)
    return Stamp(_believed(seconds * NS + fraction), assumed, found.end())


def _nearest_year(found: re.Match[str], clock: Clock) -> int:
    newest = clock.latest() if clock.latest else clock.changed
    near = clock.reference or newest
    around = datetime.fromtimestamp(near / NS, UTC).year
    is_leap_day = found["day"] == "29" and found["month"] in {"Feb", "02"}
    reach = 8 if is_leap_day else 1
    choices = []
    for year in [clock.year] if clock.year else range(around - reach, around + reach + 1):
        try:
            seconds = _utc_seconds(found, year)
        except ValueError:  # 29 February
            continue
        choices.append(seconds - _shift(seconds, clock))
    if not choices:
        raise ValueError(f"not a date: {found[0]!r}")
    limit = newest + _AHEAD if newest else END
    return min(choices, key=lambda each: (each * NS > limit, abs(each * NS - near)))


def _shift(seconds: int, clock: Clock) -> int:
    """The zone's offset at a local time that is given as if it were UTC."""
    if clock.zone is UTC:
        return 0
    local = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=clock.zone)
    offset = local.utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _utc_seconds(found: re.Match[str], year: int | None = None) -> int:
    parts = found.groupdict()
    month = _MONTHS.get(parts["month"]) or int(parts["month"])
    if year is None:
        year = int(parts.get("year") or f"20{parts['short']}")
    day = date(year, month, int(parts["day"])).toordinal() - 719163
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"])
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "PM" else 0)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"not a time: {found[0]!r}")
    return day * 86400 + hour * 3600 + minute * 60 + second
