"""Files, `use`, the cache, and what a plan holds."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from whyreset.basis.units import NS
from whyreset.language import cache
from whyreset.language.load import check, load, load_text
from whyreset.model.diagnostic import RuleError
from whyreset.model.rule import AtLeast, Every, InNetwork, Join, Plan, Rule, Scope, ScopeTest

CASES = Path(__file__).parents[1] / "cases" / "language"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def rule(name: str, plan: Plan) -> Rule:
    (found,) = [each for each in plan.rules if each.name == name]
    return found


def simple(
    name: str, *, priority: int = 0, when: str = "at least 4", label: str = "idle_timeout"
) -> str:
    return (
        f"rule {name} {{ label {label}; priority {priority}; burst of reset by pod gap 5m\n"
        f"when {{ {when} }} }}\n"
    )


def test_the_example_of_the_design() -> None:
    plan = load([CASES / "design.rules", CASES / "keepalive_race.rules"], builtin=False)
    assert plan.networks["load_balancers"][-1] == "168.63.129.16"
    assert plan.settings == {"ipvs_timeout": "900s"}
    assert plan.kinds["order_lost"] == ("order", "peer", "peer_port")
    assert [each.kind for each in plan.definitions] == [
        "reset", "access", "termination", "order_lost",
    ]  # fmt: skip
    variant, base, disabled = plan.rules
    pay = (ScopeTest("namespace", "pay-*"),)
    assert (variant.scope, base.scope) == (Scope(within=(pay,)), Scope(outside=pay))
    assert disabled.scope == Scope(outside=(ScopeTest("namespace", "batch-*"),))
    assert base.when == (
        InNetwork(
            text="peer in cluster or nodes or load_balancers",
            field="peer",
            networks=("cluster", "nodes", "load_balancers"),
        ),
        Join(
            text="no access from peer within 2s",
            name="unseen",
            if_known=True,
            event="access",
            negated=True,
            conditions=(),
            relation="from peer",
            before=2 * NS,
            after=2 * NS,
        ),
        AtLeast(text="at least 4", count=4),
        Every(
            text="every 1s..60s ± 15% missing at most 30%",
            name="beat",
            low=NS,
            high=60 * NS,
            tolerance=0.15,
            missing=0.3,
        ),
    )
    assert variant.when[:3] == base.when[:3]
    assert variant.when[3] == Every(
        text="every 3s ± 10%", name="beat", low=3 * NS, high=3 * NS, tolerance=0.1
    )
    assert [each.title for each in base.tests] == [
        "a load balancer that checks every ten seconds",
        "the same beat, but the requests were served",
    ]
    assert base.tests[0].expectations[0].fields == (("peer", "10.42.0.1"), ("period", 10.0))
    assert (variant.tests, len(variant.patches)) == ((), 1)


def test_canonical_texts_of_all_clauses() -> None:
    plan = load([CASES / "clauses.rules"], builtin=False)
    texts = [
        f"{name}: {clause.text}"
        for name in ("members", "bursts")
        for clause in rule(name, plan).when + rule(name, plan).unless
    ]
    assert texts == (CASES / "clauses.expected").read_text("utf-8").splitlines()


def test_a_canonical_text_reads_back_as_itself() -> None:
    plan = load([CASES / "clauses.rules"], builtin=False)
    source = (CASES / "clauses.rules").read_text("utf-8")
    head = source.partition("rule members")[0]
    for each in plan.rules:
        again = load_text(head + simple("again", when="\n".join(c.text for c in each.when)))
        assert [c.text for c in again.rules[0].when] == [c.text for c in each.when]


def test_events_of_all_forms() -> None:
    first, second, own = load([CASES / "events.rules"], builtin=False).definitions
    assert [each.types for each in first.matchers] == [(("peer", "addr"),)] * 2
    address = r"(?:(?:\d{1,3})(?:\.(?:\d{1,3})){3})"
    assert first.matchers[1].pattern == rf"by (?<peer>{address}|\S+) / reset"
    assert first.skips == (rf'^[%{{octet}}] \%{{octet}} "{address}?"$',)
    assert first.matchers[0].by.endswith("events.rules:5")
    assert [(each.field, each.value, len(each.where)) for each in first.assignments] == [
        ("direction", "read", 2), ("idle", 900.0, 0),
    ]  # fmt: skip
    assert first.where[0].op == "~"
    assert first.samples[0].gives == (("peer", "10.0.0.1"), ("peer_port", 80), ("idle", 900.0))
    assert first.samples[1].gives is None
    assert [(each.field, each.glob) for each in first.origins] == [
        ("container", "api-*"), ("namespace", "pay"),
    ]  # fmt: skip
    assert second.matchers[0].literals == (b"second block",)
    (matcher,) = own.matchers
    assert [(each.path, each.type) for each in matcher.mapped] == [
        (("client", "addr"), "addr"),
        (("took",), "duration:ms"),
        (("http.request", "x y"), "word"),
        (("n",), "int"),
    ]
    assert [(each.op, each.values) for each in matcher.guard] == [
        ("=", ("Slow Query",)), ("=", (7,)), ("exists", ()), ("~", ("*reset*", "*gone*")),
    ]  # fmt: skip
    assert matcher.guard[3].paths == (("msg",), ("text",))
    assert matcher.literals == (b"Slow Query",)


def test_fields_have_types_by_their_names_in_json_too() -> None:
    plan = load_text("event access { json { status = .code, client = .ip, duration = .s s } }")
    (matcher,) = plan.definitions[0].matchers
    assert [each.type for each in matcher.mapped] == ["int", "addr", "duration:s"]
    assert matcher.literals == (b'"code"', b'"ip"', b'"s"')


def test_json_alternatives() -> None:
    plan = load_text(
        "event access { json { client = .ip or .a.peer, duration = .ms or .t ms or .s } "
        "where client exists }"
    )
    (matcher,) = plan.definitions[0].matchers
    assert [(each.path, each.type) for each in matcher.mapped] == [
        (("ip",), "addr"), (("a", "peer"), "addr"),
        (("ms",), "duration:ms"), (("t",), "duration:ms"), (("s",), "duration"),
    ]  # fmt: skip
    assert matcher.required == ("client",)
    assert matcher.literals == (b'"ip"', b'peer"')  # "a.peer" may be one key


def test_a_glob_is_searched_for_where_it_tells_more_than_the_keys() -> None:
    """A number in a glob says nothing: JSON writes 104 also as 1.04e2."""
    mapping = "json {{ client = .ip }} where .e ~ {}, client exists"
    for glob, literals in {
        '"*broken pipe"': (b"broken pipe",),
        '"a*"': (b'"ip"',),
        '"10400*"': (b'"ip"',),
        '"*it\'s closed*"': (b'"ip"',),
        '"*broken pipe*" or "[Bb]roken link"': (b"broken pipe", b"roken link"),
        '"*broken pipe*" or "*"': (b'"ip"',),
    }.items():
        (matcher,) = load_text(f"event access {{ {mapping.format(glob)} }}").definitions[0].matchers
        assert matcher.literals == literals


def test_one_of_several_keys_or_values_is_searched_for() -> None:
    for guard, literals in {
        '.e = "Killing" or "Stopped"': (b"Killing", b"Stopped"),
        '.e = "Killing" or 7': (b'"ip"',),
        ".e or .error exists": (b'"e"', b'"error"'),
    }.items():
        plan = load_text(f"event access {{ json {{ client = .ip }} where {guard} }}")
        assert plan.definitions[0].matchers[0].literals == literals


def test_keys_of_pairs_are_searched_for_with_their_sign() -> None:
    plan = load_text(
        "event access { logfmt { client = .ip or .a.peer, status = .s int } where client exists }"
    )
    (matcher,) = plan.definitions[0].matchers
    assert (matcher.form, matcher.literals) == ("logfmt", (b"ip=", b"a.peer="))


def test_rules_are_tried_by_priority_then_name_then_scope() -> None:
    text = simple("b") + simple("a") + simple("c", priority=5)
    plan = load_text(text + 'extend rule a for workload "x" { priority 0 }')
    order = [(each.name, bool(each.scope.within)) for each in plan.rules]
    assert order == [("c", False), ("a", True), ("a", False), ("b", False)]


def test_extensions_add_and_replace() -> None:
    text = simple("a", when="few: at least 4\ndirection = read")
    patch = """
    extend rule a {
      when { few: at least 9; peer != 10.0.0.1 } unless { direction = write }
      severity critical
      gap 9m
      remedy "new"
    }
    """
    found = rule("a", load_text(patch + text))
    assert [each.text for each in found.when] == [
        "at least 9", "direction = read", "peer != 10.0.0.1",
    ]  # fmt: skip
    assert [each.text for each in found.unless] == ["direction = write"]
    assert (found.severity, found.gap, found.remedy) == ("critical", 9 * 60 * NS, "new")


def test_the_narrower_extension_has_the_last_word() -> None:
    text = simple("a", when="few: at least 4")
    text += 'extend rule a for namespace "x" { when { few: at least 5 } }\n'
    text += "extend rule a { when { few: at least 6 }; severity low }\n"
    text += 'extend rule a for namespace "x" { priority 3 }\n'
    text += 'extend rule a for namespace "y", workload "z" { priority 2 }\n'
    text += 'disable rule a for namespace "y"'
    plan = load_text(text)
    got = [(each.priority, each.when[0].text, each.severity) for each in plan.rules]
    assert got == [(3, "at least 5", "low"), (2, "at least 6", "low"), (0, "at least 6", "low")]
    outside = [[test.glob for test in each.scope.outside] for each in plan.rules]
    assert outside == [["y", "z"], ["y"], ["x", "y", "z"]]


def test_a_scope_may_be_a_team() -> None:
    text = 'team pay = namespace "pay-*", workload "till"\n' + simple("a")
    plan = load_text(text + "disable rule a for team pay")
    assert [each.field for each in plan.rules[0].scope.outside] == ["namespace", "workload"]


def test_a_rule_disabled_everywhere_is_gone() -> None:
    plan = load_text("disable rule a\n" + simple("a") + simple("b"))
    assert [each.name for each in plan.rules] == ["b"]


def test_networks_are_replaced_and_extended() -> None:
    plan = load_text(
        "network a = 10.0.0.0/8\nnetwork a = 10.1.0.0/16\nextend network a = fd00::1\n"
    )
    assert plan.networks == {"a": ("10.1.0.0/16", "fd00::1")}


def test_used_files_load_once_and_before_their_user(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "a.rules").write_text(
        'use "more/b.rules"\nuse "more/c.rules"\nnetwork n = 10.0.0.1\n'
    )
    (tmp_path / "more" / "b.rules").write_text('use "../base.rules"\nnetwork n = 10.0.0.2\n')
    (tmp_path / "more" / "c.rules").write_text('use "../base.rules"\n')
    (tmp_path / "base.rules").write_text("network n = 10.0.0.3\nnetwork m = 10.0.0.4\n")
    plan = load([tmp_path / "a.rules"], builtin=False)
    assert plan.networks == {"n": ("10.0.0.1",), "m": ("10.0.0.4",)}
    assert sorted(Path(each).name for each in plan.files) == [
        "a.rules", "b.rules", "base.rules", "c.rules",
    ]  # fmt: skip


@pytest.mark.parametrize("again", ["a.rules", "b.rules"])
def test_files_that_use_each_other_are_refused(tmp_path: Path, again: str) -> None:
    (tmp_path / "a.rules").write_text('use "b.rules"\n')
    (tmp_path / "b.rules").write_text(f'use "{again}"\n')
    with pytest.raises(RuleError) as caught:
        load([tmp_path], builtin=False)
    (found,) = caught.value.diagnostics
    assert (found.code, Path(found.file).name) == ("E046", "b.rules")


@pytest.mark.parametrize("make", ["missing", "binary", "empty folder"])
def test_unreadable_files_are_errors(tmp_path: Path, make: str) -> None:
    path = tmp_path / "x.rules"
    if make == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    if make == "empty folder":
        path.mkdir()
    with pytest.raises(RuleError) as caught:
        load([path], builtin=False)
    assert [each.code for each in caught.value.diagnostics] == ["E002"]


def test_a_stored_plan_equals_a_compiled_one_and_needs_no_lark(tmp_path: Path) -> None:
    path = CASES / "clauses.rules"
    plan = load([path], builtin=False)
    code = (
        "import sys; from pathlib import Path; from whyreset.language.load import load\n"
        f"plan = load([Path({str(path)!r})], builtin=False)\n"
        "assert 'lark' not in sys.modules and 'regex' not in sys.modules\n"
        "print(len(plan.rules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"
    assert load([path], builtin=False) == plan == check([path], builtin=False)[0]


def test_an_edit_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.rules"
    path.write_text("network n = 10.0.0.1\n")
    assert load([path], builtin=False).networks["n"] == ("10.0.0.1",)
    path.write_text("network n = 10.0.0.2\n")
    assert load([path], builtin=False).networks["n"] == ("10.0.0.2",)


@pytest.mark.parametrize("harm", ["garbage", "writable by others", "another type"])
def test_a_cache_that_cannot_be_trusted_is_ignored(tmp_path: Path, harm: str) -> None:
    path = CASES / "clauses.rules"
    plan = load([path], builtin=False)
    (stored,) = cache.folder().glob("plan-*.pickle")
    assert stored.stat().st_mode & 0o777 == 0o600
    assert cache.folder().stat().st_mode & 0o777 == 0o700
    if harm == "garbage":
        stored.write_bytes(b"\x80\x05garbage")
    else:
        stored.write_bytes(pickle.dumps(["no plan"]))
    if harm == "writable by others":
        stored.chmod(0o666)
    assert load([path], builtin=False) == plan


def test_a_file_of_another_user_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write("x.pickle", b"mine")
    assert cache.read("x.pickle") == b"mine"
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert cache.read("x.pickle") is None


def test_a_home_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load([CASES / "clauses.rules"], builtin=False).rules


def test_the_cache_stays_small() -> None:
    for number in range(300):
        cache.write(f"{number}.pickle", b"")
    assert len(list(cache.folder().glob("*.pickle"))) == 256


def test_a_rule_may_have_a_scope_of_its_own() -> None:
    text = simple("a").replace("rule a {", 'rule a for namespace "pay-*", selector "app=till" {')
    plan = load_text(text + 'extend rule a for workload "x" { priority 9 }')
    own = (ScopeTest("namespace", "pay-*"), ScopeTest("selector", "app=till"))
    wider = (ScopeTest("workload", "x"),)
    assert [each.scope for each in plan.rules] == [
        Scope(within=(own, wider)),
        Scope(within=(own,), outside=wider),
    ]


def test_a_variant_of_which_nothing_is_left_is_gone() -> None:
    text = simple("a").replace("rule a {", 'rule a for namespace "x" {')
    assert load_text(text + 'disable rule a for namespace "x", namespace "y"').rules == ()
