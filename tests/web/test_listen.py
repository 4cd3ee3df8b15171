"""Listening on addresses of the command line and on sockets of systemd, and the messages about them."""

from __future__ import annotations

import os
import socket
from contextlib import closing

import pytest

from sora_exporter.web import listen as listening
from sora_exporter.web.listen import ServeError, listen, passed_sockets, where


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


def passed(monkeypatch: pytest.MonkeyPatch, sock: socket.socket, **variables: str) -> list[socket.socket]:
    """Return what the program makes of a socket that systemd passes as its only one."""
    monkeypatch.setattr(listening, "FIRST_PASSED", os.dup(sock.fileno()))
    environment = {"LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "sora", **variables}
    found = passed_sockets(environment, 7)
    assert environment == {}
    return found


def test_a_socket_of_systemd_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The passed descriptor becomes a listener that accepts, no child inherits it, and its URL names its port."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        (taken,) = passed(monkeypatch, made)
        port = made.getsockname()[1]
    with closing(taken), socket.create_connection(("127.0.0.1", port), timeout=5):
        assert (where("", taken), taken.get_inheritable()) == (f"http://localhost:{port}", False)


@pytest.mark.parametrize(
    "variables", [{"LISTEN_PID": "8"}, {"LISTEN_PID": ""}, {"LISTEN_FDS": "0"}, {"LISTEN_FDS": "x"}]
)
def test_a_start_without_systemd_is_reported_with_a_fix(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Sockets of another process, and none at all, are one line that names the unit and the option."""
    with socket.create_server(("127.0.0.1", 0)) as made, pytest.raises(ServeError) as error:
        passed(monkeypatch, made, **variables)
    fix = "start the exporter by sora-exporter.socket, or without --web.systemd-socket"
    assert str(error.value) == f"systemd passed no socket: {fix}"


def test_a_socket_that_does_not_listen_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A datagram socket of a wrong unit is one line that names the setting."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made,
        pytest.raises(ServeError, match=r"does not listen for streams: use ListenStream=$"),
    ):
        passed(monkeypatch, made)
