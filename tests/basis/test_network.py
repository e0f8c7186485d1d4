"""Addresses have one spelling, whoever prints them."""

import pytest

from whyreset.basis.network import split_port

SPELT = {
    "10.42.0.1:80": ("10.42.0.1", 80),
    "[fd00::1]:80": ("fd00::1", 80),
    "fd00:0:0:0:0:0:0:1": ("fd00::1", None),
    "fd00::1:51234": ("fd00::1", 51234),
    "fd00::1:5123": ("fd00::1:5123", None),
    "[FD00:0:0:0:0:0:0:1]:80": ("fd00::1", 80),
    "fe80::1%eth0": ("fe80::1", None),
    "::ffff:10.42.0.1": ("10.42.0.1", None),
    "[::FFFF:a2a:1]:80": ("10.42.0.1", 80),
    "redis-0.redis:6379": ("redis-0.redis", 6379),
    "a:b:c": ("a:b:c", None),
}


@pytest.mark.parametrize("text", SPELT)
def test_host_and_port(text: str) -> None:
    assert split_port(text) == SPELT[text]
