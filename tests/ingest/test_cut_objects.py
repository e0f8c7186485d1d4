"""JSON objects that were cut short."""

import pytest

from whyreset.ingest.cut_objects import decode_cut

CUT = [
    ('{"a":1,"b":2', {"a": 1}),  # the last number may have had more digits
    ('{"a":"x","b":"y', {"a": "x"}),
    ('{"a":"x","b":"y, {z', {"a": "x"}),
    ('{"a":"x","b":{"c":[1,2],"d":"e', {"a": "x", "b": {"c": [1, 2]}}),
    ('{"a":"x","b":["c","d', {"a": "x", "b": ["c"]}),
    ('{"a":"\\"x,","b":"\\', {"a": '"x,'}),
    ('{"a":1,"b":2>', {"a": 1}),
    ('{"a":1,"b":2...', {"a": 1}),
]


@pytest.mark.parametrize(("text", "found"), CUT, ids=[text for text, _ in CUT])
def test_what_stands_before_the_cut(text: str, found: object) -> None:
    assert decode_cut(text) == found


NONE = ['{"a":1,"b":2} took 3 ms', '{"a', '{"a":1', '{"a":1]', '{"a",b', '{"a":1,"b":' + "[" * 99]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_object_cut_short(text: str) -> None:
    assert decode_cut(text) is None


TEXT = "2026-11-22 10:00:00 the pool lost its connection"
WITHIN = [
    (f'{{"a":"x","b":"{TEXT}', {"a": "x", "b": TEXT}),
    (f'{{"a":"x","b":"{TEXT}\\n', {"a": "x", "b": f"{TEXT}\n"}),
    (f'{{"a":"x","b":"{TEXT}\\', {"a": "x", "b": TEXT}),
    (f'{{"a":"x","b":"{TEXT}\\u00', {"a": "x", "b": TEXT}),
    (f'{{"a":"x","b":"{TEXT}\\\\', {"a": "x", "b": f"{TEXT}\\"}),
    ('{"a":"x","b', {"a": "x"}),
    ('{"a":"x","b":2', {"a": "x"}),
    ('{"a":"x","time":"2026', {"a": "x"}),  # no year of an epoch
    ('{"a":"x","time":"2026-11-22 10:00:0', {"a": "x"}),
    ('{"a":"x","pod_name":"ingress-nginx-controller-7d9c5b8f6d-76t', {"a": "x"}),
]


@pytest.mark.parametrize(("text", "found"), WITHIN, ids=[text for text, _ in WITHIN])
def test_the_text_in_which_the_cut_is(text: str, found: object) -> None:
    assert decode_cut(text, within_text=True) == found
