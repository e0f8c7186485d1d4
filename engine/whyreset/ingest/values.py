"""Values: from captured text and decoded JSON to the typed fields of events."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from math import isfinite
from typing import Any

from whyreset.basis.lazy import lazy
from whyreset.basis.masks import is_mask
from whyreset.basis.network import is_port, split_port
from whyreset.basis.selector import join_labels
from whyreset.basis.units import LONGEST, NS, parse_duration, read_duration
from whyreset.model.definition import KeyCondition
from whyreset.model.event import Value

Fields = dict[str, Value]
Store = Callable[[Fields, str, str], None]
"""Put the value of a captured text into fields under a name, or leave it out."""


class _PortNames(dict[str, str]):
    def __missing__(self, field: str) -> str:
        self[field] = name = field + "_port"
        return name


_PORTS = _PortNames()
_DIGITS = 12
"""Characters of a number up to which it need not be asked whether it is too large."""
_THOUSANDS = lazy(r"\d{1,3}(?:,\d{3})+(?: [a-z]+)?$")  # `28,830,102` is one number
_CONTAINER = lazy(r"\{([\w.-]+)\}$")
_ABSENT = frozenset({"", "-", "undefined", "null", "None", "<nil>", "-1"})


def store_of(kind: str) -> Store:
    """How values of a type (addr, ip, port, int, num, duration[:unit], container, request,
    url, with_unit, word, rest) are kept.

    Proxies that retried write comma lists: the last address and status are those that counted,
    durations add up, and of forwarded-for lists (`ip`) the first is the client. A text that is
    no value of its type, or the mask of an address, leaves the field absent.
    """
    name, _, unit = kind.partition(":")
    if name == "duration":
        return lambda fields, field, text: _put_duration(fields, field, text, unit)
    return _STORES.get(name, _put_word)


def put_value(fields: Fields, field: str, value: object, store: Store) -> None:
    """Keep the value of a key; objects are none, but for labels, nor are lists."""
    if store is _put_labels:
        if isinstance(value, dict) and value:
            fields[field] = join_labels(value)
    elif isinstance(value, bool):
        fields[field] = "true" if value else "false"
    elif isinstance(value, int | float):
        store(fields, field, repr(value))
    elif isinstance(value, str):
        store(fields, field, value)


def look_up(found: dict[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path of keys, also where the keys are joined by dots; None if none."""
    value: Any = found
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return found.get(".".join(path)) if len(path) > 1 else None
    return value


def holds_at(condition: KeyCondition, found: dict[str, Any]) -> bool:
    """Whether keys and their values meet a guard; an absent key meets only `!=`, and with `!=`
    none of the keys may have any of the values."""
    is_not = condition.op == "!="
    for path in condition.paths:
        value = look_up(found, path)
        if condition.op == "exists":
            if value is not None:
                return True
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, dict | list):
            value = None
        for wanted in condition.values:
            if _compare(value, condition.op, wanted) != is_not:
                return not is_not
    return is_not


def _compare(value: Value | None, op: str, wanted: Value) -> bool:
    if value is None:
        return op == "!="
    if op == "~":
        return fnmatchcase(str(value), str(wanted))
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        if op in {"=", "!="}:
            return (str(value) == str(wanted)) == (op == "=")
        return False
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[op]


def _number(value: Value) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _put_word(fields: Fields, field: str, text: str) -> None:
    text = text.strip()
    if text not in _ABSENT:
        fields[field] = text


def _put_addr(fields: Fields, field: str, text: str) -> None:
    host, colon, port = text.partition(":")
    if host.replace(".", "").isdecimal() and (is_port(port) or not colon):  # most: plain IPv4
        fields[field] = host
        if colon:
            fields[_PORTS[field]] = int(port)
        return
    if text[:1] == "{":
        text = _of_tuple(text)
    if "," in text:
        text = text.rpartition(",")[2]
    text = text.strip().rpartition("/")[2]  # Java: `/10.0.0.1:80`, `host/10.0.0.1:80`
    host, number = split_port(text)
    if host not in _ABSENT and " " not in host and not is_mask(host):
        fields[field] = host
        if number is not None:
            fields[_PORTS[field]] = number


def _of_tuple(text: str) -> str:
    """The address that Erlang writes as a tuple, `{10,0,0,1}` or one of eight numbers; empty where
    it is none."""
    parts = [part.strip() for part in text[1:-1].split(",")]
    if not all(map(is_port, parts)):  # numbers of 16 bits
        return ""
    numbers = list(map(int, parts))
    if len(numbers) == 8:
        return f"[{':'.join(f'{number:x}' for number in numbers)}]"
    return ".".join(parts) if len(numbers) == 4 and max(numbers) < 256 else ""


def _put_ip(fields: Fields, field: str, text: str) -> None:
    if text.replace(".", "").isdecimal():  # most: plain IPv4
        fields[field] = text
        return
    text = split_port(text.partition(",")[0].strip().rpartition("/")[2])[0]
    # Overlays put whole sentences there.
    if text not in _ABSENT and " " not in text and not is_mask(text):
        fields[field] = text


def _put_int(fields: Fields, field: str, text: str) -> None:
    text = text.rpartition(",")[2].strip()
    if text == "-1":  # proxies write it where nothing came so far
        return
    try:
        fields[field] = int(text)
    except ValueError:
        number = _number(text)
        if number is not None and number.is_integer():
            fields[field] = int(number)


def _put_port(fields: Fields, field: str, text: str) -> None:
    if is_port(text.strip()):
        fields[field] = int(text)


def _put_num(fields: Fields, field: str, text: str) -> None:
    number = _number(text.rpartition(",")[2])
    if number is not None and isfinite(number):
        fields[field] = number


def _put_duration(fields: Fields, field: str, text: str, unit: str) -> None:
    if len(text) <= _DIGITS and text.replace(".", "", 1).isdecimal():  # most are one number
        fields[field] = float(text) * _unit(unit) / NS
        return
    if _THOUSANDS.match(text):
        text = text.replace(",", "")
    parts = [part.strip() for part in text.split(",")]
    try:
        spans = [_duration(part, unit) for part in parts if part not in _ABSENT]
    except ValueError:
        return
    if spans:
        fields[field] = sum(spans)


def _duration(text: str, unit: str) -> float:
    """Seconds of `12.3s`, `1m30s` or of a bare number in `unit` (seconds if empty)."""
    number = _number(text)
    if number is None:
        return read_duration(text) / NS
    if not 0 <= number * _unit(unit) <= LONGEST:
        raise ValueError(text)
    return number * _unit(unit) / NS


@lru_cache(maxsize=16)
def _unit(name: str) -> int:
    """Nanoseconds in a unit; a bare number is one of seconds."""
    return parse_duration(f"1{name}") if name else NS


def _put_with_unit(fields: Fields, field: str, text: str) -> None:
    """Of a duration a text that says its unit: a bare number may be of any."""
    if _number(text) is None:
        _put_duration(fields, field, text, "")


def _put_labels(fields: Fields, field: str, text: str) -> None:
    fields[field] = text


def _put_container(fields: Fields, field: str, text: str) -> None:
    """Of the path of a container within its pod, `spec.containers{NAME}`, the name."""
    found = _CONTAINER.search(text)
    if found is not None:
        fields[field] = found[1]


def _put_request(fields: Fields, field: str, text: str) -> None:
    """Of a request line `GET /a HTTP/1.1` its method, and its path."""
    words = text.split(" ")
    if len(words) in (2, 3) and words[0].isalpha() and words[0].isupper():
        fields[field] = words[0]
        _put_url(fields, "path", words[1])


def _put_url(fields: Fields, field: str, text: str) -> None:
    """Of a whole URL the path, and the host that it names."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme.isalpha() and rest:
        host, slash, path = rest.partition("/")
        _put_word(fields, "host", split_port(host)[0])
        text = slash + path if slash else "/"
    _put_word(fields, field, text)


_STORES: dict[str, Store] = {
    "addr": _put_addr,
    "ip": _put_ip,
    "port": _put_port,
    "int": _put_int,
    "num": _put_num,
    "labels": _put_labels,
    "container": _put_container,
    "url": _put_url,
    "request": _put_request,
    "with_unit": _put_with_unit,
}
