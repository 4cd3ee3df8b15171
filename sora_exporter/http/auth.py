"""How a request proves who sends it: one small class per authentication scheme.

A scheme first makes its credentials ready (``renew``, which may ask a token host), and then signs each request with
them (``sign``, which never waits). Ready-made libraries do the cryptography: PyJWT, google-auth and botocore.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx2

from sora_exporter.config import Provider
from sora_exporter.config.auth import AwsAuth, GoogleAuth, JwtAuth
from sora_exporter.http.api_key import KeySource, KeyUnavailable
from sora_exporter.http.sdk import transport_of
from sora_exporter.http.token_host import TokenHost, TokenHostUnreachable
from sora_exporter.result import Answer, ErrorClass, Verdict

JWT_SECONDS = 1800
JWT_EARLY_SECONDS = 5
"""A token is valid from this long ago: a clock that is a little slow must not refuse it."""
JWT_RENEW_SECONDS = 600
"""A token with less time left is replaced, so that none expires under way."""
KEPT_SECRETS = 4
REASON_CHARACTERS = 300
SKEW_SECONDS = 30.0
REFUSED = frozenset({401, 403})
TOO_EARLY = re.compile(r"not[ _-]yet|not (?:active|effective)|issued in the future|未到有效|未生效", re.IGNORECASE)
TOO_LATE = re.compile(
    r"(?:token|authorization|signature|jwt|auth)\b[^.]{0,40}expired|TooSkewed|(?:鉴权|授权|签名|令牌|token)[^。]{0,10}(?:失效|过期)",
    re.IGNORECASE,
)


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


class JwtScheme:
    """A JSON Web Token that we sign ourselves (HS256): issued by the access key, signed with the secret key."""

    is_timed = True

    def __init__(self, settings: JwtAuth, now: Callable[[], float] = time.time) -> None:
        self._access, self._secret = _pair(settings)
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
        return _bearer(self._token)

    def _mint(self, keys: tuple[str, str], now: float) -> None:
        import jwt  # here: only this scheme needs it

        access, secret = keys
        claims = {"iss": access, "exp": int(now) + JWT_SECONDS, "nbf": int(now) - JWT_EARLY_SECONDS}
        self._token, self._minted_at, self._keys = jwt.encode(claims, secret, "HS256"), now, keys
        self._tokens.append(self._token)


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
        from google.auth.credentials import TokenState

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
        import google.auth
        from google.auth import exceptions
        from google.oauth2 import service_account

        path, scopes = self._settings.service_account_file, list(self._settings.scopes)
        try:
            if self._credentials is None and path is not None:
                self._credentials = service_account.Credentials.from_service_account_file(str(path), scopes=scopes)
            elif self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=scopes, request=request)
            self._credentials.refresh(request)
        except exceptions.TransportError as error:
            raise TokenHostUnreachable(f"the token host of Google cannot be reached: {_reason(error)}") from None
        except exceptions.DefaultCredentialsError:
            raise KeyUnavailable(
                "the environment has no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS or service_account_file"
            ) from None
        except exceptions.GoogleAuthError as error:
            raise KeyUnavailable(f"the token host of Google gave no token: {_reason(error)}") from None
        except (OSError, ValueError):
            raise KeyUnavailable(f"service_account_file {path} cannot be read") from None
        self._tokens.append(self._credentials.token)

    def sign(self, outgoing: Outgoing) -> Credentials:  # noqa: ARG002 - one token for every request
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return Credentials(headers)


class AwsScheme:
    """AWS Signature Version 4 over method, address and body."""

    is_timed = True

    def __init__(self, settings: AwsAuth) -> None:
        self._settings = settings
        self._access, self._secret = _pair(settings)
        self._source: Any = None
        self._keys: Any = None
        self._secrets: deque[str] = deque(maxlen=3 * KEPT_SECRETS)

    @property
    def seen(self) -> tuple[str, ...]:
        return tuple(self._secrets)

    async def renew(self, timeout_seconds: float) -> None:
        if self._settings.has_access_key:
            self._keys = self._named()
        else:
            try:
                async with asyncio.timeout(timeout_seconds):
                    # The environment's credentials may come from a request to the machine's own metadata address.
                    self._keys = await asyncio.to_thread(self._ambient)
            except TimeoutError:
                raise TokenHostUnreachable("the source of AWS credentials did not answer in time") from None
        for secret in (self._keys.access_key, self._keys.secret_key, self._keys.token):
            if secret and secret not in self._secrets:
                self._secrets.append(secret)

    def _named(self) -> Any:
        from botocore.credentials import Credentials as Keys

        return Keys(self._access.read(), self._secret.read())

    def _ambient(self) -> Any:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        try:
            self._source = self._source or Session().get_credentials()
            keys = self._source and self._source.get_frozen_credentials()
        except BotoCoreError as error:
            raise KeyUnavailable(f"the AWS credentials of the environment cannot be used: {_reason(error)}") from None
        if not keys or not keys.access_key:
            raise KeyUnavailable(
                "the environment has no AWS credentials: set AWS_ACCESS_KEY_ID, or access_key_env and secret_key_env"
            )
        return keys

    def sign(self, outgoing: Outgoing) -> Credentials:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(outgoing.method, str(outgoing.url), data=outgoing.body)
        SigV4Auth(self._keys, self._settings.service, self._settings.region).add_auth(request)
        return Credentials(dict(request.headers))


class SdkAuth(httpx2.Auth):
    """Signs the requests of the SDK with a scheme, after the SDK has encoded their bodies."""

    requires_request_body = True

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        body = await request.aread()
        credentials = self._scheme.sign(Outgoing(request.method, request.url, body))
        request.headers.update(credentials.headers)
        request.url = with_query(request.url, credentials)
        yield request


def with_query(url: httpx2.URL, credentials: Credentials) -> httpx2.URL:
    """Return the address with the credentials that belong into its query."""
    return url.copy_merge_params(dict(credentials.query)) if credentials.query else url


def scheme_of(provider: Provider) -> Scheme:
    """Return the scheme of a provider."""
    key, auth = KeySource("api_key", provider.api_key_env, provider.api_key_file), provider.auth
    if auth is None:
        return KeyScheme(key, _bearer)
    if auth.jwt is not None:
        return JwtScheme(auth.jwt)
    if auth.google is not None:
        # The token host must prove who it is, however far the provider itself is trusted. No connection is kept.
        verified = provider.model_copy(update={"verify": True, "max_concurrent": 0})
        return GoogleScheme(auth.google, TokenHost(transport_of(verified)))
    if auth.aws is not None:
        return AwsScheme(auth.aws)
    header, query, prefix = auth.header, auth.query, auth.prefix or ""
    if header is not None:
        return KeyScheme(key, lambda key: Credentials({header: prefix + key}))
    return KeyScheme(key, lambda key: Credentials(query={query or "": key}))


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


def _bearer(token: str) -> Credentials:
    return Credentials({"Authorization": f"Bearer {token}"})


def _pair(settings: JwtAuth | AwsAuth) -> tuple[KeySource, KeySource]:
    return (
        KeySource("access_key", settings.access_key_env, settings.access_key_file),
        KeySource("secret_key", settings.secret_key_env, settings.secret_key_file),
    )


def _reason(error: Exception) -> str:
    """Return the first words of a library's error; its other arguments repeat the whole answer."""
    return " ".join(str(error.args[0] if error.args else error).split())[:REASON_CHARACTERS]
