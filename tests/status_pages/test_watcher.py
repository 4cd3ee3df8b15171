"""Official pages: polled at their interval, logged once per change, and witnesses of our own network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.clock import HandClock, settle
from support.watched import NOW

import sora_exporter.status_pages.watcher
from sora_exporter.config import Config
from sora_exporter.http.fetch import Fetched, FetchError, TooSlow
from sora_exporter.status_pages.poller import StatusPagePoller
from sora_exporter.status_pages.watcher import Pages

SUMMARY = b'{"status": {"indicator": "none"}, "components": [], "incidents": [], "scheduled_maintenances": []}'
PAGE = {"url": "https://status.example", "format": "statuspage", "interval": "1m", "timeout": "10s"}


class Web:
    """Stands in for the Fetcher; ``answer`` returns or raises the outcome of a fetch."""

    def __init__(self, clock: HandClock) -> None:
        self.clock, self.closed = clock, 0
        self.asked: list[float] = []
        self.proxies: list[str | None] = []
        self.answer: Callable[[], Fetched] = lambda: Fetched(200, {}, SUMMARY)

    def __call__(self, proxy: str | None) -> Web:
        self.proxies.append(proxy)
        return self

    async def fetch(
        self, url: str, *, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int  # noqa: ARG002
    ) -> Fetched:  # fmt: skip
        self.asked.append(self.clock.now() - NOW)
        return self.answer()

    async def aclose(self) -> None:
        self.closed += 1


class Running:
    """Pages at work, and their evidence about our own network."""

    def __init__(self, clock: HandClock, web: Web) -> None:
        self.web = web
        self.witnessed: list[tuple[str, bool, float]] = []
        self.pages = Pages(clock, lambda *seen: self.witnessed.append(seen))


def config(**pages: dict[str, Any]) -> Config:
    """Return a configuration of these pages."""
    return Config.model_validate({"status_pages": pages})


def failing(error: Exception) -> Callable[[], Fetched]:
    """Return a fetch that fails."""

    def fail() -> Fetched:
        raise error

    return fail


@asynccontextmanager
async def reading(clock: HandClock, monkeypatch: pytest.MonkeyPatch, **pages: dict[str, Any]) -> AsyncIterator[Running]:
    """Read pages while the block lasts; no task may be left after it."""
    web = Web(clock)
    monkeypatch.setattr(sora_exporter.status_pages.watcher, "Fetcher", web)
    others, run = asyncio.all_tasks(), Running(clock, web)
    run.pages.apply(config(**pages))
    await settle()
    yield run
    await run.pages.stop()
    assert asyncio.all_tasks() <= others


async def test_read_at_the_interval(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is read at once and then at its interval, and bears witness each time."""
    async with reading(clock, monkeypatch, official=PAGE) as run:
        await clock.advance(125)
        assert sorted(set(run.web.asked)) == [0, 60, 120]
        assert run.pages.states["official"].up
        assert run.witnessed == [("page:official", True, 60.0)] * 3
    assert run.web.closed == 1


@pytest.mark.parametrize(
    ("answer", "is_reached"),
    [
        (failing(FetchError("ConnectionRefusedError: refused", is_reached=False)), False),
        (failing(TooSlow("no complete answer in 10 s")), True),
        (lambda: Fetched(503), True),
        (lambda: Fetched(200, {}, b"<html>"), True),
    ],
    ids=["refused", "connected but silent", "error page", "nonsense"],
)
async def test_witness(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Fetched], is_reached: bool
) -> None:
    """Only a page that no connection came about to speaks against our network, however bad the others are."""
    async with reading(clock, monkeypatch, official=PAGE) as run:
        run.web.answer = answer
        await clock.advance(60)
        assert run.witnessed[-1] == ("page:official", is_reached, 60.0)
        assert not run.pages.states["official"].up


async def test_one_line_per_change(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one line when a page becomes unavailable and one when it is available again."""
    caplog.set_level(logging.INFO)
    async with reading(clock, monkeypatch, official=PAGE) as run:
        await clock.advance(120)
        run.web.answer = lambda: Fetched(500)
        await clock.advance(180)
        run.web.answer = lambda: Fetched(200, {}, SUMMARY)
        await clock.advance(180)
        lines = [(record.levelname, vars(record).get("page")) for record in caplog.records]
        assert lines == [("WARNING", "official"), ("INFO", "official")]
        assert vars(caplog.records[0])["error"].endswith(": HTTP 500")


async def test_reload_touches_only_changed_pages(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload keeps an unchanged page's interval and facts, reads a changed one again and forgets a removed one."""
    async with reading(clock, monkeypatch, kept=PAGE, changed=PAGE, removed=PAGE) as run:
        await clock.advance(30)
        kept = run.pages.states["kept"]
        run.witnessed.clear()
        run.pages.apply(config(kept=PAGE, changed={**PAGE, "proxy": "http://proxy.example:3128"}))
        await settle()
        assert run.witnessed == [("page:changed", True, 60.0)]
        assert (run.pages.states["kept"], sorted(run.pages.states)) == (kept, ["changed", "kept"])
        await clock.advance(30)
        assert [name for name, *_ in run.witnessed] == ["page:changed", "page:kept"]
        assert run.web.proxies == [None, "http://proxy.example:3128"]


FAULT = RuntimeError("a fault of ours")


async def test_a_fault_of_ours_ends_one_reading_only(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After an unforeseen error a page's values are dropped, the error is logged, and polling continues."""
    async with reading(clock, monkeypatch, official=PAGE) as run:
        good = run.web.answer
        run.web.answer = failing(FAULT)
        await clock.advance(60)
        state = run.pages.states["official"]
        assert (state.up, state.report, state.fetched_at, state.attempted_at) == (False, None, NOW, NOW + 60)
        assert "internal error" in state.error
        assert any(record.exc_info for record in caplog.records)
        run.web.answer = good
        await clock.advance(60)
        assert run.pages.states["official"].up


async def test_a_reload_revives_a_page(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose task has ended is read again after a reload that does not touch it."""
    built: list[object] = []

    def faulty(*arguments: Any) -> Any:
        built.append(arguments)
        if len(built) == 1:
            raise FAULT
        return StatusPagePoller(*arguments)

    monkeypatch.setattr(sora_exporter.status_pages.watcher, "StatusPagePoller", faulty)
    async with reading(clock, monkeypatch, official=PAGE) as run:
        assert run.pages.states == {}
        run.pages.apply(config(official=PAGE))
        await settle()
        assert run.pages.states["official"].up


async def test_a_page_left_alone_is_no_witness(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused page gives no evidence about our own network."""
    async with reading(clock, monkeypatch, official=PAGE) as run:
        run.web.answer = lambda: Fetched(429, {"retry-after": "150"})
        await clock.advance(60)
        run.witnessed.clear()
        await clock.advance(120)
        assert run.witnessed == []
        run.web.answer = lambda: Fetched(200, {}, SUMMARY)
        await clock.advance(60)
        assert run.witnessed == [("page:official", True, 60.0)]
