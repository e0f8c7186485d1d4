"""One line while its envelopes come off, the outermost first."""

from collections.abc import Mapping
from typing import Any

from whyreset.ingest.stamps import Clock, Stamp, parse_epoch, parse_rfc3339, read_stamp

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
# How the lines of loggers begin.
HEADER = (
    r"(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:|[IWEF]\d{4} \d\d:\d\d:|\{\"|(?:time|ts|level)=|"
    r"\[\d{4}-\d\d-\d\d|\[GIN\] |\S+ - \S+ \[\d\d/[A-Z]|(?:INFO|WARN|ERRO|DEBU)\[)"
)


class Peeling:
    """What the envelopes said so far, and the text that is left."""

    envelope = ""
    name: str | None = None
    namespace: str | None = None
    pod: str | None = None
    container: str | None = None
    node: str | None = None
    labels: str | None = None
    stream: str | None = None
    partial = False
    done = False

    def __init__(self, text: str) -> None:
        self.text = text
        self.stamps: list[Stamp] = []

    def off(self, envelope: str, length: int) -> bool:
        """Take an envelope of `length` characters off the front."""
        self.envelope = self.envelope or envelope
        self.text = self.text[length:]
        return True

    def stamped(self, text: str) -> bool:
        """Note a complete stamp; False if the text is none."""
        try:
            self.stamps.append(Stamp(parse_rfc3339(text), (), 0))
        except (ValueError, UnicodeError):
            return False
        return True

    def take(self, peeled: Mapping[str, Any]) -> bool:
        """Note what an object said, by the names of the fields here."""
        for name, value in peeled.items():
            if value is None:
                continue
            if name == "stamp":
                self.stamps.append(value)
            elif name == "envelope":
                self.envelope = self.envelope or value
            else:
                setattr(self, name, value)
        return True


_UTC = Clock()


def any_stamp(value: object) -> Stamp | None:
    """The stamp that a value of an object is: complete, without a zone, or an epoch."""
    if isinstance(value, str):
        try:
            return Stamp(parse_rfc3339(value), (), 0)
        except (ValueError, UnicodeError):
            stamp = read_stamp(value, _UTC)
            return stamp if stamp and "year" not in stamp.assumed else epoch_stamp(value)
    return epoch_stamp(value)


def epoch_stamp(value: object) -> Stamp | None:
    """The same, of an epoch alone."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Stamp(parse_epoch(value), (), 0)
    except ValueError:
        return None
