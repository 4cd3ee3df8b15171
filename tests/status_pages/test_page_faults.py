"""Every way to break the protocols, against the readers of official pages: told in time, and nothing raised."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from support.faults.server import BEFORE_REQUEST, FAULTS, serve

from sora_exporter.clock import SystemClock
from sora_exporter.http.fetch import Fetcher
from sora_exporter.status_pages.poller import StatusPagePoller

TIMEOUT_SECONDS = 1.0
GRACE_SECONDS = 0.5


@pytest.fixture
async def client() -> AsyncIterator[Fetcher]:
    """A client that is closed afterwards."""
    found = Fetcher()
    yield found
    await found.aclose()


@pytest.mark.programs
@pytest.mark.parametrize("form", ["statuspage", "google-cloud"])
@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_page_with_a_fault_is_not_up(client: Fetcher, fault: str, form: str) -> None:
    """Whatever comes instead of a page's documents, the poll ends in time, gives no values, and says why in a line."""
    async with serve(fault, scheme="https" if fault in BEFORE_REQUEST else "http") as server:
        settings = SimpleNamespace(url=server.url, format=form, components=("c",), timeout=TIMEOUT_SECONDS)
        started = time.monotonic()
        state = await StatusPagePoller(settings, client, SystemClock()).poll()
        taken = time.monotonic() - started
    assert (state.up, state.report, taken < TIMEOUT_SECONDS + GRACE_SECONDS) == (False, None, True), (state, taken)
    assert state.error
    assert state.error.splitlines() == [state.error]
