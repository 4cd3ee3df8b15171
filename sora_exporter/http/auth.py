"""How a request proves who sends it: one small class per authentication scheme.

A scheme first makes its credentials ready (``renew``, which may ask a token host), and then signs each request with
them (``sign``, which never waits). Ready-made libraries do the cryptography: PyJWT, google-auth and botocore.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Protocol

import httpx2

from sora_exporter.config import Provider
from sora_exporter.config.auth import AwsAuth, JwtAuth
from sora_exporter.http.api_key import KeySource, KeyUnavailable
from sora_exporter.result import Answer, ErrorClass, Verdict

KEPT_SECRETS = 4
REASON_CHARACTERS = 300
SKEW_SECONDS = 30.0
REFUSED = frozenset({401, 403})
TOO_EARLY = re.compile(r"not[ _-]yet|not (?:active|effective)|issued in the future|未到有效|未生效", re.IGNORECASE)
TOO_LATE = re.compile(
    r"(?:token|authorization|signature|jwt|auth)\b[^.]{0,40}expired|TooSkewed|(?:鉴权|授权|签名|令牌|token)[^。]{0,10}(?:失效|过期)",
    re.IGNORECASE,
)


class TokenHostUnreachable(Exception):
    """No answer of a token host. Our own network or a third party is the reason, never the provider."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as a scheme signs it; the address includes the query."""

    method: str
    url: httpx2.URL
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers and query parameters that prove who sends a request."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


class Scheme(Protocol):
    """One way to authenticate.

    ``is_timed``: a signature holds for a while only, so a wrong clock makes it invalid. ``seen``: every secret and
    token in use, for redaction.
    """

    is_timed: bool

    @property
    def seen(self) -> tuple[str, ...]:
        """The latest secrets and tokens."""

    async def renew(self, timeout_seconds: float) -> None:
        """Make the credentials ready. Raises KeyUnavailable, and TokenHostUnreachable for our own network."""

    def sign(self, outgoing: Outgoing) -> Credentials:
        """Return the credentials of one request. Raises KeyUnavailable."""


class KeyScheme:
    """The key itself, in a header or in the query. Without a configured key nothing is sent."""

    is_timed = False

    def __init__(self, key: KeySource, place: Callable[[str], Credentials]) -> None:
        self._key, self._place = key, place

    @property
    def seen(self) -> tuple[str, ...]:
        return self._key.seen

    async def renew(self, timeout_seconds: float) -> None:
        """The key is read for each request."""

    def sign(self, outgoing: Outgoing) -> Credentials:  # noqa: ARG002 - one key for every request
        key = self._key.read()
        return self._place(key) if key is not None else Credentials()


def with_query(url: httpx2.URL, credentials: Credentials) -> httpx2.URL:
    """Return the address with the credentials that belong into its query."""
    return url.copy_merge_params(dict(credentials.query)) if credentials.query else url


LATE: Mapping[str, str] = MappingProxyType(
    {name: f"sora_exporter.http.{name}_auth" for name in ("jwt", "google", "aws")}
)
"""The modules of schemes whose libraries are loaded, and for an extra installed, only when a provider needs them.

Each module has ``scheme(provider) -> Scheme``.
"""


def scheme_of(provider: Provider, given: str | None = None) -> Scheme:
    """Return the scheme of a provider; a key that is ``given`` replaces the configured one."""
    key, auth = KeySource("api_key", provider.api_key_env, provider.api_key_file, given), provider.auth
    if auth is None:
        return KeyScheme(key, bearer)
    for name, module in LATE.items():
        if getattr(auth, name) is not None:
            scheme: Scheme = importlib.import_module(module).scheme(provider)
            return scheme
    header, query, prefix = auth.header, auth.query, auth.prefix or ""
    if header is not None:
        return KeyScheme(key, lambda key: Credentials({header: prefix + key}))
    return KeyScheme(key, lambda key: Credentials(query={query or "": key}))


def key_mark(provider: Provider) -> int | None:
    """Return a number that differs after the value of a provider's keys changed; None while one is not available.

    It reveals nothing of the keys, and means something in this process only.
    """
    auth, sources = provider.auth, [KeySource("api_key", provider.api_key_env, provider.api_key_file)]
    pair = (auth.jwt or auth.aws) if auth is not None else None
    if pair is not None:
        sources += key_pair(pair)
    try:
        return hash(tuple(source.read() for source in sources))
    except KeyUnavailable:
        return None


def clock_fault(answer: Answer, now: float) -> Verdict | None:
    """Return the verdict on a refusal of a timed signature that our own clock explains, or None.

    The evidence is the answer's Date header, at least half a minute off, or its own words: a token that was just made
    cannot be expired or not yet valid unless the two clocks differ. ``now`` is our Unix time.
    """
    if answer.http_status not in REFUSED:
        return None
    off = _skew(answer.headers.get("date", ""), now)
    if abs(off) >= SKEW_SECONDS:
        return _clock(f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the provider's")
    if TOO_EARLY.search(answer.body):
        return _clock("ahead of the provider's: it refuses a new token as not yet valid")
    if TOO_LATE.search(answer.body):
        return _clock("behind the provider's: it refuses a new token as expired")
    return None


def _clock(difference: str) -> Verdict:
    return Verdict(ErrorClass.AUTHENTICATION, "client", f"our clock is {difference}; synchronise it (NTP)")


def _skew(date: str, now: float) -> float:
    """Return by how many seconds our clock is ahead of a Date header; 0.0 without a valid one."""
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def bearer(token: str) -> Credentials:
    return Credentials({"Authorization": f"Bearer {token}"})


def key_pair(settings: JwtAuth | AwsAuth) -> tuple[KeySource, KeySource]:
    return (
        KeySource("access_key", settings.access_key_env, settings.access_key_file),
        KeySource("secret_key", settings.secret_key_env, settings.secret_key_file),
    )


def reason_of(error: Exception) -> str:
    """Return the first words of a library's error; its other arguments repeat the whole answer."""
    return " ".join(str(error.args[0] if error.args else error).split())[:REASON_CHARACTERS]
