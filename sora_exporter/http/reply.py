"""One request to a provider, and what came of it: values, and how they follow from an exchange."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.certificate import expiry
from sora_exporter.http.exchange import ANSWER_BYTES, Exchange
from sora_exporter.http.transport import ProxyFault
from sora_exporter.result import Answer, ErrorClass, Expectation, Verdict

OWN_FAULTS: Mapping[type[BaseException], ErrorClass] = {
    KeyUnavailable: ErrorClass.AUTHENTICATION,
    httpx2.LocalProtocolError: ErrorClass.INVALID_REQUEST,
    UnicodeEncodeError: ErrorClass.INVALID_REQUEST,
    ProxyFault: ErrorClass.LOCAL_NETWORK,
}
"""What keeps a request from being sent although no provider is at fault."""

OWN_ERRORS: Mapping[int, str] = {
    errno.EMFILE: "the exporter has no file descriptor left: raise its limit of open files (ulimit -n)",
    errno.ENFILE: "the system has no file descriptor left",
    errno.ENOMEM: "the system has no memory left",
    errno.ENOBUFS: "the system has no buffer left",
    errno.EADDRNOTAVAIL: "this machine has no free port or no address of its own for the connection",
}
"""System errors of a connection that say nothing of its other end."""

OWN_ANSWERS: Mapping[int, str] = {
    407: "HTTP 407: our proxy wants other credentials",
    511: "HTTP 511: our network wants a login first",
}
"""Answers that come from between us and any provider. Source: RFC 9110, RFC 6585."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a provider. ``path`` is relative to its base URL; ``stop`` ends an event stream early.

    ``limit`` is how many bytes of the answer are read; more than usual only where it holds the asset itself.
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


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and what was measured beside it.

    ``is_reached`` tells whether the provider gave any sign of life: a new connection came about, or an answer began.
    ``is_sent`` tells whether any of the request may have gone out, ``is_cut`` whether the body is longer than what was
    read of it. ``own_fault`` is the verdict where the provider was not asked because of ourselves, our proxy or our
    network, ``first_piece_seconds`` the time to the first piece of the body.
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


def reply_of(exchange: Exchange, answer: Answer, trouble: BaseException | None, started: float) -> Reply:
    """Return the reply that an exchange begun at the monotonic moment ``started`` came to."""
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
    )


def _own_fault(exchange: Exchange, trouble: BaseException | None) -> Verdict | None:
    """Return the verdict on a request that met no provider because of ourselves, or None where it is not our fault."""
    if said := OWN_ANSWERS.get(exchange.http_status or 0):
        return Verdict(ErrorClass.LOCAL_NETWORK, "client", said)
    if trouble is None or exchange.is_sent:
        return None
    if exchange.awaits_proxy:
        return Verdict(ErrorClass.LOCAL_NETWORK, "client", f"our proxy cannot be reached: {describe(trouble)}")
    inner = innermost(trouble)
    if isinstance(inner, OSError) and (said := OWN_ERRORS.get(inner.errno or 0)):
        return Verdict(ErrorClass.INTERNAL, "client", said)
    error_class = next((found for kind, found in OWN_FAULTS.items() if isinstance(inner, kind)), None)
    return Verdict(error_class, "client", str(inner)) if error_class is not None else None


def describe(error: BaseException) -> str:
    """Return the type and text of the innermost cause: httpx hides dns, tls and refusal behind one exception."""
    inner = innermost(error)
    return f"{type(inner).__name__}: {inner}"[:500]


def innermost(error: BaseException) -> BaseException:
    """Return the cause of causes, as far as they say anything; what is our own fault may hold secrets further down."""
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
