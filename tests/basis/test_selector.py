"""Label selectors mean what they mean to kubectl."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.selector import join_labels, parse_selector, selects

LABELS = join_labels({"app": "till", "tier": "web", "app.kubernetes.io/name": "till", "empty": ""})


@pytest.mark.parametrize(
    ("selector", "met"),
    [
        ("app=till", True),
        ("app == till", True),
        ("app=till,tier=db", False),
        (" app = till , tier != db ", True),
        ("missing!=x", True),
        ("tier in (edge, web)", True),
        ("tier notin (edge, web)", False),
        ("missing notin (edge)", True),
        ("app.kubernetes.io/name=till", True),
        ("app", True),
        ("!app", False),
        ("!missing,app", True),
        ("empty=", True),
        ("empty", True),
    ],
)
def test_meaning(selector: str, met: bool) -> None:
    assert selects(selector, LABELS) is met


def test_dots_that_a_shipper_replaced() -> None:
    assert selects("app.kubernetes.io/name=till", "app_kubernetes_io/name=till")


@pytest.mark.parametrize(
    "text",
    ["", " ", "app till", "app=till,", ",app", "app in edge", "app in (a b)", "-x=1", "a=b=c"],
)
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_selector(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = parse_selector(text)
    except ValueError:
        return
    assert parts
    assert isinstance(selects(text, LABELS), bool)


NAMES = st.from_regex(r"[a-z]([a-z.-]{0,8}[a-z])?", fullmatch=True)


@given(st.dictionaries(NAMES, NAMES, max_size=4), NAMES, NAMES)
def test_negation(labels: dict[str, str], key: str, value: str) -> None:
    text = join_labels(labels)
    for one, other in ((f"{key}={value}", f"{key}!={value}"), (key, f"!{key}")):
        assert selects(one, text) is not selects(other, text)
    assert selects(f"{key} in ({value})", text) is selects(f"{key}={value}", text)
