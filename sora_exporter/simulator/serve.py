"""Serves the simulated provider on a port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp

from .app import create_app
from .gateways import UnknownPeer
from .scenarios import UnknownScenario
from .vendors import VENDORS, UnknownVendor, find_desk


class CannotServe(ValueError):
    """A port or a file that cannot be used; the text names it and the way out."""


def _listen(host: str, port: int, option: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise CannotServe(f"cannot listen on {host}:{port}: {reason}; choose another with {option}") from None
    return listener


def _server(app: ASGIApp, pem: str) -> uvicorn.Server:
    """Return a server of the provider, over TLS if there is a PEM file. Raises CannotServe if that is of no use."""
    # Dropped connections are meant here; the server's warnings about them are not worth a line.
    config = uvicorn.Config(
        app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ssl_certfile=pem or None
    )
    try:
        config.load()
    except OSError as error:
        raise CannotServe(f"--tls-file {pem}: {error.strerror or error}; it needs a certificate and its key") from None
    return uvicorn.Server(config)


async def _serve(servers: Sequence[uvicorn.Server], listeners: Sequence[socket.socket]) -> None:
    """Serve until a signal, which each server passes on to the one before it."""
    async with asyncio.TaskGroup() as group:
        for server, listener in zip(servers, listeners, strict=True):
            group.create_task(server.serve(sockets=[listener]))


def _key_of(vendor: str) -> str:
    """Return the key that a simulated vendor accepts, for a person."""
    key = VENDORS[vendor].key
    return f"key {key}" if key else "no key that is a text"


def run(
    host: str = "127.0.0.1",
    port: int = 0,
    scenario: str = "operational",
    gateway: str = "direct",
    condition: str = "good",
    vendor: str = "",
    fault: str = "",
    tls_port: int = 0,
    tls_file: str = "",
) -> int:
    """Serve until interrupted and return the exit code; port 0 takes a free one.

    With ``vendor`` its host is served, with ``fault`` one of its faults, instead of a scenario. With ``tls_file``, the
    certificate and the key in PEM, it is served over TLS as well.
    Prints one line with each address. A port in use or an unknown name: one line on stderr, 2.
    """
    try:
        app: ASGIApp = create_app(scenario, gateway=gateway, condition=condition)
        shown = f"simulated provider ({scenario})"
        if vendor:
            app, shown = find_desk(vendor, fault), f"simulated {vendor} ({fault or 'good'}; {_key_of(vendor)})"
        listeners = {"": _listen(host, port, "--port")}
        if tls_file:
            listeners[tls_file] = _listen(host, tls_port, "--tls-port")
        servers = [_server(app, pem) for pem in listeners]
    except (UnknownScenario, UnknownPeer, UnknownVendor, CannotServe) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    place = f"[{host}]" if ":" in host else host
    for pem, listener in listeners.items():
        print(f"{shown} on {'https' if pem else 'http'}://{place}:{listener.getsockname()[1]}", flush=True)
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=servers[0].config.get_loop_factory()) as runner,
    ):
        runner.run(_serve(servers, list(listeners.values())))
    return 0
