"""Reads amounts and values: durations, shares, counts, and what a field may hold."""

import re
from collections.abc import Mapping

from whyreset.basis.frozen import Frozen
from whyreset.basis.network import parse_prefix, plain_address
from whyreset.basis.span import Span
from whyreset.basis.suggest import nearest
from whyreset.basis.units import NS, UNIT_NAMES, parse_duration, spell_duration
from whyreset.language.clause_tree import Word
from whyreset.language.kinds import NUMERIC
from whyreset.language.report import Desk
from whyreset.model.event import Value

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_DOTTED = re.compile(r"(\d+(?:\.\d+)+)(?::\d+)?")
_COLONS = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*")
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_SPELT = re.compile(r"(\d+(?:\.\d+)?)(secs?|seconds?|mins|minutes?|millis|msecs?|hours?|days?)")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_LONGEST = 31 * 86400 * NS
"""No look-back is longer: what is kept in memory is bounded by it."""


_MOST = 999_999_999


class Setting(Frozen):
    """A site's own number: its kind is duration, share, number or text; durations in ns too."""

    kind: str
    value: Value
    nanoseconds: int = 0


def read_setting(word: Word) -> Setting | None:
    """A setting's value; None for a duration with a unit that does not exist."""
    if word.quoted:
        return Setting("text", word.text)
    if _NUMBER.fullmatch(word.text):
        return Setting("number", _number(word.text))
    share = _share(word.text)
    if share is not None:
        return Setting("share", share)
    nanoseconds = _duration(word.text)
    if nanoseconds is not None:
        return Setting("duration", nanoseconds / NS, nanoseconds)
    if word.text[0].isdigit() and word.text[-1].isalpha():
        return None
    return Setting("text", word.text)


def plain_value(word: Word) -> Value:
    """A value by its form alone, for fields without a type: a number, else a text."""
    if word.quoted or not _NUMBER.fullmatch(word.text):
        return word.text
    return _number(word.text)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _share(text: str) -> float | None:
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        return round(float(text[:-1]) / 100, 12)
    return None


def _duration(text: str) -> int | None:
    if len(text) > 40:
        return None
    try:
        return parse_duration(text)
    except ValueError:
        return None


class Reader:
    """Reads amounts in one file; settings may stand where an amount is meant."""

    def __init__(self, desk: Desk, settings: Mapping[str, Setting]) -> None:
        self._desk = desk
        self._settings = settings

    def _setting(self, word: Word, wanted: str, code: str) -> Setting | None:
        found = self._settings.get(word.text)
        if found is None and word.text in _NUMBERS:
            message, hint = f"`{word.text}` is no number", f"write `{_NUMBERS.index(word.text)}`"
            self._desk.say("E005", message, word.span, hint)
        elif found is None:
            self._desk.unknown("E015", "setting", word.text, word.span, self._settings)
        elif found.kind != wanted:
            message = f"the setting `{word.text}` is a {found.kind}, but a {wanted} is meant"
            self._desk.say(code, message, word.span)
            return None
        return found

    def duration(self, word: Word, *, zero: bool = False) -> int:
        """Nanoseconds; 0 after an error."""
        if _NAME.fullmatch(word.text):
            found = self._setting(word, "duration", "E003")
            if found is None:
                return 0
            value: int | None = found.nanoseconds
        else:
            value = _duration(word.text)
        if value is None:
            self._desk.say("E003", f"`{word.text}` is not a duration", word.span, unit_hint(word))
            return 0
        if value > _LONGEST or (value == 0 and not zero):
            message = f"a duration is {'0s or more' if zero else 'more than 0s'} and at most 31d"
            self._desk.say("E003", message, word.span, self._stated(word))
            return 0
        return value

    def share(self, word: Word, most: float = 1.0) -> float:
        """A share, 0..1; 0 after an error."""
        if _NAME.fullmatch(word.text):
            found = self._setting(word, "share", "E004")
            if found is None:
                return 0.0
            value: float | None = float(found.value)
        else:
            value = _share(word.text)
        if value is None:
            hint = "a share is a percentage, such as 15%"
            if _NUMBER.fullmatch(word.text):
                number = float(word.text)
                meant = f"{number * 100 if 0 < number < 1 else number:g}%"
                hint = f"did you mean `{meant}`?"
            self._desk.say("E004", f"`{word.text}` is not a share", word.span, hint)
            return 0.0
        if not 0 <= value <= most:
            message = f"a share is between 0% and {most:.0%}"
            self._desk.say("E004", message, word.span, self._stated(word))
            return 0.0
        return value

    def _stated(self, word: Word) -> str | None:
        """What a setting says, where one was named."""
        found = self._settings.get(word.text)
        if found is None:
            return None
        said = {"duration": spell_duration(found.nanoseconds), "number": str(found.value)}
        shown = said.get(found.kind) or f"{float(found.value) * 100:g}%"
        return f"the setting `{word.text}` is {shown}"

    def count(self, word: Word, least: int = 1) -> int:
        """A whole number of at least *least*; that after an error."""
        text = word.text
        if _NAME.fullmatch(text):
            found = self._setting(word, "number", "E005")
            text = str(found.value) if found else str(least)
        if not re.fullmatch(r"-?\d+", text):
            has_unit = re.match(r"\d[\d.]*[^\d.]", text)
            hint = "a count has no unit" if has_unit else self._stated(word)
            self._desk.say("E005", f"`{word.text}` is not a whole number", word.span, hint)
            return least
        if not least <= int(text) <= _MOST:
            bound = f"at least {least}" if int(text) < least else f"at most {_MOST}"
            self._desk.say("E005", f"the number must be {bound}", word.span, self._stated(word))
            return least
        return int(text)

    def value(self, word: Word, field: str, type_name: str, *, settings: bool = True) -> Value:
        """What a field of this type may hold: seconds, a number or a text."""
        if type_name not in NUMERIC:
            if type_name in ("addr", "ip") and (hint := _no_address(word.text)):
                self._desk.say("E039", f"`{word.text}` is no address", word.span, hint)
            return plain_address(word.text) if type_name in ("addr", "ip") else word.text
        named = settings and not word.quoted and _NAME.fullmatch(word.text) is not None
        if type_name == "duration":
            return self._seconds(word, field, named=named)
        number: Value | None = None
        if named and self._is_nearly_setting(word):
            setting = self._setting(word, "number", "E027")
            if setting is None:
                return 0
            number = setting.value
        elif _NUMBER.fullmatch(word.text):
            number = _number(word.text)
        if number is None or (type_name != "num" and not isinstance(number, int)):
            message = f"`{field}` is a number, `{word.text}` is not"
            if type_name != "num" and number is not None:
                message = f"`{field}` is a whole number, `{word.text}` is not"
            self._desk.say("E027", message, word.span, _range_hint(word, field))
            return 0
        return number

    def _is_nearly_setting(self, word: Word) -> bool:
        """Other names in the place of a number are more likely values, such as `https`."""
        return word.text in _NUMBERS or nearest(word.text, self._settings) is not None

    def _seconds(self, word: Word, field: str, *, named: bool) -> float:
        if named:
            setting = self._setting(word, "duration", "E003")
            return float(setting.value) if setting else 0.0
        value = _duration(word.text)
        if value is None:
            hint = _range_hint(word, field) or unit_hint(word)
            self._desk.say("E003", f"`{word.text}` is not a duration", word.span, hint)
            return 0.0
        return value / NS


def _no_address(text: str) -> str | None:
    """What to write instead, where a text has the form of an address and is none: fields of
    addresses hold neither a port nor a length of a prefix."""
    host, slash, _ = text.partition("/")
    dotted = _DOTTED.fullmatch(host)
    if not dotted and not _COLONS.fullmatch(host):
        return None
    address = dotted[1] if dotted else host
    try:
        parse_prefix(address)
    except ValueError:
        return "an address is such as 10.42.0.1 or fd00::1"
    if slash:
        return "a prefix is a network: `network NAME = PREFIX`, and `FIELD in NAME`"
    if dotted and dotted[1] != host:
        return f"the port has a field of its own: write `{address}`"
    return None


def _range_hint(word: Word, field: str) -> str | None:
    """What says a range of values, if that is what was written."""
    low, dots, high = word.text.partition("..")
    if hundreds := _CLASS.fullmatch(word.text):
        low, dots, high = f"{hundreds[1]}00", "..", f"{hundreds[1]}99"
    return f"a range is two conditions: `{field} >= {low}`, `{field} <= {high}`" if dots else None


def unit_hint(word: Word) -> str:
    """The cure for a duration without a unit, or with one that does not exist."""
    if _NUMBER.fullmatch(word.text) and not word.text.startswith("-"):
        return f"did you mean `{word.text}s`?"
    if spelt := _SPELT.fullmatch(word.text):
        unit = "ms" if spelt[2].startswith("mil") else spelt[2][0]
        return f"did you mean `{spelt[1]}{unit}`?"
    return "a duration is a number with a unit: " + ", ".join(
        unit for unit in UNIT_NAMES if unit not in ("µs", "min")
    )


def ordered(desk: Desk, low: int, high: int, span: Span) -> None:
    """Note a range that ends before it starts; what is wrong otherwise was noted before."""
    if low and high and high < low:
        desk.say("E006", "the range ends before it starts", span)
