"""``notify`` as a process: socket, signals, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path

from sora_exporter import __version__
from sora_exporter.clock import SystemClock
from sora_exporter.notify.app import create_app
from sora_exporter.notify.delivery import Send, Undelivered
from sora_exporter.notify.notifier import Notifier
from sora_exporter.notify.queue import Queue
from sora_exporter.notify.services import NotSent, Service, WrongAddress
from sora_exporter.notify.settings import NotifySettings, Receiver, read_secret
from sora_exporter.notify.texts import Message
from sora_exporter.tasks import on_signals
from sora_exporter.web.access import WatchedFile, guarded
from sora_exporter.web.listen import listen, where
from sora_exporter.web.serve import Server, server_config

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSettings:
    """The command line's settings; without ``web`` there is neither TLS nor basic authentication."""

    storage: Path
    listen_address: str
    web: WatchedFile | None = None


class Services:
    """The services of Apprise. A new one is made for each message, so that a rotated secret needs no restart."""

    def sender(self, receiver: Receiver) -> Send:
        """Return the function that sends the receiver's messages, in a thread of its own."""

        def send_now(message: Message) -> None:
            service(receiver).send(message)

        async def send(message: Message) -> None:
            try:
                await asyncio.to_thread(send_now, message)
            except (NotSent, ValueError) as error:
                raise Undelivered(str(error)) from None

        return send


def service(receiver: Receiver) -> Service:
    """Return the service of a receiver without sending. Raises ValueError without a secret in its text."""
    return Service(receiver.address(), receiver.secret())


def wrong_addresses(settings: NotifySettings) -> list[tuple[int, str]]:
    """Return each receiver whose address cannot be used, by its place in the file, with the reason."""
    found = []
    for place, receiver in enumerate(settings.receivers):
        try:
            service(receiver)
        except WrongAddress as error:
            named = f" in {receiver.url_file}" if receiver.url_file is not None else ""
            found.append((place, f"receiver {receiver.name!r}: the address{named} {error}"))
        except ValueError as error:
            found.append((place, f"receiver {receiver.name!r}: {error}"))
    return found


async def serve(settings: NotifySettings, run: RunSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ServeError and StorageError before anything is accepted."""
    clock = SystemClock()
    token = settings.bearer_token_file
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(contextlib.closing(listen(run.listen_address)))
        queue = opened.enter_context(contextlib.closing(Queue.open(run.storage, settings.queue.messages, clock.now)))
        notifier = Notifier(settings, Services(), queue, clock)
        app = create_app(notifier, (lambda: read_secret(token)) if token is not None else None)
        tls = run.web.server_context() if run.web is not None else None
        server = Server(notifier, server_config(guarded(app, run.web), ()), tls)

        def stop() -> None:
            server.should_exit = True

        on_signals(stop, "SIGTERM", "SIGINT")
        notifier.start()
        address = f"{where(run.listen_address, listener, 'http' if tls is None else 'https')}/"
        log.info("serving", extra={"version": __version__, "count": len(settings.receivers), "address": address})
        try:
            await server.serve(sockets=[listener])
        finally:
            await notifier.stop()
            log.info("stopped")
