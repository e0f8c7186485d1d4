"""Texts of one shape are asked once: nobody is left out who would find something."""

import json
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from whyreset.ingest import shapes
from whyreset.ingest.matching import Extractor
from whyreset.ingest.text import Text
from whyreset.language.load import load, load_text

CASES = Path(__file__).parents[1] / "cases/lines"
LINES = [
    case["line"]
    for file in sorted(CASES.glob("*.jsonl"))
    for case in map(json.loads, file.read_text().splitlines())
    if case["events"] and len(case["line"]) < 1000
]


@pytest.fixture(scope="module")
def shipped():
    return Extractor(load([]).definitions)


IN_A_PAIR = 'time="2026-11-22T10:00:00Z" level=error msg="panic: runtime error: index out of range"'


@example(texts=[IN_A_PAIR], digits="")
@settings(deadline=None, max_examples=200)
@given(
    texts=st.lists(st.sampled_from(LINES), min_size=1, max_size=4),
    digits=st.text("0123456789abcdef", max_size=4),
)
def test_whoever_finds_something_is_asked(shipped, texts, digits):
    # the second time the shapes are known
    for each in (texts, [text.replace("10", digits) for text in texts]):
        asked = dict.fromkeys(chain.from_iterable(map(shipped.candidates, each)))
        is_candidate = shipped.shapes.candidates(tuple(asked), "\n".join(each), each)
        for text in each:
            for trial in shipped.candidates(text):
                if shipped.find(trial, Text(text)) is not None:
                    assert is_candidate(trial)


def test_most_are_not_asked(shipped):
    text = "read tcp 10.0.0.1:80->10.9.8.7:51000: read: connection reset by peer (id 7f3)"
    trials = shipped.candidates(text)
    assert len(trials) > shapes._MANY
    for line in (text, text.replace("7f3", "41ce")):
        is_candidate = shipped.shapes.candidates(trials, line, [line])
        assert sum(map(is_candidate, trials)) < len(trials) / 4


def test_nobody_is_asked_whose_words_are_there_only_without_their_digits():
    # without its hexadecimal digits, `dead-beef` is a stroke
    words = ["dead-beef", *(f"refused{n}" for n in range(shapes._MANY))]
    blocks = [f"event custom {{ match /{word} (?<peer>\\S+)/ }}" for word in words]
    extractor = Extractor(load_text("\n".join(blocks)).definitions)
    line = "a dead-fade 10.0.0.7"
    is_candidate = extractor.shapes.candidates(tuple(extractor._trials), line, [line])
    assert not any(map(is_candidate, extractor._trials))
