"""Who may ask, how often, and over which certificate: the web configuration at work."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import logging
import secrets
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import bcrypt
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_exporter.config import parse_duration
from sora_exporter.web_config import WebConfig, load_web_config, tls_context
from sora_exporter.yaml_file import ConfigError

log = logging.getLogger(__name__)

OPEN_PATHS: Final = frozenset({"/-/healthy"})
"""What answers without credentials: whoever restarts a hung exporter has none."""
REMEMBERED_LOGINS: Final = 100
NOBODY: Final = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(10))
"""Checked for unknown users, so that the time of an answer does not tell which users exist."""


class WatchedFile:
    """A web configuration that follows its file: read again when it or a file it names has changed.

    A change that is no good is logged once and the last good configuration stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.config: WebConfig = load_web_config(path)
        self._context = self._load_context()
        self._seen = self._stamps()

    def refresh(self) -> None:
        """Take over what changed."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            self.config = load_web_config(self._path)
            self._context = self._load_context()
        except (ConfigError, OSError) as error:
            log.error("web configuration not reloaded: %s", error)

    def server_context(self) -> ssl.SSLContext | None:
        """Return a context that presents the newest certificate to each new connection, or None without TLS."""
        if self._context is None:
            return None
        outer = self._context

        def newest(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:  # noqa: ARG001
            self.refresh()
            if self._context is not None:
                connection.context = self._context

        outer.sni_callback = newest
        return outer

    def _load_context(self) -> ssl.SSLContext | None:
        tls = self.config.tls_server_config
        return tls_context(self._path, tls) if tls is not None else None

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        tls = self.config.tls_server_config if hasattr(self, "config") else None
        named = (tls.cert_file, tls.key_file, tls.client_ca_file) if tls is not None else ()
        return tuple(_stamp(self._path.parent / file) for file in (self._path.name, *named) if file is not None)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


class Access:
    """ASGI middleware: rate limit, basic authentication and configured headers around the application."""

    def __init__(self, app: ASGIApp, watched: WatchedFile, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app, self._watched, self._monotonic = app, watched, monotonic
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._tokens: float | None = None
        self._filled_at = monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._watched.refresh()
        send = self._with_headers(send)
        if scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
        elif not self._has_token():
            await PlainTextResponse("too many requests\n", 429)(scope, receive, send)
        elif not await self._is_allowed(Headers(scope=scope)):
            challenge = {"www-authenticate": 'Basic realm="sora_exporter", charset="UTF-8"'}
            await PlainTextResponse("unauthorized\n", 401, headers=challenge)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _with_headers(self, send: Send) -> Send:
        wanted = self._watched.config.http_server_config.headers

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and wanted:
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers[name] = value
            await send(message)

        return sending

    def _has_token(self) -> bool:
        """Whether the rate limit lets one more request through: a bucket of ``burst`` tokens, refilled steadily."""
        limit = self._watched.config.rate_limit
        interval = parse_duration(limit.interval) if limit is not None else 0
        if limit is None or not isinstance(interval, float) or interval <= 0:
            return True
        now = self._monotonic()
        filled = (self._tokens if self._tokens is not None else limit.burst) + (now - self._filled_at) / interval
        self._tokens, self._filled_at = min(filled, float(limit.burst)), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def _is_allowed(self, headers: Headers) -> bool:
        users = self._watched.config.basic_auth_users
        if not users:
            return True
        name, password = _credentials(headers.get("authorization", ""))
        configured = users.get(name)
        encoded = configured.get_secret_value().encode() if configured is not None else NOBODY
        # bcrypt is slow by design: what was checked once is remembered, salted and for this hash only.
        key = hashlib.sha256(b"\0".join((self._salt, encoded, name.encode(), password))).digest()
        if key not in self._known:
            is_right = await asyncio.to_thread(bcrypt.checkpw, password[:72], encoded)
            self._known[key] = is_right and configured is not None
            while len(self._known) > REMEMBERED_LOGINS:
                self._known.popitem(last=False)
        return self._known[key]


def _credentials(header: str) -> tuple[str, bytes]:
    """Return user and password of an Authorization header; empty ones for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return "", b""
