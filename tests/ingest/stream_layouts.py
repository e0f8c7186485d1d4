"""The same records of three pods, as each tool, shipper and log store prints them."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

SECOND = 10**9
START = 1_795_341_600 * SECOND
HEX = "0123456789abcdef" * 4
UID = "1f0c9a52-0b2e-4d56-b09a-fc74523f7fcd"
PODS = (("api-7c9d8b5f64-x2x4z", "api"), ("api-7c9d8b5f64-m5n6p", "api"), ("db-0", "pg"))
TRACE = (
    "ERROR call failed", "java.net.SocketException: Connection reset",
    "\tat a.Net.read(Net.java:1)", "\t... 7 more",
)  # fmt: skip
TEXTS = (
    ("INFO fine",), TRACE, ("INFO fine",), ("read: connection reset by peer",), ("",),
    ('{"level":"error","error":"read ECONNRESET"}',), ("INFO fine",),
)  # fmt: skip


class Printed(NamedTuple):
    """One line: when, by whom, to which stream."""

    time: int
    pod: str
    container: str
    stream: str
    text: str


def resets() -> list[tuple[int, str, str]]:
    """Time, pod and container of each record that tells of a reset."""
    return [
        (START + number * SECOND, *PODS[number % 3])
        for number in range(21)
        if len(TEXTS[number % 7]) > 1 or "reset" in TEXTS[number % 7][0].lower()
        or "ECONN" in TEXTS[number % 7][0]
    ]  # fmt: skip


def lines() -> Iterator[Printed]:
    """All lines, in the order of time."""
    for number in range(21):
        stream = "stderr" if number % 2 else "stdout"
        for row, text in enumerate(TEXTS[number % 7]):
            time = START + number * SECOND + row * 40_000
            yield Printed(time, *PODS[number % 3], stream, text)


def iso(time: int, digits: int = 9, zone: str = "Z") -> str:
    second, rest = divmod(time, SECOND)
    text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{rest:09}"[: digits + 1] if digits else "") + zone


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def meta(line: Printed) -> dict[str, str]:
    return {"pod_name": line.pod, "namespace_name": "shop", "container_name": line.container}


def file_of(line: Printed) -> str:
    return f"/var/log/containers/{line.pod}_shop_{line.container}-{HEX}.log"


def cri(line: Printed) -> str:
    return f"{iso(line.time)} {line.stream} F {line.text}"


def fluent(line: Printed) -> dict[str, Any]:
    return {"time": iso(line.time), "stream": line.stream, "_p": "F", "log": line.text}


def ruby(line: Printed) -> str:
    log, place = line.text, meta(line)
    pairs = ", ".join(f'"{key}"=>"{value}"' for key, value in place.items())
    return f'{{"stream"=>"{line.stream}", "log"=>"{log}", "kubernetes"=>{{{pairs}}}}}'


def message(text: str) -> str:
    """As stern's `extjson` prints it: JSON as it is, other texts quoted."""
    return text if text.startswith("{") else json.dumps(text)


def sections(print_line: Callable[[Printed], str], heading: Callable[[Printed], str]) -> str:
    printed: list[str] = []
    last = None
    for line in lines():
        if line.pod != last:
            printed += ["", heading(line)] if printed else [heading(line)]
        last = line.pod
        printed.append(print_line(line))
    return "\n".join(printed) + "\n"


def each(print_line: Callable[[Printed], str]) -> str:
    return "".join(print_line(line) + "\n" for line in lines())


def loki() -> dict[str, Any]:
    streams: dict[tuple[str, str, str], list[list[str]]] = {}
    for line in lines():
        values = streams.setdefault((line.pod, line.container, line.stream), [])
        values.insert(0, [str(line.time), line.text])
    result = [
        {"stream": {"namespace": "shop", "pod": p, "container": c, "stream": s}, "values": values}
        for (p, c, s), values in streams.items()
    ]
    return {"status": "success", "data": {"resultType": "streams", "result": result}}


def grafana() -> list[dict[str, Any]]:
    return [
        {"line": line.text, "timestamp": str(line.time), "date": iso(line.time, 3),
         "fields": {"namespace": "shop", "pod": line.pod, "container": line.container}}
        for line in lines()
    ]  # fmt: skip


def google() -> list[dict[str, Any]]:
    return [
        {"logName": f"projects/p/logs/{line.stream}", "textPayload": line.text + "\n",
         "resource": {"type": "k8s_container", "labels": meta(line)}, "timestamp": iso(line.time)}
        for line in lines()
    ]  # fmt: skip


def azure() -> list[dict[str, str]]:
    return [
        {"PodNamespace": "shop", "PodName": line.pod, "ContainerName": line.container,
         "LogMessage": line.text, "LogSource": line.stream, "TimeGenerated": iso(line.time, 7)}
        for line in lines()
    ]  # fmt: skip


def elastic() -> dict[str, Any]:
    hits = [
        {"_index": "logs", "_source": {**fluent(line), "kubernetes": meta(line)}}
        for line in lines()
    ]
    return {"took": 3, "hits": {"total": {"value": len(hits)}, "hits": hits}}


def amazon() -> dict[str, Any]:
    events = [
        {"timestamp": line.time // 10**6, "ingestionTime": line.time // 10**6 + 9,
         "message": compact({**fluent(line), "kubernetes": meta(line)})}
        for line in lines()
    ]  # fmt: skip
    return {"events": events, "nextForwardToken": "f/1"}


def otlp(batch: list[Printed]) -> str:
    def pair(key: str, value: str) -> dict[str, Any]:
        return {"key": key, "value": {"stringValue": value}}

    return compact({
        "resourceLogs": [
            {"resource": {"attributes": [pair("k8s.pod.name", line.pod),
                                         pair("k8s.container.name", line.container)]},
             "scopeLogs": [{"logRecords": [{"timeUnixNano": str(line.time),
                                            "body": {"stringValue": line.text}}]}]}
            for line in batch
        ]
    })  # fmt: skip


def table(heading: list[str], row: Callable[[Printed], list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([heading, *(row(line) for line in lines())])
    return text.getvalue()


def halves(time: int) -> str:
    second, rest = divmod(time, SECOND)
    shown = datetime.fromtimestamp(second, UTC)
    return f"{shown:%m/%d/%Y, %I:%M:%S}.{rest // 10**6:03} {shown:%p}"


# By name: what is printed, and how many digits of a second it tells.
LAYOUTS: dict[str, tuple[Callable[[], str], int]] = {
    "kubectl": (lambda: each(lambda x: f"[pod/{x.pod}/{x.container}] {iso(x.time)} {x.text}"), 9),
    "stern": (
        lambda: (
            "+ shop db-0 › pg\n"
            + each(lambda x: f"shop {x.pod} {x.container} {iso(x.time)} {x.text}")
        ),
        9,
    ),
    "stern, short stamps": (
        lambda: each(
            lambda x: f"{x.pod} {x.container} {iso(x.time, 0, '').replace('T', ' ')[5:]} {x.text}"
        ),
        0,
    ),
    "tail": (lambda: sections(cri, lambda x: f"==> {file_of(x)} <=="), 9),
    "tail, CRLF": (
        lambda: sections(cri, lambda x: f"==> {file_of(x)} <==").replace("\n", "\r\n"),
        9,
    ),
    "tail, docker": (
        lambda: sections(
            lambda x: compact({"log": x.text + "\n", "stream": x.stream, "time": iso(x.time)}),
            lambda x: f"==> /var/log/pods/shop_{x.pod}_{UID}/{x.container}/0.log <==",
        ),
        9,
    ),
    "grep": (lambda: each(lambda x: f"{file_of(x)}:{cri(x)}"), 9),
    "grep in pods": (
        lambda: each(lambda x: f"/var/log/pods/shop_{x.pod}_{UID}/{x.container}/0.log:{cri(x)}"),
        9,
    ),
    "Fluent Bit": (lambda: each(lambda x: compact({**fluent(x), "kubernetes": meta(x)})), 9),
    "Fluent Bit, arrays": (
        lambda: each(lambda x: "[" + compact({**fluent(x), "kubernetes": meta(x)}) + "]"),
        9,
    ),
    "Fluent Bit, stdout": (
        lambda: each(
            lambda x: f"[0] a: [[{x.time // SECOND}.{x.time % SECOND:09}, {{}}], {ruby(x)}]"
        ),
        9,
    ),
    "Fluent Bit, pretty": (
        lambda: each(lambda x: json.dumps({**fluent(x), "kubernetes": meta(x)}, indent=2)),
        9,
    ),
    "Loki, pretty": (lambda: json.dumps(loki(), indent=2), 9),
    "Grafana": (lambda: compact(grafana()), 9),
    "Grafana, pretty": (lambda: json.dumps(grafana(), indent=2), 9),
    "gcloud": (lambda: json.dumps(google(), indent=2), 9),
    "gcloud, newest first": (lambda: json.dumps(google()[::-1], indent=2), 9),
    "Azure": (lambda: json.dumps(azure(), indent=2), 7),
    "Elasticsearch": (lambda: json.dumps(elastic(), indent=1), 9),
    "Elasticsearch, compact": (lambda: compact(elastic()), 9),
    "CloudWatch": (lambda: json.dumps(amazon(), indent=4), 3),
    "aws logs tail": (
        lambda: each(
            lambda x: (
                f"{iso(x.time, 6, '+00:00')} n1-application{file_of(x).replace('/', '.')} "
                + compact(fluent(x))
            )
        ),
        6,
    ),
    "OTLP": (lambda: each(lambda x: otlp([x])), 9),
    "OTLP, batches": (lambda: otlp(list(lines())[:17]) + "\n" + otlp(list(lines())[17:]), 9),
    "VictoriaLogs": (
        lambda: each(
            lambda x: compact(
                {
                    "_msg": x.text,
                    "_time": iso(x.time),
                    "kubernetes.pod_name": x.pod,
                    "kubernetes.container_name": x.container,
                }
            )
        ),
        9,
    ),
    "Azure, CSV": (
        lambda: table(
            ["TimeGenerated [UTC]", "PodName", "ContainerName", "LogMessage"],
            lambda x: [halves(x.time), x.pod, x.container, x.text],
        ),
        3,
    ),
    "Kibana, CSV": (
        lambda: table(
            ["@timestamp", "kubernetes.pod_name", "kubernetes.container_name", "message"],
            lambda x: [
                datetime.fromtimestamp(x.time // SECOND, UTC).strftime("%b %d, %Y @ %H:%M:%S.000"),
                x.pod,
                x.container,
                x.text,
            ],
        ),
        0,
    ),
}
