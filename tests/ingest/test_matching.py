import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.frozen import replace
from whyreset.ingest.matching import Extractor
from whyreset.ingest.source_name import make_source
from whyreset.language.load import load
from whyreset.model.conditions import condition_test
from whyreset.model.definition import (
    Assignment,
    Condition,
    Definition,
    KeyCondition,
    Mapped,
    Matcher,
    Origin,
)
from whyreset.model.record import Record


def pattern(text, types=None, literals=(), by="t:1"):
    return Matcher(text, tuple((types or {}).items()), (), (), literals, by)


def mapping(guard=(), by="t:1", **fields):
    mapped = tuple(
        Mapped(name, tuple(path.split(".")), kind) for name, (path, kind) in fields.items()
    )
    return Matcher(None, (), mapped, tuple(guard), (), by)


def define(*matchers, kind="reset", origins=(), assignments=(), where=()):
    return Definition(kind, tuple(origins), matchers, tuple(assignments), tuple(where), (), "t:1")


def extract(definitions, text, source=None):
    definitions = definitions if isinstance(definitions, list) else [definitions]
    return Extractor(definitions).extract(Record(1, source or make_source("x"), 0, text))


def fields(definitions, text):
    (event,) = extract(definitions, text)
    return event.fields


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("addr", "10.0.0.1:80", {"v": "10.0.0.1", "v_port": 80}),
        ("addr", "[fd00::1]:80", {"v": "fd00::1", "v_port": 80}),
        ("addr", "::ffff:10.0.0.9", {"v": "10.0.0.9"}),
        ("addr", "/10.0.0.1:80", {"v": "10.0.0.1", "v_port": 80}),
        ("addr", "db/10.0.0.1:80", {"v": "10.0.0.1", "v_port": 80}),
        ("addr", "10.0.0.1:80, 10.0.0.2:81", {"v": "10.0.0.2", "v_port": 81}),
        ("addr", "api.shop:80", {"v": "api.shop", "v_port": 80}),
        ("addr", "10.0.0.1:65536", {"v": "10.0.0.1"}),
        ("addr", "[fd00::1]:99999", {"v": "fd00::1"}),
        ("port", "65535", {"v": 65535}),
        ("port", "65536", {}),
        ("addr", ":undefined", {}),
        ("addr", "undefined", {}),
        ("addr", "-", {}),
        ("ip", "::ffff:10.0.0.9", {"v": "10.0.0.9"}),
        ("ip", "203.0.113.1, 10.0.0.1", {"v": "203.0.113.1"}),
        ("ip", "-", {}),
        ("int", "200", {"v": 200}),
        ("int", "502, 200", {"v": 200}),
        ("int", "x", {}),
        ("num", "1.5", {"v": 1.5}),
        ("num", "nan", {}),
        ("word", "-", {}),
        ("rest", " some text ", {"v": "some text"}),
        ("duration", "0.25", {"v": 0.25}),
        ("duration", "12.3s", {"v": 12.3}),
        ("duration", "500ms", {"v": 0.5}),
        ("duration", "1m30s", {"v": 90.0}),
        ("duration", "0.5, 0.25", {"v": 0.75}),
        ("duration", "soon", {}),
        ("duration:ms", "1500", {"v": 1.5}),
        ("duration:ns", "2000000000", {"v": 2.0}),
        ("duration:ms", "2s", {"v": 2.0}),
        ("duration", "-", {}),
    ],
)
def test_types(kind, text, expected):
    assert fields(define(pattern("<(?<v>.*)>", {"v": kind})), f"<{text}>") == expected


def test_the_matcher_with_most_fields_wins_and_the_first_of_equals():
    few = pattern(r"reset (?<peer>\S+)", by="few")
    many = pattern(r"reset (?<peer>\S+) (?<local>\S+)", by="many")
    same = pattern(r"reset (?<client>\S+)", by="same")
    (event,) = extract([define(few, same), define(many)], "reset a b")
    assert (event.by, event.fields) == ("many", {"peer": "a", "local": "b"})
    (event,) = extract([define(few, same)], "reset a")
    assert event.by == "few"


def test_fields_that_are_assigned_on_no_condition_count_too():
    captured = define(pattern("(?<peer>a) b", {"peer": "word"}, by="captured"))
    given = define(
        pattern("(?<peer>a)", {"peer": "word"}, by="given"),
        assignments=[Assignment("side", "client", ())],
    )
    maybe = define(
        pattern("(?<peer>a) ", {"peer": "word"}, by="maybe"),
        assignments=[Assignment("side", "client", (Condition("peer", "=", "a"),))],
    )
    assert extract([captured, given, maybe], "a b")[0].by == "given"
    assert extract([captured, maybe], "a b")[0].by == "captured"


def test_one_event_of_each_kind():
    found = extract([define(pattern("x")), define(pattern("x"), kind="crash")], "x x x")
    assert [event.kind for event in found] == ["reset", "crash"]


def test_json_mapping_with_guard():
    guard = [
        KeyCondition((("reason",),), "=", ("Killing",)),
        KeyCondition((("involvedObject", "name"), ("name",)), "exists"),
        KeyCondition((("count",),), ">=", (2,)),
        KeyCondition((("involvedObject", "kind"),), "~", ("J*", "P*")),
    ]
    killing = define(mapping(guard, pod=("involvedObject.name", "word")), kind="termination")
    text = '{"reason":"%s","count":2,"involvedObject":{"name":"a","kind":"Pod"}}'
    assert fields(killing, text % "Killing") == {"pod": "a"}
    assert fields(killing, "INFO exported " + text % "Killing") == {"pod": "a"}
    assert extract(killing, text % "Started") == []
    assert extract(killing, "Killing, but no JSON") == []


def test_several_keys_and_values_that_must_not_be():
    guard = [
        KeyCondition((("kind",), ("type",)), "!=", ("audit", "trace")),
        KeyCondition((("code",),), "=", ("reset",)),
    ]
    lost = define(mapping(guard, pod=("pod", "word")))
    assert fields(lost, '{"code":"reset","pod":"a"}') == {"pod": "a"}
    assert fields(lost, '{"code":"reset","pod":"a","kind":"log","type":"event"}') == {"pod": "a"}
    assert extract(lost, '{"code":"reset","pod":"a","kind":"trace"}') == []
    assert extract(lost, '{"code":"reset","pod":"a","kind":"log","type":"audit"}') == []


def test_json_values():
    access = define(
        mapping(
            status=("status", "int"),
            client=("kubernetes.ip", "ip"),
            duration=("took", "duration:ms"),
        ),
        kind="access",
    )
    assert fields(access, '{"status":"499","took":1500}') == {"status": 499, "duration": 1.5}
    assert fields(access, '{"kubernetes.ip":"::ffff:10.0.0.1"}') == {"client": "10.0.0.1"}
    assert extract(access, '{"other":1}') == []


def test_patterns_see_decoded_strings():
    go = define(pattern(r"^read tcp (?<local>\S+)->(?<peer>\S+): x$", {"peer": "addr"}))
    text = r'{"level":"error","err":{"message":"read tcp a-\u003e10.0.0.1:5: x"}}'
    assert fields(go, text) == {"local": "a", "peer": "10.0.0.1", "peer_port": 5}
    assert extract(go, text.replace("message", "other")) == []


def test_assignments_and_conditions():
    definition = define(
        pattern(r"(?<verb>read|write) (?<status>\d+)", {"status": "int"}),
        assignments=[
            Assignment("direction", "read", (Condition("verb", "=", "read"),)),
            Assignment("big", "yes", (Condition("status", ">", 99),)),
        ],
        where=[Condition("status", "!=", 7)],
    )
    assert fields(definition, "read 100") == {
        "verb": "read", "status": 100, "direction": "read", "big": "yes"
    }  # fmt: skip
    assert fields(definition, "write 1") == {"verb": "write", "status": 1}
    assert extract(definition, "read 7") == []


def test_origins():
    only = define(pattern("x"), origins=[Origin("container", "ingress-*"), Origin("pod", "a")])
    assert extract(only, "x", make_source("s", "n", "p", "ingress-nginx"))
    assert extract(only, "x", make_source("s", "n", "a", "b"))
    assert not extract(only, "x", make_source("s", "n", "p", "app"))
    assert not extract(only, "x", make_source("s"))


def test_a_slow_pattern_is_disabled_and_reported():
    slow = Extractor(
        [define(pattern("^(a|aa|aaa)+$", by="slow:3")), define(pattern("c"), kind="k")], 0.01
    )
    text = "a" * 60 + "c"
    record = Record(1, make_source("x"), 0, text)
    assert [event.kind for event in slow.extract(record)] == ["k"]
    assert [event.kind for event in slow.extract(record)] == ["k"]
    (problem,) = slow.problems
    assert problem.startswith("slow:3: ")


def test_a_long_line_that_takes_too_long_takes_no_pattern_from_shorter_lines():
    found = Extractor([define(pattern("(?:a|aa)+$|reset", by="slow:3"))], 0.01)
    source = make_source("x")
    assert not found.extract(Record(1, source, 0, "a" * 3000 + "!" + " " * 1000))
    assert "2,000 characters at most" in found.problems[0]
    assert found.extract(Record(1, source, 0, "reset" + " " * 1500))
    assert not found.extract(Record(1, source, 0, "reset" + " " * 3000))
    assert len(found.problems) == 1


def test_a_record_of_many_lines_that_do_not_count_is_read_to_its_end():
    found = replace(define(pattern("connection lost")), skips=("^dump:",))
    lines = "dump: a connection lost\n" * 5000
    assert extract(found, lines) == []
    assert fields(found, lines + "worker 7: connection lost") == {}


@given(st.text(max_size=60))
def test_any_text_can_be_matched(text):
    definitions = [
        define(pattern("(?<v>.+)", {"v": "duration"})),
        define(mapping(v=("a.b", "addr")), kind="k"),
    ]
    extract(definitions, text)
    extract(definitions, '{"a":{"b":' + text + "}}")


def test_peers_are_looked_for_only_where_a_definition_looks():
    origin = Origin("container", "proxy")
    asked = Matcher(
        r"^(?<client>[\d.]+) done", (), (), (), (b" done",), "t:1", wanted=(), by_peer=True
    )
    extractor = Extractor(
        [Definition("access", (origin,), (asked,), (), (), (), "t:1")],
        narrow=True,
        peers=["10.0.0.1"],
    )
    owners = {
        name: extractor.needles(make_source("f", "a", "b", name), before=(b" F ",)).owners[-1]
        for name in ("proxy", "app")
    }
    assert owners == {"proxy": {0}, "app": set()}


def test_a_line_that_is_skipped_is_no_event():
    found = define(pattern("connection lost(?: to (?P<peer>\\S+))?", {"peer": "addr"}))
    found = replace(found, skips=("^dump:",))
    assert fields(found, "worker 7: connection lost to 10.0.0.1") == {"peer": "10.0.0.1"}
    assert extract(found, "dump: a connection lost") == []
    lines = "dump: a connection lost\nworker 7: connection lost to 10.0.0.1"
    assert fields(found, lines) == {"peer": "10.0.0.1"}
    assert fields(found, "dump: two\nworker 7: connection lost") == {}  # another line


def test_a_skip_that_takes_too_long_costs_its_pattern():
    found = define(pattern("connection lost"))
    found = Definition(
        *[getattr(found, name) for name in found._fields[:-1]], skips=("(?:a|aa)+$",)
    )
    extractor = Extractor([found], timeout=0.05)
    assert (
        extractor.extract(Record(1, make_source("x"), 0, "connection lost " + "a" * 5000 + "!"))
        == []
    )
    assert len(extractor.problems) == 1


def test_a_message_counts_only_behind_what_it_must_follow():
    found = replace(define(pattern("connection lost")), afters=(r"\bERROR\b",))
    assert fields(found, "ERROR worker 7: connection lost") == {}
    assert extract(found, "connection lost: no ERROR") == []
    assert extract(found, "ERROR of another line\nconnection lost") == []


def test_the_path_of_a_container_gives_its_name():
    found = define(mapping(pod=("name", "word"), container=("path", "container")), kind="start")
    assert fields(found, '{"name":"a-1","path":"spec.initContainers{web}"}') == {
        "pod": "a-1",
        "container": "web",
    }
    assert fields(found, '{"name":"a-1","path":"spec.nodeName"}') == {"pod": "a-1"}


def test_an_object_is_asked_for_its_line_too():
    found = define(mapping(peer=("remote", "addr")))
    line = 'ERROR {"remote":"10.0.0.1","subject":"x"}'
    assert fields(replace(found, afters=("ERROR",)), line) == {"peer": "10.0.0.1"}
    assert extract(replace(found, afters=("WARN",)), line) == []
    assert extract(replace(found, skips=('"subject":',)), line) == []


@pytest.fixture(scope="module")
def any_maker(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "a.rules"
    path.write_text(
        "event access {\n"
        "  json {\n"
        "    client = .remote_addr or .client_ip ip or .peer.addr\n"
        "    method = .method or .request request\n"
        "    path = .path or .url word or .target url\n"
        "    status = .status or .code int\n"
        "    duration = .ms or .took_ms ms or .seconds s or .latency with_unit\n"
        "  } where client exists, status exists\n"
        "}\n"
    )
    return Extractor(load([path], builtin=False).definitions)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"client_ip":"10.0.0.1","code":200}', {"client": "10.0.0.1", "status": 200}),
        # The first path that is there wins, whatever the order of the keys.
        (
            '{"client_ip":"10.0.0.2","remote_addr":"10.0.0.1","status":"499"}',
            {"client": "10.0.0.1", "status": 499},
        ),
        # ... if it has a value of its type.
        ('{"peer":{"addr":"a"},"status":"ok","code":7}', {"client": "a", "status": 7}),
        (
            '{"client_ip":"a","request":"GET /a HTTP/1.1","url":"/b","status":200}',
            {"client": "a", "status": 200, "method": "GET", "path": "/a"},
        ),
        ('{"client_ip":"a","code":1,"request":"-"}', {"client": "a", "status": 1}),
        (
            '{"client_ip":"a","request":"GET https://b.example.com:80/a?b=//c HTTP/2","code":1}',
            {
                "client": "a", "status": 1, "method": "GET", "path": "/a?b=//c",
                "host": "b.example.com",
            },
        ),
        (
            '{"client_ip":"a","target":"ws://b.example.com","code":1}',
            {"client": "a", "status": 1, "path": "/", "host": "b.example.com"},
        ),
        # An address has no port, also where a logger joined one to it.
        ('{"client_ip":"10.0.0.1:80","code":1}', {"client": "10.0.0.1", "status": 1}),
        ('{"client_ip":"[::1]:80, b","code":1}', {"client": "::1", "status": 1}),
        ('{"client_ip":"a","code":1,"took_ms":10}', {"client": "a", "status": 1, "duration": 0.01}),
        ('{"client_ip":"a","code":1,"seconds":2}', {"client": "a", "status": 1, "duration": 2.0}),
        ('{"client_ip":"a","code":1,"latency":"3s"}', {"client": "a", "status": 1, "duration": 3}),
        ('{"client_ip":"a","code":1,"latency":3}', {"client": "a", "status": 1}),
        # An object within the object, with all that is asked for.
        ('{"level":"info","http":{"client_ip":"a","code":1}}', {"client": "a", "status": 1}),
        ('{"client_ip":"a","http":{"code":1}}', None),
        ('{"code":1}', None),
    ],
)  # fmt: skip
def test_json_alternatives(any_maker, text, fields):
    found = any_maker.extract(Record(1, make_source("x"), 0, text))
    assert [event.fields for event in found] == ([] if fields is None else [fields])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "a.rules"
    path.write_text(
        "event access {\n"
        "  logfmt {\n"
        "    client = .remote or .http.remote addr\n"
        "    method = .method word or .request request\n"
        "    status = .status int\n"
        "    duration = .ms ms or .took with_unit\n"
        '  } where .level = "info", status exists\n'
        "}\n"
    )
    return Extractor(load([path], builtin=False).definitions)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("level=info status=499", {"status": 499}),
        (
            'x level=info msg="a b" remote="10.0.0.1:80" status=200, took=3.5s',
            {"client": "10.0.0.1", "client_port": 80, "status": 200, "duration": 3.5},
        ),
        ("level=info http.remote=a status=1", {"client": "a", "status": 1}),
        (
            'level="info" request="GET /a?b=c HTTP/1.1" status=1',
            {"method": "GET", "path": "/a?b=c", "status": 1},
        ),
        # The keys of a span, and a unit that stands apart.
        (
            "INFO request{method=GET level=info}: done took=12 ms status=7",
            {"method": "GET", "status": 7, "duration": 0.012},
        ),
        # What a value quotes is no key, and of two the first counts.
        (r'msg="level=x \"status=9\"" level=info status=8 status=7', {"status": 8}),
        (r'{"n":1,"msg":"level=info status=499"}', {"status": 499}),
        ("level=warn status=499", None),
        ("level=info /a?status=499", None),
        ("level=info status=", None),
    ],
)  # fmt: skip
def test_pairs(pairs, text, fields):
    found = pairs.extract(Record(1, make_source("x"), 0, text))
    assert [event.fields for event in found] == ([] if fields is None else [fields])


@pytest.mark.parametrize(
    ("text", "seconds"), [("took 1500", 1.5), ("took 28,830,102", 28830.102), ("took 2s", 2.0)]
)
def test_a_capture_names_the_unit_of_a_number(tmp_path, text, seconds):
    path = tmp_path / "a.rules"
    path.write_text("event access {\n  match /took (?<duration_ms>[\\d,]+s?)/\n}\n")
    (found,) = Extractor(load([path], builtin=False).definitions).extract(
        Record(1, make_source("x"), 0, text)
    )
    assert dict(found.fields) == {"duration": seconds}


@pytest.mark.parametrize(
    ("op", "value", "text", "is_met"),
    [
        ("=", "unknown", "order A lost", True),
        ("=", "unknown", "order A lost by unknown", False),
        ("!=", "unknown", "order A lost", False),
        ("!=", "unknown", "order A lost by 7", True),
        ("!=", 7, "order A lost", False),
        ("!=", 7, "order A lost by 8", True),
        ("=", 7, "order A lost by 7", True),
        (">=", 7, "order A lost by 10", True),
        (">=", 7, "order A lost by noon", False),
        ("~", "*", "order A lost", False),
        ("~", "n*", "order A lost by noon", True),
    ],
)
def test_a_condition_says_in_an_event_block_what_it_says_in_a_clause(op, value, text, is_met):
    found = pattern(r"order (?<order>\w+) lost(?: by (?<status>\w+))?", {"status": "word"})
    condition = Condition("status", op, value)
    events = extract(define(found, kind="lost", where=[condition]), text)
    assert bool(events) is is_met
    events = extract(define(found, kind="lost"), text)
    assert condition_test([condition])(events[0]) is is_met
    chosen = Assignment("whole", "no", (condition,))
    events = extract(define(found, kind="lost", assignments=[chosen]), text)
    assert ("whole" in events[0].fields) is is_met
