"""The status pages that the simulator serves: their documents, and a component that changes."""

from __future__ import annotations

from typing import Any

SORA = "01K9G527YRPY1EFRMHTKB5BKT5"
STATUSPAGE = "/status/openai/api/v2/"


async def read(provider: Any, path: str) -> Any:
    """Return the JSON document at an address."""
    answer = await provider.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def change(provider: Any, page: str, component: str, status: str) -> None:
    """Set a component's status through the control endpoint."""
    wish = {"components": {component: status}}
    assert (await provider.client.put(f"/control/status-pages/{page}", json=wish)).status_code == 200
