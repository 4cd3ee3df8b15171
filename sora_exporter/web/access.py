"""The web configuration at work: authentication, rate limit, headers and certificates of every answer."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.web.config_file import WebConfig, load_web_config, tls_context
from sora_exporter.web.login import Bucket, Crowded, Logins

log = logging.getLogger(__name__)

OPEN_PATHS: Final = frozenset({"/-/healthy", "/-/ready"})
"""Paths that need no credentials: a supervisor that starts or restarts the exporter has none."""
LOCKED_DOWN: Final = {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff"}
"""Headers of every answer that does not set its own: text and JSON must not act as pages or scripts."""


class WatchedFile:
    """A web configuration that follows its file: it is read again when the file, or a file it names, has changed.

    An invalid change is logged once, and the last valid configuration stays. Raises ConfigError if the file is invalid
    at the start.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.config = load_web_config(path)
        self._seen = self._stamps()
        self._tls = _context(path, self.config)

    def refresh(self) -> None:
        """Read the file again if it or a file it names has changed."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            config = load_web_config(self._path)
            tls = _context(self._path, config)
        except (ConfigError, OSError) as error:
            log.error("web configuration not reloaded", extra={"file": str(self._path), "error": str(error)})
            return
        if (tls is None) != (self._tls is None):
            fix = "restart the exporter to switch TLS on or off"
            log.error("web configuration not reloaded", extra={"file": str(self._path), "error": fix})
            return
        self.config, self._tls = config, tls
        self._seen = self._stamps()
        log.info("web configuration reloaded", extra={"file": str(self._path)})

    def server_context(self) -> Callable[[], ssl.SSLContext] | None:
        """Return a function that gives the newest context for a new connection, or None without TLS."""
        return None if self._tls is None else self._newest

    def _newest(self) -> ssl.SSLContext:
        self.refresh()
        assert self._tls is not None  # noqa: S101 - refresh never switches TLS on or off
        return self._tls

    def _stamps(self) -> tuple[tuple[int, ...], ...]:
        tls = self.config.tls
        named = [self._path.parent / file for file in tls.files] if tls is not None else []
        return tuple(stamp(file) for file in (self._path, *named))


def _context(path: Path, config: WebConfig) -> ssl.SSLContext | None:
    return tls_context(path, config.tls) if config.tls is not None else None


def stamp(path: Path) -> tuple[int, ...]:
    """Return values that change with a file; the inode reveals a replaced file, such as a mounted Kubernetes secret."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size


class Headed:
    """ASGI middleware: adds LOCKED_DOWN to an answer where missing; configured headers replace any."""

    def __init__(self, app: ASGIApp, configured: Callable[[], Mapping[str, str]] = dict) -> None:
        self._app, self._configured = app, configured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in LOCKED_DOWN.items():
                    headers.setdefault(name, value)
                for name, value in self._configured().items():
                    if value:
                        headers[name] = value
            await send(message)

        await self._app(scope, receive, sending)


TOO_MANY: Final = PlainTextResponse("too many requests\n", 429)
UNAUTHORIZED: Final = PlainTextResponse(
    "unauthorized\n", 401, headers={"www-authenticate": 'Basic realm="sora_exporter", charset="UTF-8"'}
)


class Access:
    """ASGI middleware: rate limit and basic authentication in front of the application."""

    def __init__(self, app: ASGIApp, watched: WatchedFile, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app, self._watched = app, watched
        self._bucket, self._logins = Bucket(monotonic), Logins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._watched.refresh()
        config = self._watched.config
        limit, users = config.rate_limit, config.basic_auth_users
        if scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
        elif limit is not None and not self._bucket.take(limit.interval, limit.burst):
            await TOO_MANY(scope, receive, send)
        elif users and (refusal := await self._refusal(scope, {name: _bytes(hash) for name, hash in users.items()})):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope, hashes: Mapping[str, bytes]) -> ASGIApp | None:
        """Return the answer to a refused client, or None if its credentials are right."""
        address = (scope.get("client") or ("",))[0]
        try:
            is_right = await self._logins.is_right(Headers(scope=scope).get("authorization", ""), hashes, address)
        except Crowded:
            return TOO_MANY
        return None if is_right else UNAUTHORIZED


def _bytes(hash: SecretStr) -> bytes:
    return hash.get_secret_value().encode()


def guarded(app: ASGIApp, watched: WatchedFile | None) -> ASGIApp:
    """Return the application with security headers and, if given, behind the web configuration."""
    if watched is None:
        return Headed(app)
    return Headed(Access(app, watched), lambda: watched.config.http_server_config.headers)
