"""Who may ask, how often, and over which certificate: the web configuration at work."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.web.config_file import WebConfig, load_web_config, tls_context
from sora_exporter.web.login import Bucket, Crowded, Logins

log = logging.getLogger(__name__)

OPEN_PATHS: Final = frozenset({"/-/healthy"})
"""What answers without credentials: whoever restarts a hung exporter has none."""
LOCKED_DOWN: Final = {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff"}
"""Headers of every answer that does not bring its own: text and JSON are no pages and nothing else either."""


class WatchedFile:
    """A web configuration that follows its file: read again when it or a file it names has changed.

    A change that is no good is logged once and the last good configuration stays. Raises ConfigError for a file that
    is no good from the beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.config = load_web_config(path)
        self._seen = self._stamps()
        self._tls = _context(path, self.config)

    def refresh(self) -> None:
        """Take over what changed."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            config = load_web_config(self._path)
            tls = _context(self._path, config)
        except (ConfigError, OSError) as error:
            log.error("web configuration not reloaded: %s", error)
            return
        if (tls is None) != (self._tls is None):
            log.error("web configuration not reloaded: %s: TLS is switched on or off by a restart only", self._path)
            return
        self.config, self._tls = config, tls
        self._seen = self._stamps()
        log.info("web configuration reloaded")

    def server_context(self) -> ssl.SSLContext | None:
        """Return a context that treats each new connection by the newest configuration, or None without TLS."""
        return None if self._tls is None else _Newest(self._newest)

    def _newest(self) -> ssl.SSLContext:
        self.refresh()
        assert self._tls is not None  # noqa: S101 - TLS does not come and go
        return self._tls

    def _stamps(self) -> tuple[tuple[int, ...], ...]:
        tls = self.config.tls_server_config
        named = [self._path.parent / file for file in tls.files] if tls is not None else []
        return tuple(_stamp(file) for file in (self._path, *named))


class _Newest(ssl.SSLContext):
    """A context in front of another that may be replaced: each connection is made with the one of that moment."""

    _find: Callable[[], ssl.SSLContext]

    def __new__(cls, find: Callable[[], ssl.SSLContext]) -> _Newest:
        context = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        context._find = find
        return context

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Return what event loops ask of a context for a new connection."""
        return self._find().wrap_bio(*arguments, **options)


def _context(path: Path, config: WebConfig) -> ssl.SSLContext | None:
    tls = config.tls_server_config
    return tls_context(path, tls) if tls is not None else None


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes with a file; the inode tells of a replaced one, as Kubernetes replaces mounted secrets."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size


class Headed:
    """ASGI middleware: headers for every answer that has none of these names; configured ones replace them."""

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
        """Return the answer to who is not let in, None for who is."""
        address = (scope.get("client") or ("",))[0]
        try:
            is_right = await self._logins.is_right(Headers(scope=scope).get("authorization", ""), hashes, address)
        except Crowded:
            return TOO_MANY
        return None if is_right else UNAUTHORIZED


def _bytes(hash: Any) -> bytes:
    return str(hash.get_secret_value()).encode()


def guarded(app: ASGIApp, watched: WatchedFile | None) -> ASGIApp:
    """Return the application as it may face a network: locked down, and behind the web configuration where given."""
    if watched is None:
        return Headed(app)
    return Headed(Access(app, watched), lambda: watched.config.http_server_config.headers)
