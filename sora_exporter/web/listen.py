"""Listening sockets: those of addresses on the command line, and those that systemd passes on."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

FIRST_PASSED = 3
"""The first file descriptor that systemd passes on. Source: sd_listen_fds(3)."""
BACKLOG = 512


class ServeError(Exception):
    """Why the exporter cannot serve: one line naming what, where and how to fix it."""


def listen(address: str) -> socket.socket:
    """Return a listening socket for ``host:port``, ``:port`` (all interfaces) or ``[::1]:port``. Raises ServeError."""
    host, colon, port = address.rpartition(":")
    fix = "name another with --web.listen-address"
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ServeError(f"listen address {address!r} is not host:port: write :10198 or 127.0.0.1:10198")
    host = host.strip("[]")
    try:
        if host:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
        if socket.has_dualstack_ipv6():
            return socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
        return socket.create_server(("0.0.0.0", int(port)), backlog=BACKLOG)  # noqa: S104 - the meaning of ":port"
    except (OSError, UnicodeError) as error:
        raise ServeError(f"cannot listen on {address}: {_reason(error)}: {fix}") from None


def passed_sockets(environment: MutableMapping[str, str], process_id: int) -> list[socket.socket]:
    """Return the listening sockets that systemd passed to this process. Raises ServeError when there are none.

    The variables are removed, so that no child process takes the same sockets for its own.
    """
    fix = "start the exporter by sora-exporter.socket, or without --web.systemd-socket"
    count, owner = (environment.pop(name, "") for name in ("LISTEN_FDS", "LISTEN_PID"))
    environment.pop("LISTEN_FDNAMES", None)
    if owner != str(process_id) or not count.isdecimal() or int(count) == 0:
        raise ServeError(f"systemd passed no socket: {fix}")
    found = []
    for descriptor in range(FIRST_PASSED, FIRST_PASSED + int(count)):
        try:
            listener = socket.socket(fileno=descriptor)
            is_listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError as error:
            raise ServeError(f"descriptor {descriptor} of systemd is not usable: {_reason(error)}: {fix}") from None
        if not is_listening or listener.type is not socket.SOCK_STREAM:
            listener.close()
            raise ServeError(f"descriptor {descriptor} of systemd does not listen for streams: use ListenStream=")
        os.set_inheritable(descriptor, False)
        found.append(listener)
    return found


def where(address: str, listener: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listener for people, from its address on the command line or from systemd."""
    name = listener.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    return f"{scheme}://{address.rpartition(':')[0] or 'localhost'}:{name[1]}"


def _reason(error: OSError | UnicodeError) -> str:
    """Return the system's own text: asyncio and socket add the address to theirs."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else getattr(error, "strerror", None) or str(error)
