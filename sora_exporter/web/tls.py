"""TLS for the server: connections in the handshake count among all others, each with the newest certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

from sora_exporter.logs import LogOnce
from sora_exporter.tasks import start
from sora_exporter.web.protocol import PATIENCE_SECONDS, PatientProtocol, make_room

log = logging.getLogger(__name__)

ACCEPT_PAUSE_SECONDS: Final = 0.1


class Handshake:
    """A connection that has not completed its TLS handshake."""

    def __init__(self, task: asyncio.Task[None], waits_until: float) -> None:
        self._task, self.waits_until = task, waits_until

    @property
    def is_closing(self) -> bool:
        """True if the handshake was cut off or is over."""
        return self._task.cancelling() > 0 or self._task.done()

    def abort(self) -> None:
        """Cut the connection off."""
        self._task.cancel()


class TlsGate:
    """Accepts connections and performs their TLS handshakes.

    asyncio's own servers report a connection after its handshake, which is too late to limit their number, and keep
    one SSL context for good. ``context`` returns the one for a new connection, ``protocol`` builds its protocol.
    Serves as uvicorn expects of an ``asyncio.Server``.
    """

    def __init__(
        self, listener: socket.socket, context: Callable[[], ssl.SSLContext], protocol: Callable[[], PatientProtocol]
    ) -> None:
        self._listener, self._context, self._protocol = listener, context, protocol
        self._handshakes: set[Handshake] = set()
        self._refusing = LogOnce(log, "connections not accepted", over="connections accepted again")
        listener.setblocking(False)
        self._accepting = start(self._accept(), "accepting connections")

    def close(self) -> None:
        """Accept no more connections, and end the handshakes under way."""
        self._accepting.cancel()
        for handshake in list(self._handshakes):
            handshake.abort()

    async def wait_closed(self) -> None:
        """Wait until no connection is accepted any more."""
        await asyncio.wait([self._accepting])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                # No file descriptor is free, or the client has gone: the next one can wait for a moment.
                self._refusing.on(str(error))
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            self._refusing.off()
            self._welcome(connected, loop.time() + PATIENCE_SECONDS)

    def _welcome(self, connected: socket.socket, waits_until: float) -> None:
        protocol = self._protocol()
        task = start(self._shake_hands(connected, protocol), "TLS handshake")
        handshake = Handshake(task, waits_until)
        self._handshakes.add(handshake)
        task.add_done_callback(lambda _: self._handshakes.discard(handshake))
        make_room(self._handshakes | protocol.connections, protocol.most_connections)

    async def _shake_hands(self, connected: socket.socket, protocol: PatientProtocol) -> None:
        # A failed handshake is the client's fault, and the event loop has closed the connection.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, connected, ssl=self._context(), ssl_handshake_timeout=PATIENCE_SECONDS
            )
