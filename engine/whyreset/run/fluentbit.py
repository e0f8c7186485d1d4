"""Configurations for Fluent Bit and Fluentd, and the Lua filter with the rules' literals in it."""

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_LUA = Path(__file__).with_name("whyreset.lua")
_FLUENTD = Path(__file__).with_name("fluentd.conf")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%L%z"

Section = tuple[str, tuple[tuple[str, str], ...]]
"""The name of a section (INPUT, FILTER, OUTPUT), and its properties."""

MODES = ("fifo", "lua", "pipe")


class Places(NamedTuple):
    """Paths and words of a configuration; `out` is a file for the labelled records, `db` one in
    which Fluent Bit keeps how far it has read."""

    logs: str
    out: str
    fifo: str
    lua: str
    parsers: str
    command: str
    db: str | None = None


def lua_filter(literals: Iterable[bytes], socket: str, key: str, text: str | None) -> str:
    """The Lua file; records in which none of the literals is are never asked about."""
    source = _LUA.read_text(encoding="utf-8")
    source = _set(
        source, "SOCKET", f'local SOCKET = os.getenv("WHYRESET_SOCKET") or {_lua(socket)}'
    )
    source = _set(source, "KEY", f"local KEY = {_lua(key)}")
    source = _set(source, "TEXT", f"local TEXT = {_lua(text) if text else 'nil'}")
    words = "\n".join(f"  {_lua_bytes(literal)}," for literal in sorted(set(literals)))
    head, mark, rest = source.partition("local LITERALS = {")
    return f"{head}{mark}\n{words}\n}}{rest[rest.index('}') + 1 :]}"


def _set(source: str, name: str, line: str) -> str:
    changed, count = re.subn(rf"^local {name} = .*$", lambda _: line, source, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"the Lua file has no {name}")
    return changed


def _lua(text: str) -> str:
    return _lua_bytes(text.encode())


def _lua_bytes(text: bytes) -> str:
    plain = b"".join(
        b"\\%03d" % byte if byte < 32 or byte > 126 or byte in b'"\\' else bytes((byte,))
        for byte in text
    )
    return f'"{plain.decode("ascii")}"'


def parsers() -> str:
    """The parsers file of classic configurations."""
    return _classic([("PARSER", _PARSER)], "# parsers of whyreset\n")


def fluentd(places: Places) -> str:
    """The sections of Fluentd; it puts the day behind the path of its file."""
    source = _FLUENTD.read_text(encoding="utf-8")
    source = source.replace("command whyreset filter", f"command {places.command}")
    return source.replace("/var/log/whyreset", places.out.removesuffix(".log"))


def configuration(mode: str, style: str, places: Places, part: str | None = None) -> str:
    """A whole configuration in `classic` or `yaml`; `part` (in, out) of the mode `pipe`."""
    sections = {
        "fifo": _fifo,
        "lua": _in_line,
        "pipe": _first if part == "in" else _second,
    }[mode](places)
    head = "".join(f"# {line}\n" if line else "#\n" for line in _head(mode, places, part))
    needs_parsers = mode == "fifo" or part == "out"
    if style == "yaml":
        return _yaml(sections, head, with_parsers=needs_parsers)
    parsers = (("Parsers_File", places.parsers),) if needs_parsers else ()
    return _classic([("SERVICE", _SERVICE + parsers), *sections], head)


_PARSER = (
    ("Name", "whyreset"),
    ("Format", "json"),
    ("Time_Key", "time"),
    ("Time_Format", _TIME_FORMAT),
    ("Time_Keep", "On"),
)
_SERVICE = (("Flush", "0.2"), ("Grace", "30"), ("Log_Level", "warn"))


def _head(mode: str, places: Places, part: str | None) -> list[str]:
    if mode == "fifo":
        return [
            "Fluent Bit -> FIFO -> whyreset filter -> Fluent Bit.",
            f"Once, before Fluent Bit starts: mkfifo {shlex.quote(places.fifo)}",
            f"Classic style needs the parsers: whyreset fluentbit parsers > {places.parsers}",
        ]
    if mode == "lua":
        return [
            "Fluent Bit asks `whyreset serve --unix SOCKET` about each record of interest.",
            f"Once: whyreset fluentbit lua > {shlex.quote(places.lua)}",
        ]
    which = "first" if part == "in" else "second"
    again = f"until {places.command}; do test $? -eq 141 && break; sleep 0.2; done"
    return [
        f"The {which} Fluent Bit of this pipeline, which starts the filter again when it dies:",
        f"fluent-bit -q -c IN | ({again}) | fluent-bit -q -c OUT",
    ]


def _tail(places: Places) -> Section:
    return "INPUT", (
        ("Name", "tail"),
        ("Tag", "kube.*"),
        ("Path", places.logs),
        ("Read_from_Head", "On"),
        *((("DB", places.db),) if places.db else ()),
        ("Refresh_Interval", "5"),
        ("multiline.parser", "cri"),
        ("Buffer_Max_Size", "1M"),  # a longer line ends the reading of its file, or is left out
        ("Skip_Long_Lines", "On"),
        ("Mem_Buf_Limit", "20M"),
    )


def _file(match: str, path: str) -> Section:
    pure = Path(path)
    return "OUTPUT", (
        ("Name", "file"),
        ("Match", match),
        ("Path", str(pure.parent)),
        ("File", pure.name),
        ("Format", "plain"),
    )


def _fifo(places: Places) -> list[Section]:
    # The shell keeps the FIFO open: when the filter dies nothing that is queued is lost. When
    # Fluent Bit dies (141: nobody reads) both end, and leave the FIFO to those that come next.
    fifo = shlex.quote(places.fifo)
    command = f"exec 3<>{fifo}; while {places.command} <&3; test $? -ne 141; do sleep 0.2; done"
    child = (
        ("Name", "exec"),
        ("Tag", "labelled"),
        ("Command", command),
        ("Parser", "whyreset"),
        ("Buf_Size", "256k"),
        ("Threaded", "On"),
        ("Oneshot", "On"),
    )
    return [
        _tail(places),
        ("INPUT", child),
        _file("kube.*", places.fifo),
        _file("labelled", places.out),
    ]


def _in_line(places: Places) -> list[Section]:
    lua = (
        ("Name", "lua"),
        ("Match", "kube.*"),
        ("Script", places.lua),
        ("Call", "whyreset"),
        ("Time_As_Table", "On"),
    )
    return [_tail(places), ("FILTER", lua), _file("kube.*", places.out)]


def _first(places: Places) -> list[Section]:
    out = (("Name", "stdout"), ("Match", "kube.*"), ("Format", "json_lines"))
    return [_tail(places), ("OUTPUT", out)]


def _second(places: Places) -> list[Section]:
    back = (("Name", "stdin"), ("Tag", "labelled"), ("Buffer_Size", "256k"))
    restore = (
        ("Name", "parser"),
        ("Match", "labelled"),
        ("Key_Name", "time"),
        ("Parser", "whyreset_time"),
        ("Reserve_Data", "On"),
        ("Preserve_Key", "On"),
    )
    return [("INPUT", back), ("FILTER", restore), _file("labelled", places.out)]


_TIME_PARSER = (
    ("Name", "whyreset_time"),
    ("Format", "regex"),
    ("Regex", "^(?<time>.+)$"),
    ("Time_Key", "time"),
    ("Time_Format", _TIME_FORMAT),
)


def _classic(sections: Iterable[Section], head: str) -> str:
    parts = [head]
    for name, properties in sections:
        width = max(len(key) for key, _ in properties)
        rows = [f"    {key:{width}} {value}\n" for key, value in properties]
        parts.append(f"[{name}]\n{''.join(rows)}")
    if head.startswith("# parsers"):
        rows = [f"    {key:11} {value}\n" for key, value in _TIME_PARSER]
        parts.append(f"[PARSER]\n{''.join(rows)}")
    return "".join(parts)


def _yaml(sections: Iterable[Section], head: str, *, with_parsers: bool) -> str:
    lines = [head.rstrip("\n"), "service:"]
    lines += [f"  {key.lower()}: {_scalar(value)}" for key, value in _SERVICE]
    if with_parsers:
        lines.append("parsers:")
        lines += [*_item(_PARSER, "  "), *_item(_TIME_PARSER, "  ")]
    lines.append("pipeline:")
    by_kind: dict[str, list[str]] = {}
    for name, properties in sections:
        by_kind.setdefault(f"{name.lower()}s", []).extend(_item(properties, "    "))
    for kind in ("inputs", "filters", "outputs"):
        if kind in by_kind:
            lines += [f"  {kind}:", *by_kind[kind]]
    return "\n".join(lines) + "\n"


def _item(properties: Iterable[tuple[str, str]], indent: str) -> list[str]:
    rows = [f"{key.lower()}: {_scalar(value)}" for key, value in properties]
    return [f"{indent}{'- ' if not number else '  '}{row}" for number, row in enumerate(rows)]


def _scalar(value: str) -> str:
    """A YAML scalar; what is not plainly a word or a number is quoted as in JSON."""
    if value in {"On", "Off"}:
        return value.lower()
    plain = re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*", value)
    return value if plain else json.dumps(value, ensure_ascii=False)
