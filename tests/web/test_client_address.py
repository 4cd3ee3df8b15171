"""Addresses of clients as values: IPv4 inside IPv6, and the nested networks of an address."""

from __future__ import annotations

import pytest

from sora_exporter.web.client_address import networks_of, plain


@pytest.mark.parametrize(
    ("seen", "address"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:0207", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_address_of_ipv4_inside_ipv6_is_one_of_ipv4(seen: str, address: str) -> None:
    """Whichever form a listener or a proxy uses for an address, it is the same client."""
    assert plain(seen) == address


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("8.8.4.4", ("internet IPv4", "8.0.0.0/8", "8.8.0.0/16", "8.8.4.0/24", "8.8.4.4/32")),
        ("::ffff:10.1.2.3", ("own IPv4", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32")),
        ("2a00:1450:4001:829::200e",
         ("internet IPv6", "2a00:1000::/20", "2a00:1450::/32", "2a00:1450:4001::/48", "2a00:1450:4001:829::/64")),
        ("fe80::1%eth0", ("own IPv6", "fe80::/20", "fe80::/32", "fe80::/48", "fe80::/64")),
        ("", ("",)),
    ],
)  # fmt: skip
def test_the_networks_of_an_address_are_nested(address: str, networks: tuple[str, ...]) -> None:
    """Own networks and the internet are apart, and so are the versions; a client of IPv6 has its whole /64."""
    assert networks_of(address) == networks
