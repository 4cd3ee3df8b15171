"""The exporter as a process: sockets, signals, and an end within a few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sora_exporter import __version__
from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config
from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.tasks import on_signals
from sora_exporter.web.access import WatchedFile, guarded
from sora_exporter.web.app import create_app
from sora_exporter.web.protocol import HEAD_BYTES, PatientProtocol
from sora_exporter.web.tls import TlsGate

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

DRAIN_SECONDS = 1


class ServeError(Exception):
    """Why the exporter cannot serve: one line naming what, where and how to fix it."""


@dataclass(frozen=True)
class ServeSettings:
    """The command line's settings for serving; without ``web`` there is neither TLS nor authentication.

    ``prometheus`` is where the status page reads the past, if anywhere.
    """

    listen_address: str
    timeout_offset: float
    storage: Path
    config_file: Path | None
    web: WatchedFile | None = None
    external_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    prometheus: Access | None = None


class Server(uvicorn.Server):
    """uvicorn with our signal handling, patience and TLS.

    The exporter stops first: requests that wait for a probe are answered then, so none has to be cut off.
    """

    def __init__(
        self, exporter: Exporter, settings: uvicorn.Config, tls: Callable[[], ssl.SSLContext] | None = None
    ) -> None:  # fmt: skip
        super().__init__(settings)
        self._exporter, self._tls = exporter, tls

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()

        def connection() -> PatientProtocol:
            return PatientProtocol(config=self.config, server_state=self.server_state, app_state={})

        servers: list[Any] = []
        for listener in sockets or []:
            if self._tls is not None:
                servers.append(TlsGate(listener, self._tls, connection))
            else:
                servers.append(await loop.create_server(connection, sock=listener))
        self.servers = servers
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to ``serve``."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the exporter, then the server."""
        await self._exporter.stop()
        await super().shutdown(sockets)


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
            return socket.create_server((host, int(port)), family=family, backlog=512)
        if socket.has_dualstack_ipv6():
            return socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        return socket.create_server(("0.0.0.0", int(port)), backlog=512)  # noqa: S104 - the meaning of ":port"
    except (OSError, UnicodeError) as error:
        raise ServeError(f"cannot listen on {address}: {_reason(error)}: {fix}") from None


def _reason(error: OSError | UnicodeError) -> str:
    """Return the system's own text: asyncio and socket add the address to theirs."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else getattr(error, "strerror", None) or str(error)


def where(address: str, listener: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listener for people, from its address on the command line."""
    return f"{scheme}://{address.rpartition(':')[0] or 'localhost'}:{listener.getsockname()[1]}"


def server_config(app: ASGIApp, trusted_proxies: Sequence[str]) -> uvicorn.Config:
    """Return uvicorn's settings: it logs through our handlers, and no client delays a stopping exporter.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count only from trusted proxies: others could claim any address.
    """
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=DRAIN_SECONDS,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
    )


async def serve(config: Config, settings: ServeSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ServeError, StorageError and PrometheusError before the first probe."""
    clock = SystemClock()
    history = History(settings.prometheus, clock) if settings.prometheus is not None else None
    _allow_many_connections()
    with (
        contextlib.closing(listen(settings.listen_address)) as listener,
        contextlib.closing(Ledger.open(settings.storage, exclusive=True, now=clock.now)) as ledger,
    ):
        exporter = Exporter(config, settings.config_file, ledger, clock, history)
        app = guarded(create_app(exporter, settings.timeout_offset, settings.external_url), settings.web)
        tls = settings.web.server_context() if settings.web is not None else None
        server = Server(exporter, server_config(app, settings.trusted_proxies), tls)
        _on_signals(server, exporter)
        await exporter.start()
        scheme = "http" if tls is None else "https"
        url = settings.external_url.rstrip("/") or where(settings.listen_address, listener, scheme)
        log.info("serving", extra={"version": __version__, "count": len(config.services), "address": f"{url}/"})
        try:
            await server.serve(sockets=[listener])
        finally:
            await exporter.stop()
            log.info("stopped")


def _allow_many_connections() -> None:
    """Raise the limit of open files to the highest permitted one: each probe and each client takes a file."""
    if sys.platform != "win32":
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _on_signals(server: Server, exporter: Exporter) -> None:
    """End the server on SIGTERM and SIGINT; reload the configuration on SIGHUP."""
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[str]] = set()

    def stop() -> None:
        server.should_exit = True

    def reload() -> None:
        task = loop.create_task(exporter.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    on_signals(stop, "SIGTERM", "SIGINT")
    on_signals(reload, "SIGHUP")
