"""One request to a provider and its reply, as values, and how a reply follows from an exchange."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.auth import TokenHostUnreachable
from sora_exporter.http.certificate import expiry
from sora_exporter.http.exchange import ANSWER_BYTES, Exchange
from sora_exporter.http.transport import ProxyFault
from sora_exporter.result import Answer, ErrorClass, Expectation, Verdict, Wire

OWN_FAULTS: Mapping[type[BaseException], ErrorClass] = {
    KeyUnavailable: ErrorClass.AUTHENTICATION,
    httpx2.LocalProtocolError: ErrorClass.INVALID_REQUEST,
    UnicodeEncodeError: ErrorClass.INVALID_REQUEST,
    ProxyFault: ErrorClass.LOCAL_NETWORK,
    TokenHostUnreachable: ErrorClass.LOCAL_NETWORK,
}
"""Errors that prevent a request from being sent although no provider is at fault."""

OWN_ERRORS: Mapping[int, str] = {
    errno.EMFILE: "the exporter has no free file descriptor: raise its limit of open files (ulimit -n)",
    errno.ENFILE: "the system has no free file descriptor",
    errno.ENOMEM: "the system has no free memory",
    errno.ENOBUFS: "the system has no free buffer",
    errno.EADDRNOTAVAIL: "this machine has no free port or no local address for the connection",
}
"""System errors of a connection that say nothing about its other end."""

OWN_ANSWERS: Mapping[int, str] = {
    407: "HTTP 407: our proxy requires other credentials",
    511: "HTTP 511: our network requires a login first",
}
"""HTTP statuses that come from our own proxy or network. Source: RFC 9110, RFC 6585."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form: its name, its bytes and its media type."""

    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a provider. ``path`` is relative to its base URL; ``stop`` ends an event stream early.

    A path that is a whole address comes from an answer, and must have the origin of the base URL.

    ``limit`` is the number of bytes read of the answer; larger than usual only if the answer contains the asset itself.
    ``headers`` are added to the provider's own. ``files`` by member make the body a form.
    """

    method: str
    path: str
    endpoint: str
    timeout_seconds: float
    body: Mapping[str, Any] | None = None
    is_multipart: bool = False
    is_paid: bool = False
    expectation: Expectation | None = None
    stop: Callable[[bytearray], bool] | None = None
    limit: int = ANSWER_BYTES
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    @property
    def is_form(self) -> bool:
        """Return whether the body is a form, and not JSON."""
        return self.is_multipart or bool(self.files)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and its measurements.

    ``is_reached``: the provider gave a sign of life, either a new connection or the beginning of an answer.
    ``is_sent``: at least one byte of the request may have been sent. ``is_cut``: the body is longer than the part that
    was read. ``own_fault``: the verdict if the reason lies with ourselves, our proxy, our network or a token host.
    ``first_piece_seconds``: the time to the first piece of the body. ``named_address``: the address of a download that
    an answer named, by a link or the last redirect; empty for a path of the API. ``wire``: how the answer travelled.
    """

    answer: Answer
    phases: Mapping[str, float] = field(default_factory=dict)
    http_status: int | None = None
    first_piece_seconds: float | None = None
    tls_expires_at: float | None = None
    is_reached: bool = True
    is_sent: bool = True
    is_cut: bool = False
    own_fault: Verdict | None = None
    named_address: str = ""
    wire: Wire | None = None


def exchange_of(request: Request) -> Exchange:
    """Return the empty record of a request's exchange: what the request allows, and nothing seen yet."""
    return Exchange(fresh_connection=request.is_paid, stop=request.stop, limit=request.limit)


def reply_of(exchange: Exchange, answer: Answer, trouble: BaseException | None, started: float) -> Reply:
    """Return the reply of an exchange that started at ``started``, in monotonic seconds."""
    piece_at = exchange.first_piece_at
    own_fault = _own_fault(exchange, trouble)
    return Reply(
        answer=answer,
        phases=dict(exchange.phases),
        http_status=exchange.http_status,
        first_piece_seconds=piece_at - started if piece_at is not None else None,
        tls_expires_at=expiry(exchange.certificate),
        is_reached=exchange.is_connected or own_fault is not None,
        is_sent=exchange.is_sent,
        is_cut=exchange.is_cut,
        own_fault=own_fault,
        wire=exchange.wire,
    )


def _own_fault(exchange: Exchange, trouble: BaseException | None) -> Verdict | None:
    """Return the verdict on a request that reached no provider by our own fault, or None."""
    if text := OWN_ANSWERS.get(exchange.http_status or 0):
        return Verdict(ErrorClass.LOCAL_NETWORK, "client", text)
    if trouble is None or exchange.is_sent:
        return None
    if exchange.awaits_proxy:
        return Verdict(ErrorClass.LOCAL_NETWORK, "client", f"our proxy cannot be reached: {describe(trouble)}")
    inner = innermost(trouble)
    if isinstance(inner, OSError) and (text := OWN_ERRORS.get(inner.errno or 0)):
        return Verdict(ErrorClass.INTERNAL, "client", text)
    error_class = next((found for kind, found in OWN_FAULTS.items() if isinstance(inner, kind)), None)
    return Verdict(error_class, "client", str(inner)) if error_class is not None else None


def describe(error: BaseException) -> str:
    """Return type and text of the innermost cause: httpx hides DNS, TLS and refusal behind one exception."""
    inner = innermost(error)
    return f"{type(inner).__name__}: {inner}"[:500]


def innermost(error: BaseException) -> BaseException:
    """Return the innermost cause that has a text; the causes of an own fault may contain secrets."""
    seen = {id(error)}
    while (
        not isinstance(error, tuple(OWN_FAULTS))
        and (cause := error.__cause__ or error.__context__) is not None
        and id(cause) not in seen
        and str(cause)
    ):
        seen.add(id(cause))
        error = cause
    return error
