"""Five chat services on one socket, each with the form and the answers that its documentation shows."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

TOKEN, SECRET = "tokentokentoken1", "SECsecretsecret2"
BOT = "123456789:AAtelegramtelegramtelegramtelegram9"
SLACK = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@dataclass
class Chats:
    """What arrived: service and text. ``refusing`` makes every service refuse; ``unsigned`` needs no signature."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    posted: list[Mapping[str, Any]] = field(default_factory=list)
    is_refusing: bool = False
    is_unsigned: bool = False

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/feishu/{token}", self.feishu, methods=["POST"]),
                Route("/dingtalk", self.dingtalk, methods=["POST"]),
                Route("/wecom", self.wecom, methods=["POST"]),
                Route("/slack/{path:path}", self.slack, methods=["POST"]),
                Route("/bot{token}/sendMessage", self.telegram, methods=["POST"]),
            ]
        )

    def is_signed(self, sign: object, key: str, text: str) -> bool:
        """Whether this is the base64 of HMAC-SHA256, or none is needed."""
        made = b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
        return self.is_unsigned or sign == made

    async def feishu(self, request: Request) -> Response:
        """A custom robot of Feishu or Lark with signature verification."""
        said = await self._said(request)
        key = f"{said.get('timestamp')}\n{SECRET}"
        if request.path_params["token"] != TOKEN or self.is_refusing:
            return JSONResponse({"code": 19001, "msg": f"param invalid: incoming webhook {TOKEN}", "data": {}})
        if not self.is_signed(said.get("sign"), key, ""):
            return JSONResponse({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
        self.texts.append(("feishu", said["content"]["text"]))
        return JSONResponse({"code": 0, "msg": "success", "data": {}})

    async def dingtalk(self, request: Request) -> Response:
        """A custom robot of DingTalk with the security setting of a signature."""
        said, query = await self._said(request), request.query_params
        if query["access_token"] != TOKEN or self.is_refusing:
            return JSONResponse({"errcode": 300005, "errmsg": "token is not exist"})
        if not self.is_signed(query.get("sign"), SECRET, f"{query.get('timestamp')}\n{SECRET}"):
            return JSONResponse({"errcode": 310000, "errmsg": "sign not match"})
        self.texts.append(("dingtalk", said["text"]["content"]))
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    async def wecom(self, request: Request) -> Response:
        """A robot of a WeCom group, which counts bytes."""
        said = await self._said(request)
        if request.query_params["key"] != TOKEN or self.is_refusing:
            return JSONResponse({"errcode": 93000, "errmsg": "invalid webhook url"})
        text = said["text"]["content"]
        if len(text.encode()) > 2048:
            return JSONResponse({"errcode": 40058, "errmsg": "text.content exceed max length 2048"})
        self.texts.append(("wecom", text))
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    async def slack(self, request: Request) -> Response:
        """An incoming webhook of Slack."""
        said = await self._said(request)
        if request.path_params["path"] != SLACK or self.is_refusing:
            return PlainTextResponse("no_service", 404)
        self.texts.append(("slack", "".join(part["text"] for part in said["attachments"])))
        return PlainTextResponse("ok")

    async def telegram(self, request: Request) -> Response:
        """sendMessage of Telegram's Bot API."""
        said = await self._said(request)
        if request.path_params["token"] != BOT or self.is_refusing:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        self.texts.append(("telegram", said["text"]))
        return JSONResponse({"ok": True, "result": {"message_id": 1, "chat": {"id": said["chat_id"]}}})

    async def _said(self, request: Request) -> dict[str, Any]:
        said: dict[str, Any] = await request.json()
        self.posted.append(said)
        return said
