"""One line around an application's HTTP client: its requests are counted as they pass, and are otherwise untouched."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from functools import cache
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

from prometheus_client import REGISTRY, CollectorRegistry

from sora_exporter.clock import Clock, SystemClock
from sora_exporter.config import Source, config_from
from sora_exporter.documents import at, decoded
from sora_exporter.fallback.metrics import ClientMetrics
from sora_exporter.fallback.outcome import RouteAttempt
from sora_exporter.http.exchange import ANSWER_BYTES
from sora_exporter.http.reply import describe
from sora_exporter.probes.asset import AssetCheck
from sora_exporter.result import Depth, is_success
from sora_exporter.traffic.calls import Calls, Kind, Seen, Sent, normal
from sora_exporter.traffic.reading import Received, read_order

log = logging.getLogger(__name__)

Client = TypeVar("Client")
LIBRARIES = frozenset({"httpx", "httpx2"})
KINDS = frozenset({"Client", "AsyncClient"})
LATE = re.compile("Timeout")
_OBSERVED: WeakSet[Any] = WeakSet()
"""The clients that are observed, so that none is counted twice."""


class Watcher(Protocol):
    """Follows the answer to one request."""

    def ended(self, received: Received) -> None:
        """Take the whole answer, or the part of it that the application read."""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body as they were sent."""


def observe(
    client: Client, config: Source = None, *, registry: CollectorRegistry = REGISTRY, clock: Clock | None = None
) -> Client:
    """Count the video requests of a client from now on, and return the same client.

    ``client`` is an ``OpenAI`` or ``AsyncOpenAI``, or a ``Client`` or ``AsyncClient`` of httpx or httpx2. ``config`` is
    the path of a configuration, a loaded one, or None for the built-in services; its services are recognised by base
    URL and model, and all other requests are ignored. The metrics are those of the fallback client, in ``registry``;
    prometheus_client's multiprocess mode works as usual. Streams reach the application unchanged and at once; no key
    and no text is kept; an error of ours is logged, and never raised in a call of the application.

    Raises TypeError for another kind of client, ValueError for one that is observed already, and ConfigError.
    """
    http = _http_client(client)
    if http in _OBSERVED:
        raise ValueError("the client is observed already: one line around it is enough")
    observer = Observer(config, registry, clock or SystemClock())
    http.send = (observer.asynchronous if _name(http) == "AsyncClient" else observer.synchronous)(http.send)
    _OBSERVED.add(http)
    return client


def _http_client(client: Any) -> Any:
    """Return the client of httpx or httpx2 below a client of the OpenAI SDK, or the client itself."""
    for candidate in (client, getattr(client, "_client", None)):
        if _name(candidate):
            return candidate
    raise TypeError(f"observe takes a client of openai, httpx or httpx2, not {type(client).__name__}")


def _name(client: object) -> str:
    """Return Client or AsyncClient for a client of httpx or httpx2, derived classes included; else empty text."""
    kinds = type(client).__mro__
    return next((one.__name__ for one in kinds if _library(one) in LIBRARIES and one.__name__ in KINDS), "")


def _library(kind: type) -> str:
    return kind.__module__.partition(".")[0]


class Observer:
    """The observation of one client."""

    def __init__(self, config: Source, registry: CollectorRegistry, clock: Clock) -> None:
        loaded = config_from(config)
        self._calls, self._clock = Calls(loaded), clock
        self._metrics = ClientMetrics(registry, loaded)
        self._faults: set[str] = set()

    def synchronous(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``send`` of a blocking client with the observation around it."""

        def observed(request: Any, **options: Any) -> Any:
            watcher = self.safely(self._begin, request)
            try:
                response = send(request, **options)
            except Exception as error:
                self.safely(self._broken, watcher, error)
                raise
            self.safely(self._answered, watcher, response)
            return response

        return observed

    def asynchronous(self, send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return ``send`` of a client for asyncio with the observation around it."""

        async def observed(request: Any, **options: Any) -> Any:
            watcher = self.safely(self._begin, request)
            try:
                response = await send(request, **options)
            except Exception as error:
                self.safely(self._broken, watcher, error)
                raise
            self.safely(self._answered, watcher, response)
            return response

        return observed

    def _begin(self, request: Any) -> Watcher | None:
        seen = self._calls.seen(Sent(request.method, normal(str(request.url)), fields_of(request)))
        if seen is None or seen.kind is Kind.POLL:
            return None
        return Ordering(self, seen) if seen.kind is Kind.CREATE else Fetching(self, seen)

    def _broken(self, watcher: Watcher | None, error: Exception) -> None:
        if watcher is not None:
            text = describe(error)
            is_late = LATE.search(type(error).__name__) is not None
            watcher.ended(Received(None, {}, transport_error=f"TimeoutError: timed out: {text}" if is_late else text))

    def _answered(self, watcher: Watcher | None, response: Any) -> None:
        """Read a complete answer now, and one that the application will read as it does so."""
        if watcher is None:
            return
        if response.is_stream_consumed or response.is_closed:
            watcher.feed(response.content)
            watcher.ended(_received(response, response.content, is_whole=True))
            return
        tap = _tap_of(_base_of(response.stream))
        response.stream = tap(response.stream, Tapped(self, watcher, response))

    def safely(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of one of our steps; an error in it is logged once for each place, without its text.

        The text might quote the application's request.
        """
        try:
            return step(*arguments)
        except Exception as error:  # noqa: BLE001 - an observer must never harm what it observes
            place = _place(error)
            if place not in self._faults:
                self._faults.add(place)
                log.error("internal error in observation", extra={"error": type(error).__name__, "detail": place})
            return None

    def ordered(self, seen: Seen, received: Received, seconds: float) -> None:
        """Count the answer to a create request."""
        reading = read_order(seen.watched, received, self._clock.now())
        if reading is None:
            return
        service = seen.watched.service
        status = received.http_status
        self._metrics.count(
            RouteAttempt(service.id, service.access, reading.error_class, "", status, seconds)
        )  # fmt: skip
        if reading.depth is not None:
            self._metrics.proved(service.id, reading.depth, self._clock.now())
        if reading.job_id:
            self._calls.remember(reading.job_id, service.id)

    def delivered(self, seen: Seen) -> None:
        """Note that a whole asset came out."""
        self._metrics.proved(seen.watched.service.id, Depth.DELIVERED, self._clock.now())


class Ordering:
    """Follows the answer to a create request."""

    def __init__(self, observer: Observer, seen: Seen) -> None:
        self._observer, self._seen, self._began = observer, seen, time.perf_counter()

    def feed(self, piece: bytes) -> None:
        """The end has the whole body."""

    def ended(self, received: Received) -> None:
        self._observer.ordered(self._seen, received, time.perf_counter() - self._began)


class Fetching:
    """Follows a download, of which only head, tail and size are kept."""

    def __init__(self, observer: Observer, seen: Seen) -> None:
        self._observer, self._seen = observer, seen
        asset = seen.watched.api.asset
        self._check = AssetCheck(asset.kinds if asset is not None else ("video", "image"))

    def feed(self, piece: bytes) -> None:
        self._check.feed(piece)

    def ended(self, received: Received) -> None:
        is_good = received.is_whole and is_success(received.http_status)
        if is_good and not self._check.fault(received.headers.get("content-type", "")):
            self._observer.delivered(self._seen)


class Tapped:
    """One answer that the application reads piece by piece, of which at most 1 MiB is kept until its end."""

    def __init__(self, observer: Observer, watcher: Watcher, response: Any) -> None:
        self._observer, self._watcher, self._response = observer, watcher, response
        self._kept = bytearray()
        self._is_over = False

    def piece(self, piece: bytes) -> None:
        """Take the next bytes as they were sent."""
        self._observer.safely(self._take, piece)

    def over(self, *, is_whole: bool) -> None:
        """The answer is at its end, or the application stopped reading."""
        if not self._is_over:
            self._is_over = True
            self._observer.safely(self._finish, is_whole)

    def _take(self, piece: bytes) -> None:
        self._kept += piece[: ANSWER_BYTES - len(self._kept)]
        self._watcher.feed(piece)

    def _finish(self, is_whole: bool) -> None:
        response = self._response
        # The library decodes a compressed body, as it does for the application.
        again = type(response)(response.status_code, headers=response.headers, content=bytes(self._kept))
        self._watcher.ended(_received(response, again.content, is_whole=is_whole))


class Tap:
    """A stream of an answer, of which every piece is seen as it passes."""

    def __init__(self, stream: Any, tapped: Tapped) -> None:
        self._stream, self._tapped = stream, tapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class SyncTap(Tap):
    """A stream that passes every piece on at once."""

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            self._tapped.piece(piece)
            yield piece
        self._tapped.over(is_whole=True)

    def close(self) -> None:
        self._tapped.over(is_whole=False)
        self._stream.close()


class AsyncTap(Tap):
    """A stream for asyncio that passes every piece on at once."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._tapped.piece(piece)
            yield piece
        self._tapped.over(is_whole=True)

    async def aclose(self) -> None:
        self._tapped.over(is_whole=False)
        await self._stream.aclose()


TAPS = {"SyncByteStream": SyncTap, "AsyncByteStream": AsyncTap}


@cache
def _tap_of(base: Hashable) -> Any:
    """Return the tap for a class of streams: the library reads only streams that derive from its own class."""
    assert isinstance(base, type)  # noqa: S101 - a class is what _base_of returns
    return type("Tap", (TAPS[base.__name__], base), {})


def _base_of(stream: object) -> Hashable:
    return next(one for one in type(stream).__mro__ if one.__name__ in TAPS and _library(one) in LIBRARIES)


def _received(response: Any, content: bytes, *, is_whole: bool) -> Received:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Received(response.status_code, headers, content[:ANSWER_BYTES].decode("utf-8", "replace"), is_whole=is_whole)


def fields_of(request: Any) -> Callable[[str], Any]:
    """Return a reader of values in a request's body: JSON by dotted paths, or the fields of a form."""
    form = getattr(request.stream, "fields", None)
    if form is not None:
        fields = {field.name: field.value for field in form if hasattr(field, "value")}
        return fields.get

    @cache
    def document() -> Any:
        return decoded(request.content[:ANSWER_BYTES].decode("utf-8", "replace"))

    return lambda path: at(document(), path)


def _place(error: BaseException) -> str:
    """Return the file and the line at which an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
