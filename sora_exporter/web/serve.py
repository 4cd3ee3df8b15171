"""The exporter as a process: sockets, signals, and an end within a few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_exporter import __version__
from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import Place
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config
from sora_exporter.config.shard import WHOLE, Shard
from sora_exporter.evidence.track import FAILURES_KEPT
from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.tasks import on_signals, start
from sora_exporter.web.access import WatchedFile, guarded, stamp
from sora_exporter.web.app import AppSettings, create_app
from sora_exporter.web.listen import listen, passed_sockets, where
from sora_exporter.web.memory import leave_alone, return_gaps, return_large_blocks
from sora_exporter.web.protocol import HEAD_BYTES, PatientProtocol
from sora_exporter.web.tls import TlsGate

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

DRAIN_SECONDS = 1.0
"""The time for the answers under way once the engine has stopped; then they are cut off."""


@dataclass(frozen=True)
class ServeSettings:
    """The command line's settings for serving; without ``web`` there is neither TLS nor authentication.

    ``reload_seconds`` is the pause between two looks at the configuration file, None for none.
    ``prometheus`` is where the status page reads the past, if anywhere.
    """

    storage: Place
    config_file: Path | None
    listen_addresses: tuple[str, ...] = (":10198",)
    systemd_socket: bool = False
    web: WatchedFile | None = None
    trusted_proxies: tuple[str, ...] = ()
    reload_seconds: float | None = None
    history_limit: int = FAILURES_KEPT
    shard: Shard = WHOLE
    prometheus: Access | None = None
    app: AppSettings = field(default_factory=AppSettings)


class Engine(Protocol):
    """The work behind the answers."""

    async def stop(self) -> None:
        """End it; more than one call is harmless."""


class Server(uvicorn.Server):
    """uvicorn with our signal handling, patience and TLS.

    The engine stops first: requests that wait for a probe are answered then, so none has to be cut off.
    """

    drain_seconds = DRAIN_SECONDS

    def __init__(
        self, engine: Engine, settings: uvicorn.Config, tls: Callable[[], ssl.SSLContext] | None = None
    ) -> None:  # fmt: skip
        super().__init__(settings)
        self._engine, self._tls = engine, tls

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
        """Stop the engine, then the server, which waits for the answers under way until they are cut off."""
        await self._engine.stop()
        cut_off = asyncio.get_running_loop().call_later(self.drain_seconds, self._cut_off)
        try:
            await super().shutdown(sockets)
        finally:
            cut_off.cancel()

    def _cut_off(self) -> None:
        """End all connections and the work on their answers."""
        connections: list[Any] = list(self.server_state.connections)
        for connection in connections:
            connection.abort()
        for task in self.server_state.tasks:
            task.cancel()


def ending_quietly(app: ASGIApp) -> ASGIApp:
    """Return the application without the exception that uvicorn would log as a fault if its answer is cut off."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return answering


def server_config(app: ASGIApp, trusted_proxies: Sequence[str]) -> uvicorn.Config:
    """Return uvicorn's settings: it logs through our handlers, and no client delays a stopping exporter.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count only from trusted proxies: others could claim any address.
    """
    return uvicorn.Config(
        ending_quietly(app),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
    )


async def serve(config: Config, settings: ServeSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ServeError, StorageError and PrometheusError before the first probe."""
    clock = SystemClock()
    history = History(settings.prometheus, clock) if settings.prometheus is not None else None
    _allow_many_connections()
    return_large_blocks()
    with contextlib.ExitStack() as opened:
        listeners = _listeners(settings, opened)
        ledger = opened.enter_context(
            contextlib.closing(Ledger.open(settings.storage, exclusive=True, now=clock.now))
        )  # fmt: skip
        exporter = Exporter(
            config, settings.config_file, ledger, clock, history,
            failures_kept=settings.history_limit, shard=settings.shard,
        )  # fmt: skip
        app = guarded(create_app(exporter, settings.app), settings.web)
        tls = settings.web.server_context() if settings.web is not None else None
        server = Server(exporter, server_config(app, settings.trusted_proxies), tls)
        _on_signals(server, exporter)
        await exporter.start()
        leave_alone()
        beside = [start(return_gaps(), "memory"), *_following(exporter, settings)]
        scheme = "http" if tls is None else "https"
        for address, listener in listeners:
            url = settings.app.external_url.rstrip("/") or where(address, listener, scheme)
            log.info(
                "serving", extra={"version": __version__, "count": len(exporter.config.services), "address": f"{url}/"}
            )
        try:
            await server.serve(sockets=[listener for _, listener in listeners])
        finally:
            for task in beside:
                task.cancel()
            await exporter.stop()
            log.info("stopped")


def _following(exporter: Exporter, settings: ServeSettings) -> Iterator[asyncio.Task[None]]:
    """Yield the running task that reloads the configuration when its file changes, if anything asks for it."""
    if settings.config_file is not None and settings.reload_seconds is not None:
        yield start(reload_on_change(exporter.reload, settings.config_file, settings.reload_seconds), "auto reload")


async def reload_on_change(
    reload: Callable[[], Awaitable[object]],
    path: Path,
    pause: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Call ``reload`` after each change of a file, which is looked at every ``pause`` seconds."""
    seen = stamp(path)
    while True:
        await sleep(pause)
        if (found := stamp(path)) != seen:
            seen = found
            await reload()


def _listeners(settings: ServeSettings, opened: contextlib.ExitStack) -> list[tuple[str, socket.socket]]:
    """Return each listening socket with its address; ``opened`` closes them."""
    if settings.systemd_socket:
        passed = passed_sockets(os.environ, os.getpid())
        return [("", opened.enter_context(contextlib.closing(listener))) for listener in passed]
    return [
        (address, opened.enter_context(contextlib.closing(listen(address)))) for address in settings.listen_addresses
    ]


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
