"""The server's side of a connection, with bounded patience: no client can hold one for long by being slow."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_SECONDS = 10.0
"""The time to send a request whole, and again to take its answer; also to agree on TLS."""
FAREWELL_SECONDS = 0.5
"""The time to take the rest of an answer once the server stops."""
HEAD_BYTES = 16 * 1024
REQUEST_BYTES = 64 * 1024
"""Head and body together. No endpoint reads a body."""
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
        if len(self.connections) > self.most_connections:
            self._make_room()

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

    def _make_room(self) -> None:
        waiting = (connection for connection in self.connections if isinstance(connection, PatientProtocol))
        min(waiting, key=lambda connection: connection.waits_until).transport.abort()

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
