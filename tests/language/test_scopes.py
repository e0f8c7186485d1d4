"""Files of several teams do not disturb each other."""

from pathlib import Path

import pytest

from whyreset.basis.shipped import shipped
from whyreset.language.load import check, load
from whyreset.model.diagnostic import Diagnostic
from whyreset.model.rule import InNetwork, Join, Plan, Rule

RULE = """rule {name} {{
  label probe_noise
  burst of reset by pod gap {gap}
  when {{
    peer in office
    lost from peer within {gap}
  }}
  because "within {{patience}}"
  test "yes" {{ at 0s reset peer=10.0.0.1; at 0s lost client=10.0.0.1; expect probe_noise }}
  test "no" {{ at 0s reset peer=10.0.0.1; expect unknown }}
}}
"""


def names(prefix: str, gap: str) -> str:
    return (
        f"network office = {prefix}\nsetting patience = {gap}\n"
        "event lost { match `lost <client:addr>` }\n"
    )


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.rules").write_text(text)


def compiled(folder: Path) -> Plan:
    return load([folder], builtin=False)


def told(folder: Path) -> list[Diagnostic]:
    return check([folder], builtin=False)[1]


def rule(plan: Plan, name: str) -> Rule:
    return next(each for each in plan.rules if each.name == name)


def office_of(plan: Plan, name: str) -> tuple[str, ...]:
    clause = rule(plan, name).when[0]
    assert isinstance(clause, InNetwork)
    return plan.networks[clause.networks[0]]


def test_each_file_means_its_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=names("10.1.0.0/16", "10s") + RULE.format(name="first", gap="patience"),
        b=names("10.2.0.0/16", "20s") + RULE.format(name="second", gap="patience"),
    )
    plan = compiled(tmp_path)
    assert office_of(plan, "first") == ("10.1.0.0/16",)
    assert office_of(plan, "second") == ("10.2.0.0/16",)
    assert [rule(plan, name).gap for name in ("first", "second")] == [10**10, 2 * 10**10]
    kinds = [each.when[1].event for each in plan.rules if isinstance(each.when[1], Join)]
    assert len(set(kinds)) == 2
    assert set(kinds) == {each.kind for each in plan.definitions}
    for name, seconds in (("first", "10s"), ("second", "20s")):
        setting = rule(plan, name).because.partition("{")[2].rstrip("}")
        assert plan.settings[setting] == seconds
        assert rule(plan, name).when[1].text == "lost from peer within patience"


def test_a_file_alone_keeps_its_names(tmp_path: Path) -> None:
    write(tmp_path, a=names("10.1.0.0/16", "10s"), b=RULE.format(name="r", gap="patience"))
    plan = compiled(tmp_path)
    assert plan.networks == {"office": ("10.1.0.0/16",)}
    assert rule(plan, "r").because == "within {patience}"


@pytest.mark.parametrize(("use", "wanted"), [("a", "10.1.0.0/16"), ("b", "10.2.0.0/16")])
def test_a_used_file_says_which(tmp_path: Path, use: str, wanted: str) -> None:
    write(
        tmp_path,
        a=names("10.1.0.0/16", "10s"),
        b=names("10.2.0.0/16", "20s"),
        c=f'use "{use}.rules"\n' + RULE.format(name="r", gap="patience"),
    )
    assert office_of(compiled(tmp_path), "r") == (wanted,)


def test_an_exported_name_is_everybodys(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=names("10.1.0.0/16", "10s") + RULE.format(name="own", gap="patience"),
        b=names("10.2.0.0/16", "20s") + "export network office, setting patience, event lost\n",
        c=RULE.format(name="r", gap="patience"),
    )
    plan = compiled(tmp_path)
    assert office_of(plan, "r") == plan.networks["office"] == ("10.2.0.0/16",)
    assert office_of(plan, "own") == ("10.1.0.0/16",)


def test_who_uses_a_file_may_replace_its_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        base=names("10.1.0.0/16", "10s") + RULE.format(name="r", gap="patience"),
        site='use "base.rules"\nnetwork office = 10.3.0.0/16\n',
    )
    assert office_of(compiled(tmp_path), "r") == ("10.3.0.0/16",)
    assert told(tmp_path) == []
    write(tmp_path, team='use "base.rules"\nnetwork office = 10.4.0.0/16\n')
    (found,) = told(tmp_path)
    assert found.code == "W025"


def test_teams_of_one_name(tmp_path: Path) -> None:
    rules = "".join(
        f"rule {name} {{ label probe_noise; burst of reset by pod gap 1s\n"
        "when { at least 1 } }\n"
        for name in ("x", "y")
    )
    write(
        tmp_path,
        a='team ours = namespace "a-*"\ndisable rule x for team ours\n' + rules,
        b='team ours = namespace "b-*"\ndisable rule y for team ours\n',
    )
    plan = compiled(tmp_path)
    assert [rule(plan, name).scope.outside[0].glob for name in "xy"] == ["a-*", "b-*"]


def test_a_shipped_name_is_replaced_for_all(tmp_path: Path) -> None:
    write(tmp_path, a="network cluster = 10.9.0.0/16\n")
    assert load([tmp_path]).networks["cluster"] == ("10.9.0.0/16",)


def test_a_shipped_name_replaced_twice_is_told(tmp_path: Path) -> None:
    write(tmp_path, a="network cluster = 10.9.0.0/16\n", b="network cluster = 10.8.0.0/16\n")
    (found,) = check([tmp_path])[1]
    assert (found.code, Path(found.file).name) == ("W025", "b.rules")
    assert found.hint is not None
    assert "a.rules:1 replaces it, too" in found.hint
    write(tmp_path, b='use "a.rules"\nnetwork cluster = 10.8.0.0/16\n')
    assert check([tmp_path])[1] == []


def test_rules_share_their_names(tmp_path: Path) -> None:
    text = names("10.0.0.0/8", "1s") + RULE.format(name="r", gap="patience")
    write(tmp_path, a=text, b=text)
    (found,) = told(tmp_path)
    assert found.code == "E022"


def test_who_uses_a_file_may_change_its_rules_further(tmp_path: Path) -> None:
    rules = names("10.1.0.0/16", "10s") + RULE.format(name="r", gap="patience")
    change = "extend rule r {{ gap {} }}\n"
    write(tmp_path, a=rules, b='use "a.rules"\n' + change.format("1m"), c=change.format("2m"))
    (found,) = [each for each in told(tmp_path) if each.code == "W027"]
    assert Path(found.file).name == "c.rules"
    write(tmp_path, c='use "b.rules"\n' + change.format("2m"))
    assert all(each.code != "W027" for each in told(tmp_path))
    assert rule(compiled(tmp_path), "r").gap == 120 * 10**9


def test_a_copy_of_the_shipped_rules_serves_as_ones_own() -> None:
    own = load([shipped("rules")], builtin=False)
    assert [rule.name for rule in own.rules] == [rule.name for rule in load([]).rules]
