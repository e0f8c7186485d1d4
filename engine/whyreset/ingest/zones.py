"""Time zones as logs and options name them."""

import re
from datetime import UTC, timedelta, timezone, tzinfo

_SECONDS = {"Z": 0, "UTC": 0, "GMT": 0} | {
    name: round(hours * 3600)
    for hours, names in (
        (1, "BST CET WAT WEST"),
        (2, "CAT CEST EET SAST"),
        (3, "EAT EEST MSK"),
        (5, "PKT"),
        (7, "WIB"),
        (8, "AWST HKT WITA"),
        (9, "JST KST"),
        (9.5, "ACST"),
        (10, "AEST"),
        (10.5, "ACDT"),
        (11, "AEDT"),
        (12, "NZST"),
        (13, "NZDT"),
        (-4, "EDT"),
        (-5, "CDT EST"),
        (-6, "MDT"),
        (-7, "MST PDT"),
        (-8, "AKDT PST"),
        (-9, "AKST"),
        (-10, "HST"),
    )
    for name in names.split()
}
"""The names that the tz database gives zones, where those of one name agree or one is by far the
largest. CST and IST have several: they count as unnamed."""
NAMES = "|".join(_SECONDS)


def parse_zone(text: str) -> tzinfo:
    """`UTC`, `+02:00` or a name such as `Europe/Berlin`; ValueError for anything else."""
    if text.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    if re.fullmatch(r"[+-]\d\d:?\d\d", text):
        return timezone(timedelta(seconds=offset_seconds(text)))
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - rarely wanted

    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"not a time zone: {text!r}") from error


def offset_seconds(text: str) -> int:
    """Seconds east of Greenwich of `Z`, `+01:00`, `-0330` or `CEST`; ValueError if it is none."""
    known = _SECONDS.get(text)
    if known is not None:
        return known
    digits = text[1:].replace(":", "")
    is_offset = digits.isdigit() and len(digits) == 4 and digits[:2] <= "14" and digits[2] < "6"
    if text[:1] not in {"+", "-"} or not is_offset:
        raise ValueError(f"not an offset: {text!r}")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if text[0] == "-" else seconds
