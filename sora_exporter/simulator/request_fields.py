"""Bodies of requests as plain mappings, from JSON or multipart forms. Standard library only."""

from __future__ import annotations

import json
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request


class UnreadableBody(ValueError):
    """A body that is neither a JSON object nor a form."""


async def read_fields(request: Request) -> dict[str, Any]:
    """Return the request's fields; of uploaded files the name only.

    Raises UnreadableBody. The standard library's mail parser reads multipart, which spares a dependency.
    """
    body = await request.body()
    content_type = request.headers.get("content-type", "application/json")
    if content_type.startswith("multipart/form-data"):
        return _multipart(content_type, body)
    # A bare `curl -d '{...}'` calls its JSON a form.
    if content_type.startswith("application/x-www-form-urlencoded") and not body.startswith(b"{"):
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise UnreadableBody("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise UnreadableBody("the body is not a JSON object")
    return fields


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            fields[name] = part.get_filename() or text
    return fields
