"""Which lines go on with the record before them: stack traces, causes, closing braces."""

import re
from collections.abc import Callable

from whyreset.basis.lazy import lazy

# By named group: what a line that may continue a record begins with.
SUSPECT = lazy(
    # Consul indents its records, and who pastes a log into a page indents all.
    rb"(?P<more>[ \t](?![ \t]*(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:|[IWEF]\d{4} \d\d:\d\d:|"
    rb"[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d |\d{1,3}(?:\.\d{1,3}){3} - ))|"
    rb"\r?$|Caused by: |---> |During handling of the above exception|"
    rb"The above exception was|\.\.\. \d+ more|[}\])]+[,;]?\r?$|"
    rb"Original Stack Trace:|Error has been observed at the following|Suppressed: |Wrapped by: |"
    rb"client unexpectedly closed TCP connection|missed heartbeats from client|"
    rb"connection_closed_abruptly|\{(?:handshake_|inet_error|writer,|bad_|heartbeat_timeout)|"
    rb"Emitted 'error' event (?:on|at)\b|Node\.js v\d+\.\d+\.\d+\r?$|"  # below what Node threw
    rb"Channel Pipeline: \[|"  # between the words of gRPC and its stack
    rb"\[signal SIG[A-Z]+: |goroutine \d+ \[)|"  # below the panic of Go
    rb"(?P<trace>Traceback \(most recent call last\):)|"
    rb"(?P<rule>-{20,}\r?$)|"
    rb"(?P<socket>Exception occurred during processing of request from)|"
    rb"(?P<level>(?:SEVERE|WARNING|INFO|CONFIG|FINE): )|"
    rb"(?P<error>(?:[A-Za-z_$][\w$]*\.)*[A-Z_a-z$][\w$]*(?:Error|Exception|Throwable)\b(?::|\r?$)|"
    rb"Error\b(?::|\r?$)|(?:socket\.)?error: \[Errno )",  # the latter of Python 2
    re.MULTILINE,  # `$` is the end of the line also where more of the block follows
)
SURE = 12
"""Bytes at the start of a text by which most are told from suspects."""
_BEGINNINGS = (
    b" ", b"\t", b"\r", b"\n", b"}", b"]", b")", b"-", b"... ", b"Caused by: ", b"During handling",
    b"The above exception", b"Original Stack", b"Error has been", b"Suppressed: ", b"Wrapped by: ",
    b"client unexpectedly", b"missed heartbeats", b"connection_closed", b"{handshake_",
    b"{inet_error", b"{writer,", b"{bad_", b"{heartbeat", b"Traceback (most", b"Exception occurred",
    b"SEVERE: ", b"WARNING: ", b"INFO: ", b"CONFIG: ", b"FINE: ",
    b"error: [Errno ", b"socket.error: ", b"Emitted 'error' event ", b"Node.js v",
    b"Channel Pipeline: ", b"[signal SIG", b"goroutine ",
)  # fmt: skip
_SUSPICIOUS = tuple(text[:SURE] for text in _BEGINNINGS)
_NAMES = (b"Error", b"Exception", b"Throwable")
_WORD = lazy(rb"[A-Za-z_$][\w$.]*")
_AFTER_STACK = lazy(
    rb"[ \t]+at |\s*\.\.\. \d+ more|[}\])]+[,;]?\r?$|"
    rb"#\d+ (?:\{main\}|\[internal function\]|[\w./\\:-]+\(\d+\): )|[ \t]+thrown in "  # PHP's
)
_JUL = lazy(rb"[A-Z][a-z]{2} \d\d?, \d{4},? \d\d?:\d\d:\d\d [AP]M ")


def may_be_suspect(start: bytes) -> bool:
    """Whether a line that begins with these bytes, `SURE` of them or fewer, may be a suspect."""
    if start.startswith(_SUSPICIOUS) or any(text.startswith(start) for text in _SUSPICIOUS):
        return True
    word = _WORD.match(start)
    if word is None:
        return False
    behind = start[word.end() : word.end() + 1]
    return not behind or (behind in {b":", b"\r", b"\n"} and word[0].endswith(_NAMES))


def kind_of(content: bytes) -> str | None:
    """The kind of a suspect line; None for one that begins a record of its own."""
    found = SUSPECT.match(content)
    return found.lastgroup if found else None


def continues(content: bytes, before: Callable[[int], bytes | None]) -> bool:
    """Whether a line belongs to the record of the line before it.

    `before(1)` is the content of the line before in the same stream, `before(2)` of the one
    before that, None where there is none. No line further back matters, so that the answer
    does not depend on where reading began.
    """
    kind = kind_of(content)
    if kind is None:
        return False
    last = before(1)
    if last is None:
        return False
    if kind == "more":
        return True
    last_kind = kind_of(last)
    if kind == "trace":
        return last_kind not in {"error", "rule"}
    if kind == "error":
        # After a stack, a class name opens the next failure: two resets, not one.
        return last_kind not in {"error", "rule"} and _AFTER_STACK.match(last) is None
    if kind == "level":
        return _JUL.match(last) is not None
    if kind == "rule":
        return last_kind in {"error", "more"}
    return last_kind == "rule" and _opens(before(2))


def _opens(before_rule: bytes | None) -> bool:
    """Whether a rule of dashes after such a line opens a block instead of closing one."""
    return before_rule is None or kind_of(before_rule) not in {"error", "more"}
