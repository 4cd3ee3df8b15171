"""The server's side of a connection, with a deadline: a slow client cannot hold one for long.

uvicorn bounds only the time between two requests. Its protocol class is not a documented interface, but the only place
to bound the rest. Each override here is proven necessary by tests/web/test_protocol.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sora_exporter.web.client_address import plain
from sora_exporter.web.client_certificate import is_admitted

PATIENCE_SECONDS: Final = 10.0
"""The time to send a complete request, and again to take its answer; also to complete the TLS handshake."""
FAREWELL_SECONDS: Final = 0.5
"""The time to take the rest of an answer once the server stops."""
HEAD_BYTES: Final = 16 * 1024
REQUEST_BYTES: Final = 64 * 1024
"""The limit of head and body together. No endpoint reads a body."""
MOST_CONNECTIONS: Final = 512
"""Beyond these a new connection displaces the one that has waited longest."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with one deadline per connection, which is suspended while an answer is being made.

    The deadline starts with the connection, restarts at the end of each answer, and also runs while so much of an
    answer is unread that the next one must wait. A connection past its deadline is cut off. No answer of ours is
    streamed: each is complete once the application has written it, however much of it is unread.
    """

    patience_seconds = PATIENCE_SECONDS
    most_connections = MOST_CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request, or end the connection of a client that is not admitted."""
        super().connection_made(transport)
        if self.client is not None:
            # A listener for both versions; without this no address of IPv4 is that of a trusted proxy, or differs.
            self.client = plain(self.client[0]), self.client[1]
        self._wait()
        if not is_admitted(transport.get_extra_info("ssl_object")):
            # Here and not after the handshake's task has ended: by then a request may have been handed on.
            transport.abort()
        make_room(self.connections, self.most_connections)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes of a request; cut off a request that is too long."""
        self._received += len(data)
        if self._received > REQUEST_BYTES:
            self.abort()
            return
        super().data_received(data)
        self._wait_no_more_if_answering()

    def on_response_complete(self) -> None:
        """Start the deadline for taking the answer and sending the next request."""
        self._received = 0
        self._wait()
        super().on_response_complete()
        self._wait_no_more_if_answering()

    def resume_writing(self) -> None:
        """Continue with the answer, and suspend the deadline: the client has read the one before."""
        super().resume_writing()
        self._wait_no_more_if_answering()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the client sent; an answer under way to the request before it is dropped."""
        self._drop_answer()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.abort()

    def shutdown(self) -> None:
        """End the connection soon, even if the client does not cooperate."""
        self.patience_seconds = FAREWELL_SECONDS
        self._wait()
        super().shutdown()
        self._wait_no_more_if_answering()

    @property
    def waits_until(self) -> float:
        """The deadline in the event loop's time; infinite while an answer is being made."""
        return self._deadline.when() if self._deadline is not None else float("inf")

    @property
    def is_closing(self) -> bool:
        """True if the connection is being closed."""
        return self.transport.is_closing()

    def abort(self) -> None:
        """Cut the connection off; the answer under way is dropped at once."""
        self._drop_answer()
        self.transport.abort()

    def _drop_answer(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True

    def _wait(self) -> None:
        self._wait_no_more()
        if not self.transport.is_closing() or self.transport.get_write_buffer_size():
            self._deadline = self.loop.call_later(self.patience_seconds, self.abort)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wait_no_more_if_answering(self) -> None:
        """Suspend the deadline while the request is complete and the client does not delay its answer."""
        is_whole = self.cycle is not None and not self.cycle.more_body
        if is_whole and not self.cycle.response_complete and not self.flow.write_paused:
            self._wait_no_more()


def make_room(waiters: Iterable[Any], most: int) -> None:
    """Cut off the waiter with the earliest deadline if there are more than ``most`` that are not closing."""
    waiting = [waiter for waiter in waiters if not waiter.is_closing]
    if len(waiting) > most:
        min(waiting, key=lambda waiter: float(waiter.waits_until)).abort()
