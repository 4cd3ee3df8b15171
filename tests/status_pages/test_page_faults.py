"""Every protocol fault against the readers of official pages: reported as an error, and nothing raised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from support.faults.server import BEFORE_REQUEST, FAULTS, serve

from sora_exporter.clock import SystemClock
from sora_exporter.http.fetch import Fetcher
from sora_exporter.status_pages.poller import StatusPagePoller

TIMEOUT_SECONDS = 0.5


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """A Fetcher that is closed afterwards."""
    found = Fetcher()
    yield found
    await found.aclose()


@pytest.mark.programs
@pytest.mark.parametrize("form", ["statuspage", "google-cloud"])
@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_page_with_a_fault_is_not_up(fetcher: Fetcher, fault: str, form: str) -> None:
    """Any fault instead of a page's documents ends the poll without values and with a one-line error."""
    async with serve(fault, scheme="https" if fault in BEFORE_REQUEST else "http") as server:
        settings = SimpleNamespace(url=server.url, format=form, components=("c",), timeout=TIMEOUT_SECONDS)
        state = await StatusPagePoller(settings, fetcher, SystemClock()).poll()
    assert (state.up, state.report) == (False, None), state
    assert state.error
    assert state.error.splitlines() == [state.error]
