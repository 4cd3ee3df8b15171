"""Providers' clients whose every exchange goes into a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sora_exporter.config import Provider
from sora_exporter.http.exchange import Exchange
from sora_exporter.http.provider import ProviderClient, ProviderClients
from sora_exporter.http.reply import Reply, Request
from sora_exporter.http.trace import Call, Trace
from sora_exporter.result import Verdict


class TracedClient:
    """The client of one attempt: a provider's client with a trace."""

    def __init__(self, client: ProviderClient, trace: Trace) -> None:
        self._client, self._trace = client, trace

    async def ask(self, request: Request, access: str, exchange: Exchange | None = None) -> Reply:
        """Return the provider's reply."""
        return await self._client.ask(request, access, exchange, trace=self._trace)

    async def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, timeout_seconds: float, endpoint: str, access: str
    ) -> Reply:
        """Pass an asset to ``sink``."""
        return await self._client.download(
            url, sink, limit=limit, timeout_seconds=timeout_seconds, endpoint=endpoint, access=access, trace=self._trace
        )

    @property
    def values(self) -> Mapping[str, str]:
        """The provider's own values for placeholders."""
        return self._client.values

    def refused(self, address: str) -> Verdict | None:
        """Return the verdict on an address that gets no request, or None."""
        return self._client.refused(address)

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets in use."""
        return self._client.secrets()


class TracedClients:
    """Clients that show each call as soon as it has ended; every attempt takes one of them."""

    def __init__(self, clients: ProviderClients, show: Callable[[Call], None]) -> None:
        self._clients, self._show = clients, show

    def get(self, name: str, provider: Provider) -> TracedClient:
        """Return the provider's client, with its own trace."""
        return TracedClient(self._clients.get(name, provider), Trace(show=self._show))
