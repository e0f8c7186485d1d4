"""Messages that their line only quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.quoting import is_quoted, never_quotes, zeroed

MESSAGE = "read tcp 10.1.3.9:80->10.1.0.7:51234: read: connection reset by peer"


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
        f"Is it normal that there is {MESSAGE} in it?",
        f"1. Although it is up, {MESSAGE} comes back",
    ],
)
def test_quoted(line: str) -> None:
    assert is_quoted(line, line.index(MESSAGE))
    assert not never_quotes([zeroed(line[: line.index(MESSAGE)])])


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
        f"2026-11-22 10:00:00 Although it is up: {MESSAGE}",
        f"ERROR: is it down? {MESSAGE}; perhaps?",
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


@given(st.text(alphabet="aI0 \"'`\\()=:,;|#/*-\n\u201c", max_size=60), st.text(max_size=20))
def test_the_text_before_a_message_never_tells_less_than_its_line(before: str, behind: str) -> None:
    text, line = before + MESSAGE + behind, before.rpartition("\n")[2]
    told = is_quoted(text, len(before))
    assert not (told and never_quotes([zeroed(line)]))
