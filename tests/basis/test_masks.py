"""Who shows a log to others often takes the addresses away; what is left names nobody."""

import pytest

from whyreset.basis.masks import is_mask

MASKS = (
    "x.x.x.x", "X.X.X.X", "10.xxx.xx.xxxx", "xxx.xxx.xxx.109", "A.A.A.A", "aaa.bbb.ccc.ddd",
    "*.*.*.*", "10.1.*.*", "xxxx", "fd00::xxxx", "ip-10-xx-xx-7.example.com", "xxx.example.com",
    "CLIENT_IP", "HOST_NAME", "ip", "my-ip", "server_ip", "REDACTED", "redacted", "hostname",
    "<ip>", "<URL>", "{db-host}", "$IP", "...",
)  # fmt: skip
NAMES = (
    "10.1.0.7", "::1", "fd00::1", "localhost", "redis", "redis-0.redis", "web_1", "a.b.c",
    "shop.svc.cluster.local", "ip-10-1-0-7.example.com", "NODE-17", "geo-ip", "max.example.com",
)  # fmt: skip


@pytest.mark.parametrize("text", MASKS)
def test_a_mask_is_no_address(text: str) -> None:
    assert is_mask(text)


@pytest.mark.parametrize("text", NAMES)
def test_names_and_addresses_are_none(text: str) -> None:
    assert not is_mask(text)
