"""Addresses and the networks that hold them."""

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache

_PORT_DIGITS = 5

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_prefix(text: str) -> Prefix:
    """A network such as `10.42.0.0/16`, or one address; ValueError otherwise."""
    return ipaddress.ip_network(text, strict=False)


def plain_address(text: str) -> str:
    """The address without brackets or zone, in the one spelling of RFC 5952 (Java writes
    `fd00:0:0:0:0:0:0:1`); an IPv4-mapped one as IPv4. What is no address stays as it is."""
    return _ipv6(text.strip("[]").partition("%")[0]) if ":" in text else text


@lru_cache(maxsize=8192)
def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return str(address.ipv4_mapped or address)


def split_port(text: str) -> tuple[str, int | None]:
    """Host and port of `10.0.0.1:80`, `[fd00::1]:80`, `::1` or `10.0.0.1`; of `fd00::1:51234`
    too, as Apache and HAProxy write it, where the port has a digit more than a group may have."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest[1:]
    else:
        host, colon, port = text.rpartition(":")
        if not colon or (":" in host and not (len(port) == _PORT_DIGITS and is_port(port))):
            host, port = text, ""
    return plain_address(host), int(port) if is_port(port) else None


def is_port(text: str) -> bool:
    """Whether a text is a number that a port may have."""
    return len(text) <= _PORT_DIGITS and text.isdecimal() and int(text) < 1 << 16


@lru_cache(maxsize=8192)
def is_address(text: str) -> bool:
    """Whether a text is an address, not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_own(address: str) -> bool:
    """Whether an address means whoever uses it: the loopback of each pod, which its containers
    share, is another."""
    return address.startswith("127.") or address == "::1"


def membership(prefixes: Iterable[str]) -> Callable[[str], bool]:
    """A test `address -> bool` for a set of prefixes; what is no address is in none of them."""
    networks = [parse_prefix(text) for text in prefixes]

    @lru_cache(maxsize=8192)
    def member(address: str) -> bool:
        try:
            value = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(value in network for network in networks)

    return member
