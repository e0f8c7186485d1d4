"""Fuzz what reads lines, by hand: no input raises, hangs or costs more than linear time.

    pip install --group fuzz
    python tests/fuzz/lines.py -max_total_time=600 [options of libFuzzer]

The lines of tests/cases/lines are what it begins with. It needs the engine as sources (`make
pure`): atheris follows bytecode. An input in which something is wrong is left in a file.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["whyreset"]):
    from whyreset.ingest.intake import Intake
    from whyreset.ingest.matching import Extractor
    from whyreset.ingest.stamps import Clock
    from whyreset.language.load import check
    from whyreset.model.record import Source

CASES = Path(__file__).parents[1] / "cases" / "lines"
NOW = 1_795_341_600 * 10**9
TIMES, SLOW, GROWTH = 8, 1.0, 4.0
"""An input that takes so long (s) is read again so many times over: that may take so much more
than that many times as long."""


def main() -> None:
    """Fuzz until libFuzzer stops."""
    plan, found = check((), builtin=True)
    if plan is None:
        sys.exit("\n".join(each.render() for each in found))
    extractor = Extractor(plan.definitions)

    def read(data: bytes) -> float:
        began = time.process_time()
        intake = Intake(extractor, Source("fuzz"), Clock(reference=NOW))
        batch = intake.feed(data, last=True)
        for event in batch.events:
            assert event.whole().kind
        assert batch.bytes <= len(data)
        return time.process_time() - began

    def test(data: bytes) -> None:
        took = read(data)
        if took > SLOW:
            again = read((data + b"\n") * TIMES)
            assert again < GROWTH * TIMES * took, f"{took:.2f} s, {TIMES} times: {again:.2f} s"
        if extractor.problems:
            raise AssertionError(extractor.problems.pop())

    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(_lines()):
            (Path(folder) / str(number)).write_bytes(line)
        atheris.Setup([*sys.argv, folder], test)
        atheris.Fuzz()


def _lines() -> list[bytes]:
    return [
        json.loads(row)["line"].encode(errors="surrogatepass")
        for file in sorted(CASES.glob("*.jsonl"))
        for row in file.read_text().splitlines()
        if row
    ]


if __name__ == "__main__":
    main()
