"""Which lines go on with the record before them."""

from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.continuation import SURE, SUSPECT, may_be_suspect

PIECES = st.sampled_from((
    b"Caused by: ", b"Traceback (most recent call last):", b"java.net.", b"Socket", b"Exception",
    b"Error", b"Throwable", b":", b"\r", b"\n", b" ", b"\t", b"}", b"{writer,", b"{bad_", b"at ",
    b"client unexpectedly closed TCP connection", b"-" * 20, b"... 7 more", b"2026", b"x", b"_$.",
    b"INFO: ", b"Suppressed: ", b"The above exception was", b"missed heartbeats from client",
    b"Emitted 'error' event on Socket", b"Node.js v20.20.2",
    b"[signal SIGSEGV: ", b"goroutine 17 [", b"Channel Pipeline: [",
))  # fmt: skip


@given(st.lists(PIECES, max_size=6).map(b"".join))
def test_what_a_line_begins_with_never_hides_a_suspect(content: bytes) -> None:
    if SUSPECT.match(content):
        assert all(may_be_suspect((content + b"\n")[:size]) for size in range(1, SURE + 1))


def test_most_lines_are_told_by_what_they_begin_with() -> None:
    for line in (b"read tcp 10.0.0.1:80->", b"2026/11/22 10:00:00 x", b'{"level":"error"', b"10.1"):
        assert not may_be_suspect(line[:SURE])
