"""Packs of rules: folders of installed packages, by their entry points."""

import sys
from pathlib import Path

import pytest

from whyreset.editor.definition import definitions
from whyreset.editor.workspace import Workspace
from whyreset.language.load import check, load

RULE = """rule acme_rule {
  label probe_noise
  burst of reset by pod gap 5m
  when { at least 4 }
  test "yes" { at 0s reset peer=10.0.0.1; expect probe_noise }
  test "no" { at 0s reset peer=10.0.0.1; expect unknown }
}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with one that has rules, and would fail if it were run."""
    package = tmp_path / "acme_rules"
    (package / "more").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('nobody runs a pack')\n")
    (package / "acme.rules").write_text(RULE)
    (package / "more" / "more.rules").write_text(RULE.replace("acme_rule", "more_rule"))
    info = tmp_path / "acme_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[whyreset.rules]\nacme = acme_rules\nacme-more = acme_rules.more\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path


def test_a_pack_is_loaded_by_name(site: Path) -> None:
    plan = load([Path("pack:acme")], builtin=False)
    assert [(each.name, each.by) for each in plan.rules] == [
        ("acme_rule", "pack:acme/acme.rules:1")
    ]


def test_a_folder_inside_a_package(site: Path) -> None:
    plan = load([Path("pack:acme-more"), Path("pack:acme")], builtin=False)
    assert sorted(each.name for each in plan.rules) == ["acme_rule", "more_rule"]


def test_a_pack_that_is_not_installed(site: Path) -> None:
    plan, (found,) = check([Path("pack:acmee")], builtin=False)
    assert plan is None
    assert found.code == "E044"
    assert found.hint == "did you mean `acme`?"


def test_a_plain_folder_is_a_pack_as_well(site: Path) -> None:
    assert load([site / "acme_rules"], builtin=False).rules[0].name == "acme_rule"


def test_an_editor_knows_what_is_in_a_pack(site: Path, tmp_path: Path) -> None:
    path, text = tmp_path / "own.rules", "extend rule acme_rule { gap 9m }\n"
    files = Workspace([Path("pack:acme")], builtin=False)
    files.open(path, text)
    analysis = files.analyse(path)
    assert analysis.diagnostics == ()
    (place,) = definitions(analysis, text, text.index("acme_rule"))
    assert place.path == (site / "acme_rules" / "acme.rules").resolve()
    files.open(path, text.replace("acme_rule", "acme_rul"))
    (found,) = files.analyse(path).diagnostics
    assert found.hint == "did you mean `acme_rule`?"
