"""Messages that their line only quotes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.quoting import is_quoted, may_quote

MESSAGE = "read tcp 10.1.3.9:80->10.1.0.7:51234: read: connection reset by peer"
LINES = Path(__file__).parents[1] / "cases" / "lines" / "quoted.jsonl"
WORDS = ("reset by peer", "Connection reset", "ECONNRESET", "receive data from client")


@pytest.mark.parametrize(
    "line",
    [
        f'\treturn errors.New("{MESSAGE}")',
        f'if err.Error() == "{MESSAGE}" {{',
        f"    raise OSError('{MESSAGE}')",
        f"  '{MESSAGE}',",
        f"// {MESSAGE}",
        f"     * {MESSAGE}",
        f"# {MESSAGE}",
        f"| `{MESSAGE}` | the peer sent RST |",
        f"The logs say `{MESSAGE}` twice an hour.",
        f"SELECT id FROM logs WHERE line = '{MESSAGE}'",
        f'{{"level":"info","msg":"stored","comment":"{MESSAGE}"}}',
        f'level=info msg="ticket created" subject="{MESSAGE}"',
        f"Since Monday I see {MESSAGE}",
        f"It means “{MESSAGE}”, sometimes",
        f'When the "{MESSAGE}" error occurs, look at the peer',
    ],
)
def test_quoted(line: str) -> None:
    assert is_quoted(line, line.index(MESSAGE))
    assert may_quote(f"2026-11-22T10:00:00.123456789Z stderr F {line}")


@pytest.mark.parametrize(
    "line",
    [
        MESSAGE,
        f"2026/11/22 10:00:00 http: proxy error: {MESSAGE}",
        f'{{"level":"error","error":"{MESSAGE}"}}',
        f'{{"level": "error", "error": "{MESSAGE}"}}',
        f'level=error msg="flush failed" error="{MESSAGE}"',
        f'rpc error: code = Unavailable desc = "{MESSAGE}"',
        f'Get "http://10.1.0.7/": {MESSAGE}',
        f'rejected connection from "10.1.0.7:51234" (error "{MESSAGE}", ServerName "")',
        f"ConnectionError(ProtocolError('Connection aborted.', OSError(104, '{MESSAGE}')))",
        f"socket.error(104, '{MESSAGE}')",
        f"`{MESSAGE}`",
        f"it's over: {MESSAGE}",
        f"in `read': {MESSAGE}",
        f'Custom {{ kind: ConnectionReset, error: "{MESSAGE}" }}',
        f"* {MESSAGE}",
        f"I1122 10:00:00.123456       1 log.go:195] {MESSAGE}",
        f"2026-11-22 10:00:00.123456 I | embed: {MESSAGE}",
    ],
)
def test_told(line: str) -> None:
    assert not is_quoted(line, line.index(MESSAGE))


def test_a_comment_in_another_line_of_the_record() -> None:
    text = f"# a heading\n{MESSAGE}\n// a comment"
    assert not is_quoted(text, text.index(MESSAGE))


def test_no_quoted_line_of_the_corpus_is_missed_among_many() -> None:
    for case in map(json.loads, LINES.read_text("utf-8").splitlines()):
        places = [case["line"].find(word) for word in WORDS if word in case["line"]]
        if any(is_quoted(case["line"], place) for place in places):
            assert may_quote(f"2026-11-22T10:00:00.1Z stderr F {case['line']}"), case["line"]


@given(st.text(alphabet="aI \"'`\\()=:,;|#/*-\n\u201c", max_size=60), st.text(max_size=20))
def test_any_surroundings_are_told_by_their_signs(before: str, behind: str) -> None:
    text = before + MESSAGE + behind
    if is_quoted(text, len(before)):
        lines = "\n".join(f"2026-11-22T10:00:00.1Z stderr F {line}" for line in text.split("\n"))
        assert may_quote(lines)
