"""The address of a client, and the networks that it is part of."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

PREFIXES: Final = {4: (8, 16, 24, 32), 6: (20, 32, 48, 64)}
"""The nested networks of an address by its version, in bits; one client may have the whole of the smallest one."""


def plain(address: str) -> str:
    """Return an address as its client writes it: a listener for both versions sees IPv4 inside IPv6 (::ffff:0:0/96)."""
    parsed = _parsed(address)
    return address if parsed is None else str(parsed)


def networks_of(address: str) -> tuple[str, ...]:
    """Return the networks of an address, the widest first: our own ones or the internet, by version, down to a site.

    Another text, such as that of a local socket, is a network of its own.
    """
    parsed = _parsed(address)
    if parsed is None:
        return (address,)
    widest = f"{'internet' if parsed.is_global else 'own'} IPv{parsed.version}"
    return widest, *(str(ip_network((parsed, bits), strict=False)) for bits in PREFIXES[parsed.version])


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
