"""The routes of ``notify``: webhooks for Alertmanager, metrics, and health."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sora_exporter.budget.storage import StorageError
from sora_exporter.notify.notifier import Notifier
from sora_exporter.notify.queue import QueueFull
from sora_exporter.notify.webhook import Notification

MOST_BYTES: Final = 4 * 1024 * 1024
"""The longest notification: a thousand alerts of four kilobytes."""
Token = Callable[[], str]
"""Returns the token that a webhook must carry. Raises ValueError when it cannot be read."""


class Refused(Exception):
    """Why a request is not accepted: an HTTP status, and one line for the log of Alertmanager."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Endpoints:
    """The answers to HTTP requests. Alertmanager sends again what is answered with 5xx, and nothing else."""

    def __init__(self, notifier: Notifier, token: Token | None) -> None:
        self._notifier, self._token = notifier, token

    def routes(self) -> list[Route]:
        """Return the list of endpoints."""
        return [
            Route("/notify/{receiver}", self.notify, methods=["POST"]),
            Route("/deadman", self.deadman, methods=["POST"]),
            Route("/metrics", self.metrics),
            Route("/-/healthy", self.healthy),
            Route("/-/ready", self.healthy),
        ]

    async def notify(self, request: Request) -> Response:
        """Store a notification for the receiver in the path."""
        receiver = request.path_params["receiver"]
        try:
            notification = await self._notification(request)
            if not self._notifier.knows(receiver):
                raise Refused(404, f"no receiver {receiver!r}: name one of notify.yml in the url of webhook_configs")
            self._notifier.accept(receiver, notification)
        except Refused as refused:
            return PlainTextResponse(f"{refused}\n", refused.status)
        except QueueFull:
            return PlainTextResponse("the queue of this receiver is full: send it again later\n", 503)
        except StorageError as error:
            return PlainTextResponse(f"{error}\n", 500)
        return PlainTextResponse("accepted\n")

    async def deadman(self, request: Request) -> Response:
        """Take note of Alertmanager's sign of life."""
        try:
            notification = await self._notification(request)
            if not self._notifier.has_deadman:
                raise Refused(404, "notify.yml has no section deadman: add it")
            if not self._notifier.hear(notification):
                raise Refused(400, "no SoraWatchdog fires in it: route only that alert to /deadman")
        except Refused as refused:
            return PlainTextResponse(f"{refused}\n", refused.status)
        return PlainTextResponse("heard\n")

    async def metrics(self, request: Request) -> Response:
        """Answer a scrape from memory."""
        text, content_type = self._notifier.figures.render(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    async def healthy(self, _request: Request) -> Response:
        """Answer while the process works."""
        return PlainTextResponse("ok\n")

    async def _notification(self, request: Request) -> Notification:
        """Return the notification of a request that may send one. Raises Refused."""
        self._require_token(request)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise Refused(413, f"more than {MOST_BYTES} bytes: set max_alerts in webhook_configs")
        try:
            return Notification.model_validate_json(bytes(body))
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "the document"
            raise Refused(400, f"{place} is not as in Alertmanager's webhook, version 4") from None

    def _require_token(self, request: Request) -> None:
        if self._token is None:
            return
        try:
            expected = f"Bearer {self._token()}"
        except ValueError as error:
            raise Refused(500, str(error)) from None
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refused(401, "unauthorized: give the token as authorization.credentials_file in http_config")


def create_app(notifier: Notifier, token: Token | None = None) -> Starlette:
    """Return the application; with a token, webhooks need it."""
    return Starlette(routes=Endpoints(notifier, token).routes())
