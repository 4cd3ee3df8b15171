"""The record of one exchange: limits of the body, its sink, and phases from the library's events."""

from __future__ import annotations

import httpcore2
import pytest

from sora_exporter.http.exchange import Exchange

GET = httpcore2.Request("GET", "https://provider.example/v1/models")
CONNECT = httpcore2.Request("CONNECT", "https://proxy.example", headers={"Host": "provider.example:443"})


async def send(exchange: Exchange, request: httpcore2.Request, http_status: int) -> None:
    await exchange.trace("http11.send_request_headers.started", {"request": request})
    await exchange.trace("http11.send_request_headers.complete", {})
    await exchange.trace("http11.receive_response_headers.started", {})
    await exchange.trace("http11.receive_response_headers.complete", {"return_value": (b"HTTP/1.1", http_status)})


@pytest.mark.parametrize(("sizes", "kept", "is_cut"), [([4, 5], 9, False), ([4, 6], 9, True), ([20], 9, True)])
def test_a_body_is_read_up_to_its_limit(sizes: list[int], kept: int, is_cut: bool) -> None:
    """A body of exactly the limit is whole; one byte more ends the exchange and marks it as cut."""
    exchange = Exchange(limit=9)
    ends = [exchange.take(b"x" * size) for size in sizes]
    assert (len(exchange.received), exchange.size, exchange.is_cut, ends[-1]) == (kept, kept, is_cut, is_cut)


@pytest.mark.parametrize(("http_status", "passed", "ends"), [(200, b"video", False), (404, b"", True)])
def test_a_sink_gets_only_the_body_of_a_success(http_status: int, passed: bytes, ends: bool) -> None:
    """An asset goes to its sink piece by piece and is not kept; an error page goes nowhere and ends the exchange."""
    found = bytearray()
    exchange = Exchange(sink=found.extend, http_status=http_status)
    assert exchange.take(b"video") is ends
    assert (bytes(found), bytes(exchange.received)) == (passed, b"")


def test_stop_sees_everything_received_so_far() -> None:
    """``stop`` gets the growing body after each piece, and its answer ends the exchange."""
    seen: list[bytes] = []

    def stop(received: bytearray) -> bool:
        seen.append(bytes(received))
        return received.endswith(b"end")

    exchange = Exchange(stop=stop)
    assert [exchange.take(b"be"), exchange.take(b"gin end")] == [False, True]
    assert seen == [b"be", b"begin end"]


def test_the_time_of_the_first_piece_ignores_empty_ones() -> None:
    """An empty piece does not count as the beginning of the body."""
    exchange = Exchange()
    exchange.take(b"")
    assert exchange.first_piece_at is None
    exchange.take(b"x")
    first = exchange.first_piece_at
    exchange.take(b"y")
    assert exchange.first_piece_at == first is not None


async def test_an_answer_has_processing_and_transfer() -> None:
    """A request over an open connection is sent and connected, with the phases of the answer alone."""
    exchange = Exchange()
    await send(exchange, GET, 200)
    exchange.finished()
    assert (exchange.is_sent, exchange.is_connected, set(exchange.phases)) == (True, True, {"processing", "transfer"})


@pytest.mark.parametrize(("http_status", "is_connected"), [(200, True), (407, False)])
async def test_a_tunnel_is_part_of_connecting(http_status: int, is_connected: bool) -> None:
    """CONNECT to a proxy is not the request itself, and only its success connects to the server."""
    exchange = Exchange(awaits_proxy=True)
    await send(exchange, CONNECT, http_status)
    assert (exchange.is_sent, exchange.awaits_proxy, exchange.is_connected) == (False, False, is_connected)
    assert set(exchange.phases) == {"connect"}


def test_without_an_answer_there_is_no_transfer() -> None:
    """An exchange that ends before its answer has no phase of the body."""
    exchange = Exchange()
    exchange.finished()
    assert exchange.phases == {}


def test_a_phase_that_occurs_twice_is_a_sum() -> None:
    """Two looked-up names count together as one phase."""
    exchange = Exchange()
    exchange.spent("dns", 0.25)
    exchange.spent("dns", 0.5)
    assert exchange.phases == {"dns": 0.75}
