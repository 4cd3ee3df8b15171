"""The server's side of a connection, with bounded patience: no client can hold one for long by being slow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Collection
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from sora_exporter.logs import LogOnce
from sora_exporter.tasks import start

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
"""The time to send a request whole, and again to take its answer; also to agree on TLS."""
FAREWELL_SECONDS = 0.5
"""The time to take the rest of an answer once the server stops."""
HEAD_BYTES = 16 * 1024
REQUEST_BYTES = 64 * 1024
"""Head and body together. No endpoint reads a body."""
ACCEPT_PAUSE_SECONDS = 0.1
MOST_CONNECTIONS = 512
"""Beyond these the one that has kept us waiting longest makes room for a new one."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with one deadline per connection, which stands still while an answer is being made.

    The deadline runs from the beginning, again from the end of each answer, and while the client leaves so much of an
    answer unread that it must wait. Whoever passes it is cut off.
    """

    patience_seconds = PATIENCE_SECONDS
    most_connections = MOST_CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()
        make_room(self.connections, self.most_connections)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes of a request; a request that is too long is cut off."""
        self._received += len(data)
        if self._received > REQUEST_BYTES:
            self.transport.abort()
            return
        super().data_received(data)
        self._wait_no_more_if_answering()

    def on_response_complete(self) -> None:
        """Begin to wait until the answer is taken and the next request has come."""
        self._received = 0
        self._wait()
        super().on_response_complete()
        self._wait_no_more_if_answering()

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._wait_no_more_if_answering()

    def shutdown(self) -> None:
        """End the connection, soon whatever the client does."""
        self.patience_seconds = FAREWELL_SECONDS
        self._wait()
        super().shutdown()
        self._wait_no_more_if_answering()

    @property
    def waits_until(self) -> float:
        """When patience ends, in the event loop's time; endless while an answer is being made."""
        return self._deadline.when() if self._deadline is not None else float("inf")

    def _wait(self) -> None:
        self._wait_no_more()
        if not self.transport.is_closing() or self.transport.get_write_buffer_size():
            self._deadline = self.loop.call_later(self.patience_seconds, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wait_no_more_if_answering(self) -> None:
        """Stand still while it is our turn: the request is whole, and its answer not held up by the client."""
        is_whole = self.cycle is not None and not self.cycle.more_body
        if is_whole and not self.cycle.response_complete and not self.flow.write_paused:
            self._wait_no_more()


def make_room(waiters: Collection[Any], most: int) -> None:
    """Cut off who has kept us waiting longest, should there be more than ``most``."""
    waiting = [waiter for waiter in waiters if not waiter.transport.is_closing()]
    if len(waiting) > most:
        min(waiting, key=lambda waiter: float(waiter.waits_until)).transport.abort()


class Handshake:
    """A connection that has yet to agree on TLS."""

    def __init__(self, agreeing: asyncio.Task[None], waits_until: float) -> None:
        self._agreeing, self.waits_until = agreeing, waits_until
        self.transport = self

    def abort(self) -> None:
        """Cut it off."""
        self._agreeing.cancel()

    def is_closing(self) -> bool:
        """Whether it is cut off, or over."""
        return self._agreeing.cancelling() > 0 or self._agreeing.done()


class TlsGate:
    """Accepts connections and agrees on TLS with them; those that have yet to agree count among all others.

    asyncio's own servers tell of a connection when its handshake is over, which is too late to bound their number.
    Serves like an ``asyncio.Server``, as far as uvicorn asks.
    """

    def __init__(self, listener: socket.socket, context: ssl.SSLContext, inside: Callable[[], PatientProtocol]) -> None:
        self._listener, self._context, self._inside = listener, context, inside
        self._handshakes: set[Handshake] = set()
        self._refusing = LogOnce(log, "connections not accepted", over="connections accepted again")
        listener.setblocking(False)
        self._accepting = start(self._accept(), "accepting connections")

    def close(self) -> None:
        """Accept no more, and end what has not begun."""
        self._accepting.cancel()
        for handshake in list(self._handshakes):
            handshake.abort()

    async def wait_closed(self) -> None:
        """Wait until nothing is accepted any more."""
        await asyncio.wait([self._accepting])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                # No descriptor is left, or the client is gone again: whoever waits is still there in a moment.
                self._refusing.on(str(error))
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            self._refusing.off()
            self._welcome(connected, loop.time() + PATIENCE_SECONDS)

    def _welcome(self, connected: socket.socket, waits_until: float) -> None:
        protocol = self._inside()
        agreeing = start(self._agree(connected, protocol), "TLS handshake")
        handshake = Handshake(agreeing, waits_until)
        self._handshakes.add(handshake)
        agreeing.add_done_callback(lambda _: self._handshakes.discard(handshake))
        make_room(self._handshakes | protocol.connections, protocol.most_connections)

    async def _agree(self, connected: socket.socket, protocol: PatientProtocol) -> None:
        # A handshake that fails is the client's affair: the event loop has closed the connection.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, connected, ssl=self._context, ssl_handshake_timeout=PATIENCE_SECONDS
            )
