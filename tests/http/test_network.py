"""Addresses and look-ups."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
from typing import Any

import httpcore2
import pytest

from sora_exporter.config.provider import IpProtocol
from sora_exporter.http.network import AddressInfo, Stream, chosen, is_private, require_public, resolve

ADDRESSES: list[AddressInfo] = [
    (socket.AF_INET if "." in address else socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 80))
    for address in ("::1", "127.0.0.1", "::2")
]


@pytest.mark.parametrize(
    "address",
    [
        *["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"],
        *["224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fd00::1", "ff02::1"],
        *["::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::a9fe:a9fe"],
        *["2002:7f00:1::", "2002:a00:1::1", "168.63.129.16", "fd00:ec2::254", "100.100.100.200", "64:ff9b::a83f:8110"],
        *["::ffff:0:127.0.0.1", "64:ff9b:1:7f00:0:100:808:808", "fec0::1", "5f00::1", "3fff::1"],
    ],
)
def test_addresses_inside_our_network_are_private(address: str) -> None:
    """Loopback, link-local, private, shared, reserved and multicast addresses, also inside IPv6, are not public."""
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Ordinary addresses of the internet are public."""
    assert not is_private(address)


async def test_one_private_address_of_many_is_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address is refused; one that cannot be resolved is left to the proxy."""
    names = {"mixed.example": ["8.8.8.8", "10.0.0.1"], "public.example": ["8.8.8.8"]}

    def known(host: str, *_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags or host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in names[host]]

    monkeypatch.setattr("socket.getaddrinfo", known)
    with pytest.raises(httpcore2.ConnectError, match="private address"):
        await require_public("mixed.example")
    await require_public("public.example")
    await require_public("unknown.example")


@pytest.mark.parametrize(
    ("ip_protocol", "used"),
    [
        (None, ["::1", "127.0.0.1", "::2"]), ("prefer-ip4", ["127.0.0.1", "::1", "::2"]),
        ("prefer-ip6", ["::1", "::2", "127.0.0.1"]), ("ip4", ["127.0.0.1"]), ("ip6", ["::1", "::2"]),
    ],
)  # fmt: skip
def test_addresses_are_used_in_the_configured_order(ip_protocol: IpProtocol | None, used: list[str]) -> None:
    """A preferred family comes first, an only one alone; the system's order stays otherwise."""
    assert [entry[4][0] for entry in chosen(ip_protocol, "a.example", ADDRESSES)] == used


def test_a_name_without_an_address_of_the_only_family_is_not_found() -> None:
    """It fails as a name that does not resolve, and the reason names the family."""
    with pytest.raises(socket.gaierror, match=r"found no ip4 address of a\.example$"):
        chosen("ip4", "a.example", [entry for entry in ADDRESSES if entry[0] == socket.AF_INET6])


async def test_an_address_needs_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A literal address is taken as it is, without any thread."""
    monkeypatch.setattr("threading.Thread.start", None)
    assert [entry[4][0] for entry in await resolve("127.0.0.1", 80)] == ["127.0.0.1"]


async def test_attempts_share_the_look_up_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a name server does not answer, many attempts at a name start one look-up, and each gets its answer."""
    answered, looked_up = threading.Event(), []

    def slow(host: str, port: int, *_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        looked_up.append(host)
        answered.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr("socket.getaddrinfo", slow)
    attempts = [asyncio.create_task(resolve("slow.example", 443)) for _ in range(50)]
    await asyncio.sleep(0)
    attempts.pop().cancel()
    answered.set()
    found = await asyncio.gather(*attempts)
    assert looked_up == ["slow.example"]
    assert [entry[0][4][0] for entry in found] == ["8.8.8.8"] * 49


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", "\ud800"])
async def test_a_name_that_is_none_is_not_found(host: str) -> None:
    """A text that cannot be a host name is an address that is not found, without any other error."""
    with pytest.raises(socket.gaierror):
        await resolve(host, 80)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_stream_that_outlives_its_loop_is_dropped_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that ends its loop before its client meets no error when the connection is collected."""
    faults: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", faults.append)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        loop = asyncio.new_event_loop()
        stream = loop.run_until_complete(Stream.over(ours))
        loop.close()
        del stream
        gc.collect()
    assert faults == []
