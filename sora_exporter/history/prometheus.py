"""Queries to a Prometheus-compatible HTTP API: bounded, with credentials from files, and a clear line per refusal."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

from sora_exporter.figures import one_line
from sora_exporter.http.fetch import Fetched, Fetcher, FetchError, TooLarge, TooSlow
from sora_exporter.redact import redact

TIMEOUT_SECONDS: Final = 120.0
ANSWER_BYTES: Final = 64 * 1024 * 1024
SECRET_BYTES: Final = 8192
QUOTED_CHARACTERS: Final = 300


class PrometheusError(Exception):
    """No usable answer. The text says what is wrong and how to fix it, and contains no secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a Prometheus. ``url`` may end in a path prefix; files are read when PrometheusApi is created.

    ``flag`` is the option that named the address, for messages.
    """

    url: str
    username: str | None = None
    password_file: Path | None = None
    bearer_token_file: Path | None = None
    ca_file: Path | None = None
    flag: str = "--prometheus-url"


@dataclass(frozen=True, slots=True)
class Series:
    """One element of a result: its labels and its samples as (Unix seconds, value), oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[float, float]]

    @property
    def value(self) -> float:
        """The latest value; the only one in the answer to an instant query."""
        return self.samples[-1][1]


class PrometheusApi:
    """One Prometheus; an asynchronous context manager that closes its connections.

    ``warnings`` collects the warnings in the answers, for example of data that could not be read.
    """

    def __init__(self, access: Access) -> None:
        """Prepare the connection. Raises PrometheusError for an invalid address and for an unusable file."""
        self.warnings: list[str] = []
        self._url, self._flag = _base_url(access), access.flag
        password, token = _password(access), _token(access)
        self._secrets = [secret for secret in (password, token) if secret]
        self._headers = _authorization(access.username, password, token)
        self._fetcher = Fetcher(tls=_tls(access.ca_file), redirects=0)

    @property
    def name(self) -> str:
        """Host, port and path prefix."""
        return self._url.partition("://")[2]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._fetcher.aclose()

    async def query(self, expression: str, at: float) -> list[Series]:
        """Return the result of an instant query at ``at`` (Unix seconds). Raises PrometheusError."""
        return await self._result("query", {"query": expression, "time": f"{at:.3f}"})

    async def query_range(self, expression: str, start: float, end: float, step_seconds: int) -> list[Series]:
        """Return the result of a range query from ``start`` to ``end`` (Unix seconds), both included."""
        span = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step_seconds)}
        return await self._result("query_range", {"query": expression, **span})

    async def _result(self, endpoint: str, parameters: Mapping[str, str]) -> list[Series]:
        answer = await self._get(f"{self._url}/api/v1/{endpoint}?{urlencode(parameters)}")
        document = _document(self._url, answer, self._words)
        for warning in map(self._words, document.get("warnings") or ()):
            if warning not in self.warnings:
                self.warnings.append(warning)
        try:
            return [_series(one) for one in document["data"]["result"]]
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise PrometheusError(f"{self._url} answers in a different shape than Prometheus") from None

    def _words(self, text: object) -> str:
        """Return text of the other side on one line, without secrets: a proxy may echo our credentials."""
        return one_line(redact(str(text), self._secrets, QUOTED_CHARACTERS))

    async def _get(self, url: str) -> Fetched:
        try:
            return await self._fetcher.fetch(
                url, headers=self._headers, timeout_seconds=TIMEOUT_SECONDS, max_bytes=ANSWER_BYTES
            )
        except TooSlow as error:
            raise PrometheusError(f"{self._url} gave {error}") from None
        except TooLarge:
            limit = f"{ANSWER_BYTES // (1024 * 1024)} MiB"
            fix = "take a shorter --window or a --service"
            raise PrometheusError(f"{self._url} answers with more than {limit}: {fix}") from None
        except FetchError as error:
            fix = f"check that it runs and that {self._flag} is right"
            raise PrometheusError(f"{self._url} cannot be reached: {self._words(error)}: {fix}") from None


def _authorization(username: str | None, password: str | None, token: str | None) -> Mapping[str, str]:
    if password is not None:
        return {"authorization": f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"}
    return {"authorization": f"Bearer {token}"} if token is not None else {}


def _base_url(access: Access) -> str:
    """Return the address without a trailing slash. Raises PrometheusError if it is invalid or contains a secret."""
    url, flag = access.url, access.flag
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise PrometheusError(f"{flag} is not an address: write it as http://HOST:9090")
    if parts.username is not None or parts.password is not None:
        raise PrometheusError(
            f"{flag} contains credentials: give them as --prometheus.username and --prometheus.password-file"
        )
    if parts.query or parts.fragment:
        raise PrometheusError(f"{flag} ends in a query: remove everything from '?' or '#' on")
    return url.rstrip("/").removesuffix("/api/v1")


def _tls(ca_file: Path | None) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=str(ca_file)) if ca_file else None
    except FileNotFoundError:
        raise PrometheusError(f"--prometheus.ca-file {ca_file}: no such file") from None
    except (OSError, ssl.SSLError):
        raise PrometheusError(f"--prometheus.ca-file {ca_file} contains no certificate in PEM form") from None


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
        raise PrometheusError(
            f"--prometheus.bearer-token-file {access.bearer_token_file} does not contain exactly one token"
        )
    return token


def _secret(flag: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            secret = file.read(SECRET_BYTES).decode("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise PrometheusError(f"{flag} {path} cannot be read") from None
    if not secret or not secret.isprintable():
        raise PrometheusError(f"{flag} {path} " + ("contains more than one line" if secret else "is empty"))
    return secret


REFUSALS: Final[Mapping[int, str]] = {
    401: "requires other credentials: use --prometheus.username with --prometheus.password-file, "
    "or --prometheus.bearer-token-file",
    403: "denies access: check that these credentials may read it",
    404: "has no Prometheus API: a path prefix may be missing from its address",
}


def _document(url: str, answer: Fetched, words: Callable[[object], str]) -> Mapping[str, Any]:
    """Return the JSON object of a success. Raises PrometheusError, which quotes the other side through ``words``."""
    status = answer.http_status
    if status in REFUSALS:
        raise PrometheusError(f"{url} {REFUSALS[status]} (HTTP {status})")
    if 300 <= status < 400:
        place = words(_host(answer.headers.get("location", "")) or "another page")
        raise PrometheusError(f"{url} redirects to {place} (HTTP {status}): give the address behind the login")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise PrometheusError(f"{url} does not answer as Prometheus does (HTTP {status}): check its address")
    if status != 200 or document.get("status") != "success":
        reason = words(document.get("error", "no reason given"))
        raise PrometheusError(f"{url} refuses a query (HTTP {status}): {reason}")
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
