"""What most lines of most logs say makes no definition read them, but of requests."""

import pytest

from whyreset.language.load import load_text
from whyreset.model.event import ACCESS

LINES = [
    '{"level":"info","ts":"2026-11-22T10:00:00.1Z","caller":"server/main.go:41","msg":"ready"}',
    '{"level":"debug","ts":1795341600.1,"logger":"orders","caller":"a/b.go:7","msg":"saved 3"}',
    '{"level":30,"time":1795341600123,"pid":17,"hostname":"web-1","msg":"handled order 7"}',
    'time="2026-11-22T10:00:00Z" level=info msg="reconciled" component=orders took=12ms',
    "I1122 10:00:00.123456       1 controller.go:41] synced 7 items",
    "2026-11-22 10:00:00,123 INFO [worker-1] com.example.Orders - order 7 was saved",
    "2026-11-22 10:00:00.123 DEBUG 17 --- [main] c.e.Orders : cache has 812 entries",
    "INFO:orders.worker:processed batch 41 (7 items)",
    "[2026-11-22T10:00:00.123Z] INFO (orders/17 on web-1): cache is warm",
    "2026/11/22 10:00:00 opened connection pool of 7",
]


DEFINITIONS = [each for each in load_text("", builtin=True).definitions if each.kind != ACCESS]


@pytest.mark.parametrize("line", LINES)
def test_no_definition_is_tried(line: str) -> None:
    matchers = [matcher for definition in DEFINITIONS for matcher in definition.matchers]
    assert len(matchers) > 1000
    assert not {m.by for m in matchers if any(each in line.encode() for each in m.literals)}
