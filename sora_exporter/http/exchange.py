"""The record of one HTTP exchange: its limits and its observations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import httpcore2

from sora_exporter.result import Wire

ANSWER_BYTES: Final = 1024 * 1024
HEADER_CHARACTERS: Final = 4096


OBSERVED: Final = frozenset({"connect_tcp", "start_tls", "send_request_headers", "receive_response_headers"})
"""The phases of the HTTP library from which ours follow."""


@lru_cache(maxsize=128)
def _step(event: str) -> tuple[str, str]:
    """Return the phase and the step of a trace event such as ``http11.send_request_headers.started``."""
    phase, _, step = event.partition(".")[2].rpartition(".")
    return phase, step


@dataclass
class Exchange:
    """The limits of one request and the observations of its answer; phases in seconds."""

    fresh_connection: bool = False
    """A paid request never reuses an idle connection: after a reset there it would be unknown whether it arrived."""
    public_only: bool = False
    """Refuse names that resolve to private addresses; for addresses that come from an answer."""
    homes: frozenset[tuple[str, int]] | None = None
    """The hosts and ports of the original address; every other one comes from an answer, and must be public."""
    limit: int = ANSWER_BYTES
    encoding: str = "identity"
    """The compression that the server may use; none for probes, so that sizes and times are those of the body."""
    sink: Callable[[bytes], None] | None = None
    """Receives the body of a 200 answer piece by piece instead of ``received``; for assets. No other body is read."""
    stop: Callable[[bytearray], bool] | None = None
    """Called with all bytes received so far after each piece; True ends the exchange."""
    sent: httpcore2.Request | None = None
    """The request as it was sent; its body is in ``sent_body``."""
    sent_body: bytes = b""
    phases: dict[str, float] = field(default_factory=dict)
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)
    size: int = 0
    is_cut: bool = False
    is_connected: bool = False
    """True if a connection to the server itself was established; one to a proxy does not count."""
    awaits_proxy: bool = False
    """True if a connection to the proxy is needed first and was not established."""
    is_sent: bool = False
    """True if any byte of the request may have been sent."""
    first_piece_at: float | None = None
    wire: Wire | None = None
    certificate: Mapping[str, Any] | bytes | None = None
    _marks: dict[str, float] = field(default_factory=dict)
    _is_tunnel: bool = False

    def spent(self, phase: str, seconds: float) -> None:
        """Add the seconds of a phase; a phase that occurs twice counts as their sum."""
        self.phases[phase] = self.phases.get(phase, 0.0) + seconds

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Turn the HTTP library's trace events into phases."""
        phase, step = _step(event)
        if phase not in OBSERVED:
            return
        now = time.perf_counter()
        if step == "started":
            self._marks[phase] = now
            if phase == "send_request_headers":
                self.awaits_proxy = False
                self._is_tunnel = info["request"].method == b"CONNECT"
                self.is_connected = self.is_connected and not self._is_tunnel
                self.is_sent = not self._is_tunnel
        elif step == "complete" and phase == "connect_tcp":
            self.awaits_proxy = False
            self.is_connected = True
        elif step == "complete" and phase == "start_tls":
            self.spent("tls", now - self._marks[phase])
            tls = info["return_value"].get_extra_info("ssl_object")
            # An unverified certificate is available only as bytes.
            self.certificate = tls.getpeercert() or tls.getpeercert(binary_form=True)
        elif step == "complete" and phase == "receive_response_headers":
            self._answered(info["return_value"][1], now)

    def _answered(self, http_status: int, now: float) -> None:
        taken = now - self._marks["send_request_headers"]
        if self._is_tunnel:
            self.spent("connect", taken)
            self.is_connected = 200 <= http_status < 300
        else:
            self.is_connected = True
            self.phases["processing"] = taken
            self._marks["headers"] = now

    def take(self, piece: bytes) -> bool:
        """Keep a piece of the body, and return whether the exchange ends here."""
        if piece and self.first_piece_at is None:
            self.first_piece_at = time.perf_counter()
        self.is_cut = self.size + len(piece) > self.limit
        piece = piece[: self.limit - self.size]
        self.size += len(piece)
        if self.sink is None:
            self.received += piece
        elif self.http_status == 200:
            self.sink(piece)
        else:
            return True
        return self.is_cut or (self.stop is not None and self.stop(self.received))

    def finished(self) -> None:
        """Note the end of the body."""
        if "headers" in self._marks:
            self.phases["transfer"] = time.perf_counter() - self._marks["headers"]


EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")
