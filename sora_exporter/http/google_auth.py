"""Authentication by an access token of Google Cloud: a service account or the credentials of the environment.

google-auth waits for its requests in a thread; our own transport sends them.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import google.auth
import httpx2
from google.auth import exceptions
from google.auth.credentials import TokenState
from google.oauth2 import service_account

from sora_exporter.config import Provider
from sora_exporter.config.auth import GoogleAuth
from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.auth import KEPT_SECRETS, Credentials, Outgoing, Scheme, TokenHostUnreachable, reason_of
from sora_exporter.http.exchange import EXCHANGE, Exchange
from sora_exporter.http.transport import Transport, transport_of

TOKEN_SECONDS = 10.0
"""The longest wait for one answer of a token host."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """An answer in the form that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class TokenHost:
    """Sends the requests for tokens over the proxy of the provider, always with verified TLS."""

    def __init__(self, transport: Transport) -> None:
        self._http = httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)

    def request(self, timeout_seconds: float) -> Callable[..., TokenAnswer]:
        """Return google-auth's ``Request``: a function that a thread calls and that waits for the answer."""
        loop, most = asyncio.get_running_loop(), min(timeout_seconds, TOKEN_SECONDS)

        def send(
            url: str,
            method: str = "GET",
            body: bytes | str | None = None,
            headers: Mapping[str, str] | None = None,
            timeout: float | None = None,
            **_: Any,
        ) -> TokenAnswer:
            seconds = min(timeout or most, most)
            try:
                return asyncio.run_coroutine_threadsafe(self._send(method, url, body, headers, seconds), loop).result()
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError) as error:
                raise exceptions.TransportError(str(error) or type(error).__name__) from None
            except concurrent.futures.CancelledError:
                raise exceptions.TransportError("the exporter is closing") from None

        return send

    async def _send(
        self, method: str, url: str, body: bytes | str | None, headers: Mapping[str, str] | None, seconds: float
    ) -> TokenAnswer:
        # Each such coroutine is a task of its own, so this record replaces no other.
        exchange = Exchange()
        EXCHANGE.set(exchange)
        async with asyncio.timeout(seconds):
            await self._http.request(method, url, content=body, headers=headers, timeout=None)
        return TokenAnswer(exchange.http_status or 0, exchange.headers, bytes(exchange.received))


class GoogleScheme:
    """An access token of Google Cloud, renewed some minutes before it expires."""

    is_timed = True

    def __init__(self, settings: GoogleAuth, host: TokenHost) -> None:
        self._settings, self._host = settings, host
        self._credentials: Any = None
        self._lock = asyncio.Lock()
        self._tokens: deque[str] = deque(maxlen=KEPT_SECRETS)

    @property
    def seen(self) -> tuple[str, ...]:
        return tuple(self._tokens)

    async def renew(self, timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds), self._lock:
                state = TokenState.INVALID if self._credentials is None else self._credentials.token_state
                if state is TokenState.FRESH:
                    return
                try:
                    await asyncio.to_thread(self._refresh, self._host.request(timeout_seconds))
                except (KeyUnavailable, TokenHostUnreachable):
                    # A token that is about to expire is still good.
                    if state is TokenState.INVALID:
                        raise
        except TimeoutError:
            raise TokenHostUnreachable("the token host of Google did not answer in time") from None

    def _refresh(self, request: Any) -> None:
        """Get a new token; runs in a thread, as google-auth waits for its requests."""
        path, scopes = self._settings.service_account_file, list(self._settings.scopes)
        try:
            if self._credentials is None and path is not None:
                self._credentials = service_account.Credentials.from_service_account_file(str(path), scopes=scopes)
            elif self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=scopes, request=request)
            self._credentials.refresh(request)
        except exceptions.TransportError as error:
            raise TokenHostUnreachable(f"the token host of Google cannot be reached: {reason_of(error)}") from None
        except exceptions.DefaultCredentialsError:
            raise KeyUnavailable(
                "the environment has no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS or service_account_file"
            ) from None
        except exceptions.GoogleAuthError as error:
            raise KeyUnavailable(f"the token host of Google gave no token: {reason_of(error)}") from None
        except (OSError, ValueError):
            raise KeyUnavailable(f"service_account_file {path} cannot be read") from None
        self._tokens.append(self._credentials.token)

    def sign(self, outgoing: Outgoing) -> Credentials:  # noqa: ARG002 - one token for every request
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return Credentials(headers)


def scheme(provider: Provider) -> Scheme:
    """Return the scheme of a provider with ``auth.google``."""
    settings = provider.auth and provider.auth.google
    if not settings:
        raise ValueError("the provider has no auth.google")
    # The token host must prove who it is, however far the provider itself is trusted. No connection is kept.
    verified = provider.model_copy(update={"verify": True, "max_concurrent": 0})
    return GoogleScheme(settings, TokenHost(transport_of(verified)))
