"""Pictures, as an address or inline."""

from __future__ import annotations

import base64
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n"


async def test_images_come_as_address_or_as_base64(start: Any) -> None:
    """An image model answers an address by default and the picture itself on request."""
    client, wish = (await start()).client, {"model": "gpt-image-2", "prompt": "a cat"}
    linked = (await client.post("/v1/images/generations", json=wish)).json()
    inline = (await client.post("/v1/images/generations", json=wish | {"response_format": "b64_json"})).json()
    assert (await client.get(linked["data"][0]["url"])).content.startswith(PNG)
    assert base64.b64decode(inline["data"][0]["b64_json"]).startswith(PNG)
