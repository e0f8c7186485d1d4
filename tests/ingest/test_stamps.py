import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyreset.basis.times import format_time
from whyreset.basis.units import NS
from whyreset.ingest.refining import refine
from whyreset.ingest.stamps import (
    Clock,
    Stamp,
    parse_epoch,
    parse_rfc3339,
    read_header,
)
from whyreset.ingest.zones import parse_zone

CASES = Path(__file__).parents[1] / "cases" / "ingest" / "stamps.json"
CLOCK = Clock(reference=parse_rfc3339("2026-12-20T00:00:00Z"))


@pytest.mark.parametrize(("text", "expected", "assumed"), json.loads(CASES.read_text()))
def test_spelling(text, expected, assumed):
    stamp = read_header(text, CLOCK)
    if expected is None:
        assert stamp is None
    else:
        assert stamp is not None
        assert stamp.time == parse_rfc3339(expected)
        assert list(stamp.assumed) == assumed


@given(st.integers(0, 4_000_000_000 * NS), st.integers(0, 9), st.integers(-14 * 60, 14 * 60))
def test_rfc3339_round_trip(time, digits, minutes):
    time -= time % 10 ** (9 - digits)
    local = datetime.fromtimestamp(time // NS + minutes * 60, UTC)
    fraction = f".{time % NS:09}"[: digits + 1] if digits else ""
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "Z"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"
    assert parse_rfc3339(text) == parse_rfc3339(text.encode()) == time


@pytest.mark.parametrize(
    "text", ["", "x", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00:00.Z",
             "2026-11-22T10:00:00.1_2Z", "2026-11-22T10:00:00+1"],
)  # fmt: skip
def test_rfc3339_rejects(text):
    with pytest.raises(ValueError, match=r"not a|codec"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1764000000, 1764000000 * NS),
        ("1764000000", 1764000000 * NS),
        (1764000000123, 1764000000123 * 10**6),
        ("1764000000123456", 1764000000123456 * 1000),
        ("1764000000123456789", 1764000000123456789),
        (1764000000.123456, 1764000000123456000),
    ],
)
def test_epoch_by_magnitude(number, expected):
    assert parse_epoch(number) == expected


def test_zone_shifts_local_times():
    clock = Clock(parse_zone("Europe/Berlin"), CLOCK.reference)
    summer = read_header("2026/07/01 10:00:00 x", clock)
    winter = read_header("2026/11/22 10:00:00 x", clock)
    assert summer.time == parse_rfc3339("2026-07-01T08:00:00Z")
    assert winter.time == parse_rfc3339("2026-11-22T09:00:00Z")
    assert parse_zone("+02:00").utcoffset(None).total_seconds() == 7200
    with pytest.raises(ValueError, match="not a time zone"):
        parse_zone("Nowhere/Land")


def test_leap_day_has_a_year():
    stamp = read_header("Feb 29 10:00:00 x", Clock(reference=parse_rfc3339("2027-03-01T00:00:00Z")))
    assert stamp is not None
    assert datetime.fromtimestamp(stamp.time / NS, UTC).date() == date(2028, 2, 29)


def year_of(text: str, clock: Clock) -> int:
    stamp = read_header(text, clock)
    assert stamp is not None
    return datetime.fromtimestamp(stamp.time / NS, UTC).year


CHANGED = parse_rfc3339("2026-11-29T00:00:00Z")


@pytest.mark.parametrize(
    "clock",
    [Clock(changed=CHANGED, reference=CHANGED), Clock(latest=lambda: CHANGED),
     Clock(latest=lambda: CHANGED, reference=CHANGED)],
    ids=["at rest", "live", "pipe"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("day", "year"),
    [("Nov 28", 2026), ("Dec  5", 2026), ("Dec  8", 2025), ("May 27", 2026), ("Jun 12", 2026),
     ("Jan  1", 2026), ("Dec 31", 2025)],
)  # fmt: skip
def test_no_line_is_younger_than_its_file(clock: Clock, day: str, year: int) -> None:
    assert year_of(f"{day} 10:00:00 x", clock) == year


def test_a_reader_that_runs_for_years_goes_with_the_time() -> None:
    now = [CHANGED]
    clock = Clock(latest=lambda: now[0])
    for _ in range(40):
        now[0] += 30 * 86_400 * NS
        today = datetime.fromtimestamp(now[0] / NS, UTC)
        assert year_of(f"{today:%b %d} 00:00:00 x", clock) == today.year


@pytest.mark.parametrize("day", ["Jan  1 00:00:00", "Jul  2 12:00:00", "Dec 31 23:59:59"])
def test_a_year_that_was_named_is_that_of_all_its_days(day: str) -> None:
    clock = Clock(reference=parse_rfc3339("2025-07-02T00:00:00Z"), changed=CHANGED, year=2025)
    assert year_of(f"{day} x", clock) == 2025


@pytest.mark.parametrize("zone", ["+99:99", "-9999", "+15:00", "+10:60", "-15:30"])
def test_what_no_zone_can_be(zone: str) -> None:
    stamp = read_header(f"2026-11-22T10:00:00{zone} x", CLOCK)
    assert stamp == Stamp(parse_rfc3339("2026-11-22T10:00:00Z"), ("zone",), 19)
    with pytest.raises(ValueError, match="not an offset"):
        parse_rfc3339(f"2026-11-22T10:00:00{zone}")
    with pytest.raises(ValueError, match="not an offset"):
        parse_zone(zone)


def test_refine_keeps_the_outer_base_and_takes_the_inner_fraction():
    outer = Stamp(1000 * NS, ("year", "zone"), 0)
    assert refine(outer, Stamp(1000 * NS + 483, ("year", "zone"), 0)).time == 1000 * NS + 483
    # an hour off is a zone, not another time
    assert refine(outer, Stamp(4600 * NS + 483, ("year", "zone"), 0)).time == 1000 * NS + 483
    # a complete one also settles the zone
    assert refine(outer, Stamp(4600 * NS + 483, (), 0)) == Stamp(4600 * NS + 483, (), 0)
    # one that disagrees tells the year at most
    assert refine(outer, Stamp(1300 * NS, (), 0)) == Stamp(1000 * NS, ("zone",), 0)
    assert refine(outer, Stamp(1300 * NS, ("year", "zone"), 0)) == outer


def test_refine_takes_the_year_of_a_message_whose_moment_is_another():
    outer = read_header("Dec  9 13:01:26 lb haproxy[2]: x", CLOCK)
    began = read_header("[09/Dec/2013:12:59:46.633] x", CLOCK)
    told = refine(outer, began)
    assert format_time(told.time) == "2013-12-09T13:01:26.000000000Z"
    assert told.assumed == ("zone",)
    # the last request of a year ends in the next one
    late = read_header("Jan  1 00:00:03 lb haproxy[2]: x", CLOCK)
    told = refine(late, read_header("[31/Dec/2013:23:59:58.633] x", CLOCK))
    assert format_time(told.time) == "2014-01-01T00:00:03.000000000Z"
    # months apart it is about something else
    assert refine(outer, read_header("[09/Jun/2013:12:59:46.633] x", CLOCK)) == outer


def test_refine_takes_a_complete_time_of_a_line_that_was_held_back():
    outer = read_header("Jun 07 22:44:20 n1 app[46]: x", CLOCK)
    inner = read_header('time="2020-06-07T22:44:11+08:00" x', CLOCK)
    assert refine(outer, inner) == inner


@pytest.mark.parametrize(
    "text",
    [
        '{"ts":1.5e+300,"msg":"x"}', '{"ts":1.5e+999,"msg":"x"}', '{"ts":99999999999,"msg":"x"}',
        '{"ts":"0001-01-01T00:00:00Z","msg":"x"}',
        "9999-12-31T23:59:59Z x", "1960-01-01T00:00:00Z x",
    ],
)  # fmt: skip
def test_what_no_log_can_have_as_its_time(text):
    assert read_header(text, Clock(reference=0)) is None


def test_a_time_that_cannot_be_is_passed_over_for_one_that_can():
    stamp = read_header('{"ts":1.5e+300,"time":"2026-11-22T10:00:00Z"}', Clock())
    assert stamp is not None
    assert stamp.time == parse_rfc3339("2026-11-22T10:00:00Z")
