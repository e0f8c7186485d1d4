"""What is left of a template's object once its values are quoted, and what must stay as it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.ingest.templates import mended

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"port":-,"status":499}', {"port": "-", "status": 499}),
        ('{"took":,"status":499}', {"took": "", "status": 499}),
        ('{"took":0.001, 3.000,"status":200}', {"took": "0.001, 3.000", "status": 200}),
        ('{"time": 22/Nov/2026:10:00:00 +0000, "on": true}', {
            "time": "22/Nov/2026:10:00:00 +0000", "on": True,
        }),
        (r'{"agent":"a\x22b"}', {"agent": 'a"b'}),
        ('{"status":499, }', {"status": 499}),
        ('{"outer":{"port":-},"said":"x: y, z"}', {"outer": {"port": "-"}, "said": "x: y, z"}),
    ],
)  # fmt: skip
def test_a_value_that_is_no_json_becomes_a_text(text: str, value: object) -> None:
    assert json.loads(mended(text)) == value


@given(st.dictionaries(st.text(), _JSON, max_size=4), st.sampled_from([None, (",", ":")]))
def test_what_is_json_already_says_the_same(value: object, separators: tuple[str, str]) -> None:
    text = json.dumps(value, separators=separators)
    if "\\x" not in text:
        assert json.loads(mended(text)) == value


@pytest.mark.parametrize("filler", [" ", ",", " ,", "\t ", '"', "\\", "x ", '"a":x ', "- "])
def test_a_hostile_text_ends(filler: str) -> None:
    """A search that took the square of a text's length would go on for an hour."""
    for end in ("", "y", "}", ',"', "y}"):
        text = mended('{"a": x' + filler * 300_000 + end)
        assert text.startswith('{"a": ')
