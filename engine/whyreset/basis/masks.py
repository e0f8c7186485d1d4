"""Masks: what people put in the place of an address before they show a log to others."""

from functools import lru_cache

from whyreset.basis.lazy import lazy

_PART = r"(?:\d{1,4}|(?P<p%d>[a-zA-Z])(?P=p%d){0,3}|\*+)"
_QUAD = r"\.".join(_PART % (n, n) for n in range(4))
_MASK = lazy(
    # `x.x.x.x`, `10.xxx.xx.xxx`, `aaa.bbb.ccc.ddd`: four parts, not all of them numbers
    rf"(?![\d.]+$){_QUAD}(?:\.[xX]+)*$"
    # `CLIENT_IP`: no name of a host has both capitals alone and an underscore
    r"|[A-Z]+(?:_[A-Z\d]+)+$"
    r"|(?i:(?:(?:my|your|some|the|real|client|server|remote|local|public|private|external|internal|"
    r"host|node|pod|peer|upstream|backend|source|target|proxy)[_-]?)?ip(?:[_-]?addr(?:ess)?)?"
    r"|ip-?v[46]|hostname|address|redacted|masked|hidden|removed|obfuscated|anonymi[sz]ed)$"
    r"|\.+$"
)
_MARKS = frozenset("*<>{}$")
_CROSSED = lazy(r"(?:^|[.:-])[xX]{2,}(?:[.:-]|$)")  # `xx.example.com`, `ip-10-xx-xx-7`, `fd00::xx`


@lru_cache(maxsize=4096)
def is_mask(host: str) -> bool:
    """Whether a text stands for an address that somebody took away, such as `x.x.x.x`."""
    return (
        not _MARKS.isdisjoint(host)
        or _CROSSED.search(host) is not None
        or _MASK.match(host) is not None
    )
