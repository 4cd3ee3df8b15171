"""Requests to our own programs without TLS. The trust store is left alone: loading it costs more than the request."""

from __future__ import annotations

import base64
from functools import partial

import httpx2

get = partial(httpx2.get, verify=False)
post = partial(httpx2.post, verify=False)
put = partial(httpx2.put, verify=False)
request = partial(httpx2.request, verify=False)


def basic_auth(user: str, password: bytes) -> dict[str, str]:
    """Return the header that gives user and password."""
    return {"authorization": "Basic " + base64.b64encode(user.encode() + b":" + password).decode()}
