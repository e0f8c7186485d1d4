"""Figures for machines: `/metrics` for Prometheus, `/healthz` for a probe."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from whyreset.basis.units import NS
from whyreset.run.follow import Follow
from whyreset.run.live import Live
from whyreset.run.memory import resident
from whyreset.run.standard_output import StandardOutput
from whyreset.run.tallies import Tallies

_STUCK = 30.0
"""Seconds without a step after which the run counts as stuck."""


class MetricsError(Exception):
    """Metrics cannot be served; the message says why."""


def serve(
    address: tuple[str, int], run: Follow | Live, tallies: Tallies, output: StandardOutput
) -> Callable[[], None]:
    """Serve at (host, port) in threads until the function that is returned is called."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
    except ImportError:
        raise MetricsError("--metrics needs a library: pip install 'whyreset[metrics]'") from None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(run, tallies, output))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                code, text = _health(run, output)
                self._answer(code, text.encode(), "text/plain")
            elif self.path.partition("?")[0] == "/metrics":
                body = generate_latest(registry)
                self._answer(200, body, "text/plain; version=0.0.4; charset=utf-8")
            else:
                self._answer(404, b"/metrics or /healthz\n", "text/plain")

        def log_message(self, *_: Any) -> None:
            """Standard error is for what is worth reading."""

        def _answer(self, code: int, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        server = _Server(address, Handler)
    except OSError as error:
        host, port = address
        raise MetricsError(f"{host}:{port}: {error.strerror}") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def close() -> None:
        server.shutdown()
        server.server_close()

    return close


class _Server(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)


def _health(run: Follow | Live, output: StandardOutput) -> tuple[int, str]:
    """Status and a sentence; to wait for a slow reader is what is to be done."""
    age = time.monotonic() - run.beat
    if age <= _STUCK:
        return 200, f"ok: last step {age:.1f}s ago\n"
    if output.blocked:
        return 200, f"ok: standard output is not read, for {age:.0f}s\n"
    return 503, f"stuck: last step {age:.1f}s ago\n"


class _Collector:
    """Reads the figures when they are asked for."""

    def __init__(self, run: Follow | Live, tallies: Tallies, output: StandardOutput) -> None:
        self._run = run
        self._tallies = tallies
        self._output = output

    def collect(self) -> Iterator[Any]:
        """All metrics, with their present values."""
        from prometheus_client.core import (  # noqa: PLC0415 - optional
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        for name, text, value in self._counts():
            yield CounterMetricFamily(f"whyreset_{name}", text, value=value)
        for name, text, value in self._levels():
            yield GaugeMetricFamily(f"whyreset_{name}", text, value=value)
        verdicts = CounterMetricFamily(
            "whyreset_verdicts", "Verdicts said.", labels=["label", "state"]
        )
        for (label, state), count in list(self._tallies.verdicts.items()):
            verdicts.add_metric([label, state], count)
        yield verdicts
        resets = CounterMetricFamily(
            "whyreset_resets_decided", "Resets in bursts that are over.", labels=["label"]
        )
        decided = {label: resets for label, (_, resets) in list(self._tallies.finals.items())}
        for label, count in (decided or dict(self._tallies.resets)).items():
            resets.add_metric([label], count)
        yield resets
        lag = GaugeMetricFamily(
            "whyreset_source_lag_seconds", "Event time that a log is behind.", labels=["source"]
        )
        for path, behind in self._run.lags.items():
            lag.add_metric([path.encode(errors="backslashreplace").decode()], behind / NS)
        yield lag

    def _counts(self) -> Iterator[tuple[str, str, float]]:
        run, totals = self._run, self._run.totals
        yield "lines", "Lines read.", totals.lines
        yield "bytes", "Bytes read.", totals.bytes
        yield "events", "Events found.", totals.events
        yield "resets", "Reset lines found.", totals.resets
        yield "late_events", "Events that came after their turn.", run.late
        yield "unreadable_lines", "Lines that could not be read.", totals.unreadable
        yield "cut_lines", "Lines that were too long.", totals.cut
        yield "evictions", "Times that evidence was dropped to bound memory.", totals.evicted
        yield "bursts_shed", "Open bursts judged early to bound memory.", run.bounds.shed
        yield "output_wait_seconds", "Waited for standard output to be read.", self._output.waited
        if run.rules is not None:
            yield "reloads", "Rule sets taken up.", run.rules.reloaded
            yield "reloads_refused", "Rule sets refused.", run.rules.refused

    def _levels(self) -> Iterator[tuple[str, str, float]]:
        run = self._run
        yield "sources", "Logs that are followed.", run.followed
        yield "open_bursts", "Bursts that are open.", len(run.open_bursts)
        yield "held_events", "Events that wait for their turn.", run.held
        yield "resident_bytes", "Memory of the process.", resident()
        if run.rules is not None:
            yield "rules_up_to_date", "0 if the newest rules were refused.", run.rules.is_current
        if run.checkpoint is not None:
            written = run.checkpoint.written
            age = float("inf") if written is None else time.time() - written
            yield "checkpoint_age_seconds", "Since the state was stored.", age
