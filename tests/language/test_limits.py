"""What one file may ask for: files and lists that are too long are refused, with the cure."""

from pathlib import Path

import pytest

from whyreset.language.load import check, load_text
from whyreset.language.sources import LONGEST
from whyreset.model.diagnostic import Diagnostic

RULE = """rule r {
  label client_abort
  burst of reset by peer gap 60s
  when { at least 3 }
  test "yes" { at 0s..20s every 10s reset peer=10.42.0.1; expect client_abort }
  test "no" { at 0s reset peer=10.42.0.1; expect unknown }
}
"""


def checked(path: Path, text: str) -> list[Diagnostic]:
    path.write_text(text)
    return check([path], builtin=False)[1]


ACCESS = "event access { match `<client:addr> got <status:int>` }\n"


def test_what_is_asked_for_too_often_is_not_narrowed() -> None:
    """The more clauses ask for a kind, the longer it takes to find what they have in common."""
    for count, is_narrowed in ((200, True), (201, False)):
        clauses = [f"no access status={status} within 1s" for status in range(count)]
        plan = load_text(ACCESS + RULE.replace("at least 3", "; ".join(clauses)))
        (definition,) = plan.definitions
        assert (definition.matchers[0].wanted is not None) is is_narrowed


def test_a_file_that_is_too_long(tmp_path: Path) -> None:
    text = RULE.ljust(LONGEST - 1, "#") + "\n"
    path = tmp_path / "long.rules"
    assert checked(path, text) == []
    (found,) = checked(path, text + "network office = 10.1.0.0/16\n")
    assert (found.code, found.span.line) == ("E047", RULE.count("\n") + 2)
    assert found.message == "longer than 40,000 characters, which is all that is read of one file"
    assert found.hint == "split it: give whyreset a folder of files, or load the rest with `use`"


@pytest.mark.parametrize("patch", ["disable rule r for {}", "extend rule r for {} {{ gap 9s }}"])
def test_a_rule_that_is_changed_for_too_many_scopes(tmp_path: Path, patch: str) -> None:
    scopes = [f'namespace "n{number}"' for number in range(501)]
    lines = [patch.format(each) for each in scopes]
    path = tmp_path / "many.rules"
    assert checked(path, RULE + "\n".join(lines[:500])) == []
    (found,) = checked(path, RULE + "\n".join(lines))
    assert (found.code, found.span.line) == ("E048", 508)
    assert found.message == "`r` is changed for more than 500 scopes"
    assert found.hint == "give the places one name with `team`, or choose them by one selector"
    assert checked(path, RULE + patch.format(", ".join(scopes))) == []
