"""Incomplete stamps of envelopes, completed by those of the messages inside them."""

from datetime import UTC, datetime

from whyreset.basis.units import NS
from whyreset.ingest.stamps import Stamp

_DAY = 86_400 * NS
_HELD = 60 * NS
"""How long a forwarder may hold a line back before it stamps it."""


def refine(outer: Stamp, inner: Stamp) -> Stamp:
    """The outer stamp, made exact by an inner one that agrees to 2 s but for zone and year.

    A complete inner stamp then replaces it, also up to a minute before: forwarders hold lines
    back. One without year or zone lends its fraction, if it agrees to a second; one without
    zone lends its year.
    """
    quarter = 900 * NS
    apart = (inner.time - outer.time + quarter // 2) % quarter - quarter // 2
    if not inner.assumed and -_HELD < apart < 2 * NS:
        return inner
    if "year" in outer.assumed and "year" not in inner.assumed:
        outer = _of_year(outer, inner.time)
    if abs(apart) > 2 * NS:
        return outer
    # Further apart it is another moment: HAProxy's, at which a request began.
    return outer if abs(apart) > NS else Stamp(outer.time + apart, outer.assumed, outer.end)


def _of_year(stamp: Stamp, near: int) -> Stamp:
    """The stamp in the year in which it is at most a day from a time; itself if there is none."""
    whole, fraction = divmod(stamp.time, NS)
    moment = datetime.fromtimestamp(whole, UTC)
    year = datetime.fromtimestamp(near // NS, UTC).year
    for each in (year, year - 1, year + 1):
        try:
            time = round(moment.replace(year=each).timestamp()) * NS + fraction
        except ValueError:  # 29 February
            continue
        if abs(time - near) <= _DAY:
            return Stamp(time, tuple(name for name in stamp.assumed if name != "year"), stamp.end)
    return stamp
