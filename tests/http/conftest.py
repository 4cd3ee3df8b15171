"""Clients with credentials of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.strict_provider import ACCESS, SECRET

from sora_exporter.http.provider import ProviderClients


@pytest.fixture
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the environment with a key and with two secrets."""
    monkeypatch.setenv("OWN_KEY", "own-key-0123456789")
    monkeypatch.setenv("OWN_ACCESS", ACCESS)
    monkeypatch.setenv("OWN_SECRET", SECRET)


@pytest.fixture
async def clients() -> AsyncIterator[ProviderClients]:
    """Clients that are closed afterwards."""
    found = ProviderClients()
    yield found
    await found.keep_only({})
