"""The documents of an exporter whose statuses a client follows."""

from __future__ import annotations

import json
from typing import Any

from support.faults.server import answer
from support.shop import OFFICIAL, REVERSE


def status(official: str, reverse: str, recommended: str | None = None) -> dict[str, Any]:
    """Return the document of an exporter at /api/v1/status."""
    return {
        "services": [{"service_id": OFFICIAL, "status": official}, {"service_id": REVERSE, "status": reverse}],
        "products": [{"product": "sora-2", "service_id": recommended}],
    }


def answer_of(document: object) -> bytes:
    """Return an exporter's answer."""
    return answer(json.dumps(document).encode())
