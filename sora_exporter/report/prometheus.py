"""Asking a Prometheus-compatible HTTP API: bounded, with credentials from files, and with every refusal in words."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2

from sora_exporter.http.reply import describe
from sora_exporter.http.transport import EXCHANGE, Exchange, Transport
from sora_exporter.redact import redact
from sora_exporter.report.terminal import plain

TIMEOUT_SECONDS: Final = 120.0
ANSWER_BYTES: Final = 64 * 1024 * 1024
SECRET_BYTES: Final = 8192
MOST_CONNECTIONS: Final = 4
SAID_CHARACTERS: Final = 300


class PrometheusError(Exception):
    """No usable answer; the text says what is wrong and what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a Prometheus: ``url`` may end in a path prefix; each file is read when the connection is made."""

    url: str
    username: str | None = None
    password_file: Path | None = None
    bearer_token_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One element of an answer: its labels, and its samples as (Unix seconds, value), oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[float, float]]

    @property
    def value(self) -> float:
        """The latest value; the only one in the answer to an instant query."""
        return self.samples[-1][1]


class PrometheusApi:
    """One Prometheus; an asynchronous context manager that closes its connections.

    ``warnings`` gathers what the answers warned of, such as a part of the data that could not be read.
    """

    def __init__(self, access: Access) -> None:
        """Prepare the connection. Raises PrometheusError for a wrong address and for a file that is no good."""
        self.warnings: list[str] = []
        self._url = _base_url(access.url)
        password, token = _password(access), _token(access)
        self._secrets = [secret for secret in (password, token) if secret]
        transport = Transport(_tls(access.ca_file), None, MOST_CONNECTIONS)
        self._http = httpx2.AsyncClient(
            transport=transport,
            auth=httpx2.BasicAuth(access.username or "", password) if password else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            follow_redirects=False,
            trust_env=False,
            timeout=None,
        )

    @property
    def name(self) -> str:
        """Host, port and path prefix."""
        return self._url.partition("://")[2]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def query(self, expression: str, at: float) -> list[Series]:
        """Return what an instant query finds at a moment (Unix seconds). Raises PrometheusError."""
        return await self._result("query", {"query": expression, "time": f"{at:.3f}"})

    async def query_range(self, expression: str, start: float, end: float, step_seconds: int) -> list[Series]:
        """Return what a range query finds from ``start`` to ``end`` (Unix seconds), both included."""
        span = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step_seconds)}
        return await self._result("query_range", {"query": expression, **span})

    async def _result(self, endpoint: str, parameters: Mapping[str, str]) -> list[Series]:
        status, headers, body = await self._get(f"{self._url}/api/v1/{endpoint}", parameters)
        document = _document(self._url, status, headers, body, self._words)
        for warning in map(self._words, document.get("warnings") or ()):
            if warning not in self.warnings:
                self.warnings.append(warning)
        try:
            return [_series(one) for one in document["data"]["result"]]
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise PrometheusError(f"{self._url} answers in another shape than Prometheus does") from None

    def _words(self, said: object) -> str:
        """Return what the other side said on one line; a proxy may echo our credentials."""
        return plain(redact(str(said), self._secrets, SAID_CHARACTERS))

    async def _get(self, url: str, parameters: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        exchange = Exchange(limit=ANSWER_BYTES)
        token = EXCHANGE.set(exchange)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._http.get(url, params=dict(parameters))
        except TimeoutError:
            raise PrometheusError(f"{self._url} gave no complete answer in {TIMEOUT_SECONDS:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            hint = "see that it runs and that --prometheus-url is right"
            raise PrometheusError(f"{self._url} cannot be reached: {self._words(describe(error))}: {hint}") from None
        finally:
            EXCHANGE.reset(token)
        if exchange.is_cut:
            limit = f"{ANSWER_BYTES // (1024 * 1024)} MiB"
            raise PrometheusError(f"{self._url} answers with more than {limit}: take a shorter --window or a --service")
        return answer.status_code, exchange.headers, answer.content


def _base_url(url: str) -> str:
    """Return the address without a slash at its end. Raises PrometheusError when it is none, or holds a secret."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise PrometheusError("--prometheus-url is no address: write it as http://HOST:9090")
    if parts.username is not None or parts.password is not None:
        raise PrometheusError(
            "--prometheus-url holds credentials: give them as --prometheus.username and --prometheus.password-file"
        )
    if parts.query or parts.fragment:
        raise PrometheusError("--prometheus-url ends in a query: leave out everything from '?' or '#' on")
    return url.rstrip("/").removesuffix("/api/v1")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except FileNotFoundError:
        raise PrometheusError(f"--prometheus.ca-file {ca_file}: no such file") from None
    except (OSError, ssl.SSLError):
        raise PrometheusError(f"--prometheus.ca-file {ca_file} holds no certificate in PEM form") from None


def _password(access: Access) -> str | None:
    if access.username is None and access.password_file is None:
        return None
    if access.username is None or access.password_file is None:
        raise PrometheusError("basic authentication needs both --prometheus.username and --prometheus.password-file")
    if access.bearer_token_file is not None:
        raise PrometheusError("give either a user name with a password or a bearer token, not both")
    return _secret("--prometheus.password-file", access.password_file)


def _token(access: Access) -> str | None:
    if access.bearer_token_file is None:
        return None
    token = _secret("--prometheus.bearer-token-file", access.bearer_token_file)
    if not token.isascii() or len(token.split()) != 1:
        raise PrometheusError(f"--prometheus.bearer-token-file {access.bearer_token_file} holds no single token")
    return token


def _secret(flag: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            secret = file.read(SECRET_BYTES).decode("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise PrometheusError(f"{flag} {path} cannot be read") from None
    if not secret or not secret.isprintable():
        raise PrometheusError(f"{flag} {path} " + ("holds more than one line" if secret else "is empty"))
    return secret


REFUSALS: Final[Mapping[int, str]] = {
    401: "wants credentials, or other ones: use --prometheus.username with --prometheus.password-file, "
    "or --prometheus.bearer-token-file",
    403: "does not let us in: see that these credentials may read it",
    404: "has no Prometheus API: a path prefix may be missing from --prometheus-url",
}


def _document(
    url: str, status: int, headers: Mapping[str, str], body: bytes, words: Callable[[object], str]
) -> Mapping[str, Any]:  # fmt: skip
    """Return the JSON object of a success. Raises PrometheusError that says, in ``words``, what came instead."""
    if status in REFUSALS:
        raise PrometheusError(f"{url} {REFUSALS[status]} (HTTP {status})")
    if 300 <= status < 400:
        place = words(_host(headers.get("location", "")) or "another page")
        raise PrometheusError(f"{url} sends us on to {place} (HTTP {status}): give the address behind the login")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise PrometheusError(f"{url} does not answer as Prometheus does (HTTP {status}): see --prometheus-url")
    if status != 200 or document.get("status") != "success":
        said = words(document.get("error", "no reason given"))
        raise PrometheusError(f"{url} refuses a query (HTTP {status}): {said}")
    return document


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _series(one: Mapping[str, Any]) -> Series:
    samples = one["values"] if "values" in one else [one["value"]]
    labels = {str(name): str(value) for name, value in one["metric"].items()}
    return Series(labels, [(float(time), float(value)) for time, value in samples])
