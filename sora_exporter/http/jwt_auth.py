"""Authentication by a JSON Web Token made of two keys. Source: the authentication page of Kling's API (2026-11)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import jwt

from sora_exporter.config import Provider
from sora_exporter.config.auth import JwtAuth
from sora_exporter.http.auth import KEPT_SECRETS, Credentials, Outgoing, Scheme, bearer, key_pair

JWT_SECONDS = 1800
JWT_EARLY_SECONDS = 5
"""A token is valid from this long ago: a clock that is a little slow must not refuse it."""
JWT_RENEW_SECONDS = 600
"""A token with less time left is replaced, so that none expires under way."""


class JwtScheme:
    """A JSON Web Token that we sign ourselves (HS256): issued by the access key, signed with the secret key."""

    is_timed = True

    def __init__(self, settings: JwtAuth, now: Callable[[], float] = time.time) -> None:
        self._access, self._secret = key_pair(settings)
        self._now = now
        self._token, self._minted_at, self._keys = "", 0.0, ("", "")
        self._tokens: deque[str] = deque(maxlen=KEPT_SECRETS)

    @property
    def seen(self) -> tuple[str, ...]:
        return (*self._access.seen, *self._secret.seen, *self._tokens)

    async def renew(self, timeout_seconds: float) -> None:
        """The token is signed here, without any request."""

    def sign(self, outgoing: Outgoing) -> Credentials:  # noqa: ARG002 - one token for every request
        keys, now = (self._access.read() or "", self._secret.read() or ""), self._now()
        if keys != self._keys or not self._minted_at <= now < self._minted_at + JWT_SECONDS - JWT_RENEW_SECONDS:
            self._mint(keys, now)
        return bearer(self._token)

    def _mint(self, keys: tuple[str, str], now: float) -> None:
        access, secret = keys
        claims = {"iss": access, "exp": int(now) + JWT_SECONDS, "nbf": int(now) - JWT_EARLY_SECONDS}
        self._token, self._minted_at, self._keys = jwt.encode(claims, secret, "HS256"), now, keys
        self._tokens.append(self._token)


def scheme(provider: Provider) -> Scheme:
    """Return the scheme of a provider with ``auth.jwt``."""
    settings = provider.auth and provider.auth.jwt
    if not settings:
        raise ValueError("the provider has no auth.jwt")
    return JwtScheme(settings)
