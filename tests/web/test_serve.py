"""Listening on addresses of the command line, and the messages about them."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from sora_exporter.web.serve import ServeError, listen, where


@pytest.mark.parametrize(
    ("address", "family", "url"),
    [
        ("127.0.0.1:0", socket.AF_INET, "http://127.0.0.1:{}"),
        ("localhost:0", socket.AF_INET, "http://localhost:{}"),
        ("[::1]:0", socket.AF_INET6, "http://[::1]:{}"),
    ],
)
def test_an_address_gets_a_listener_and_a_url(address: str, family: socket.AddressFamily, url: str) -> None:
    """IPv4, names and bracketed IPv6; port 0 takes a free one, and the URL names it."""
    with closing(listen(address)) as listener:
        port = listener.getsockname()[1]
        assert (listener.family, port > 0) == (family, True)
        assert where(address, listener) == url.format(port)


def test_a_port_alone_listens_on_every_interface() -> None:
    """``:PORT`` is reachable over IPv4 and, if available, IPv6; the URL for people names localhost."""
    with closing(listen(":0")) as listener:
        port = listener.getsockname()[1]
        assert where(":0", listener) == f"http://localhost:{port}"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            assert client.getpeername()[1] == port


def test_a_port_in_use_is_reported_with_a_fix() -> None:
    """The message names the address, the reason and the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServeError) as error:
            listen(address)
    expected = f"cannot listen on {address}: Address already in use: name another with --web.listen-address"
    assert str(error.value) == expected


@pytest.mark.parametrize("address", ["", "10198", "localhost", ":", ":http", ":70000", "a b:c"])
def test_an_invalid_address_is_reported_with_examples(address: str) -> None:
    """Without a decimal port there is nothing to listen on."""
    with pytest.raises(ServeError, match=r"is not host:port: write :10198 or 127\.0\.0\.1:10198$"):
        listen(address)


@pytest.mark.parametrize("address", ["256.1.1.1:1", "host.invalid:1", "a" * 70 + ":1", "192.0.2.1:1"])
def test_an_address_that_is_not_ours_is_one_line(address: str) -> None:
    """Names that do not resolve, that cannot be names, and other machines' addresses."""
    with pytest.raises(ServeError, match=r"^cannot listen on ") as error:
        listen(address)
    assert "\n" not in str(error.value)
