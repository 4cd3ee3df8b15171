"""How a reply follows from an exchange: whose fault it is, and the cause behind nested exceptions."""

from __future__ import annotations

import errno
from itertools import pairwise

import httpx2
import pytest

from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.exchange import Exchange
from sora_exporter.http.reply import Request, describe, exchange_of, reply_of
from sora_exporter.http.transport import ProxyFault
from sora_exporter.result import Answer, ErrorClass

E = ErrorClass
ANSWER = Answer("models", "official")


def chained(*errors: BaseException) -> BaseException:
    """Return the first error with each of the others as the cause of the one before."""
    for outer, inner in pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


def test_an_exchange_takes_the_limits_of_its_request() -> None:
    """A paid request requires a fresh connection, and the limit of bytes is the request's."""
    exchange = exchange_of(Request("POST", "/videos", "videos", 5.0, is_paid=True, limit=7))
    assert (exchange.fresh_connection, exchange.limit, exchange.is_sent) == (True, 7, False)


@pytest.mark.parametrize(
    ("trouble", "error_class"),
    [
        (KeyUnavailable("no key"), E.AUTHENTICATION),
        (httpx2.LocalProtocolError("illegal header"), E.INVALID_REQUEST),
        (ProxyFault("the proxy refused"), E.LOCAL_NETWORK),
        (chained(httpx2.ConnectError("failed"), OSError(errno.EMFILE, "Too many open files")), E.INTERNAL),
        (chained(httpx2.ConnectError("failed"), OSError(errno.ECONNREFUSED, "Connection refused")), None),
        (None, None),
    ],
)
def test_our_own_faults_are_named(trouble: BaseException | None, error_class: ErrorClass | None) -> None:
    """Key, header, proxy and lack of resources are ours and count as reached; a refused connection is not ours."""
    reply = reply_of(Exchange(), ANSWER, trouble, 0.0)
    assert (reply.own_fault and reply.own_fault.error_class) == error_class
    assert reply.is_reached is (error_class is not None)


def test_an_error_after_sending_is_not_ours() -> None:
    """Once a byte of the request went out, an error no longer proves that the fault is ours."""
    assert reply_of(Exchange(is_sent=True), ANSWER, ProxyFault("late"), 0.0).own_fault is None


def test_an_unreachable_proxy_is_ours() -> None:
    """While the proxy itself was not reached, any error is one of our network."""
    fault = reply_of(Exchange(awaits_proxy=True), ANSWER, OSError(errno.ECONNREFUSED, "refused"), 0.0).own_fault
    assert fault is not None
    assert fault.error_class is E.LOCAL_NETWORK


@pytest.mark.parametrize("http_status", [407, 511])
def test_answers_of_our_own_network_are_ours(http_status: int) -> None:
    """A proxy's and a guest network's statuses are ours even if the request was sent."""
    fault = reply_of(Exchange(is_sent=True, http_status=http_status), ANSWER, None, 0.0).own_fault
    assert fault is not None
    assert fault.error_class is E.LOCAL_NETWORK


def test_the_first_piece_is_timed_from_the_start() -> None:
    """The time to the first piece is measured from the start of the exchange, and None without a body."""
    assert reply_of(Exchange(first_piece_at=12.5), ANSWER, None, 10.0).first_piece_seconds == 2.5
    assert reply_of(Exchange(), ANSWER, None, 10.0).first_piece_seconds is None


def test_the_innermost_cause_is_described() -> None:
    """The text is that of the innermost cause with a text, bounded, also for causes in a circle."""
    assert describe(chained(RuntimeError("outer"), ValueError("inner"), OSError())) == "ValueError: inner"
    first, second = RuntimeError("one"), ValueError("two")
    first.__cause__, second.__cause__ = second, first
    assert describe(first) == "ValueError: two"
    assert len(describe(RuntimeError("x" * 900))) == 500


def test_the_cause_of_an_own_fault_is_not_described() -> None:
    """The cause of an own fault may contain a secret, so its own text is used."""
    assert describe(chained(KeyUnavailable("no key"), ValueError("sk-secret"))) == "KeyUnavailable: no key"
