"""Serves the simulated provider on a port."""

from __future__ import annotations

import contextlib
import socket
import sys

import uvicorn
from starlette.types import ASGIApp

from .app import create_app
from .gateways import UnknownPeer
from .scenarios import UnknownScenario
from .vendors import VENDORS, UnknownVendor, find_desk


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


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
) -> int:
    """Serve until interrupted and return the exit code; port 0 takes a free one.

    With ``vendor`` its host is served, with ``fault`` one of its faults, instead of a scenario.
    Prints one line with the address. A port in use or an unknown name: one line on stderr, 2.
    """
    try:
        app: ASGIApp = create_app(scenario, gateway=gateway, condition=condition)
        shown = f"simulated provider ({scenario})"
        if vendor:
            app, shown = find_desk(vendor, fault), f"simulated {vendor} ({fault or 'good'}; {_key_of(vendor)})"
        listener = _listen(host, port)
    except (UnknownScenario, UnknownPeer, UnknownVendor) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"simulate: cannot listen on {host}:{port}: {reason}; choose another with --port", file=sys.stderr)
        return 2
    place = f"[{host}]" if ":" in host else host
    print(f"{shown} on http://{place}:{listener.getsockname()[1]}", flush=True)
    # Dropped connections are meant here; the server's warnings about them are not worth a line.
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return 0
