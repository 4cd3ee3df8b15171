"""Which recorded answers rules may be written after."""

from __future__ import annotations

import hashlib


def is_seen(line_id: str) -> bool:
    """Return whether rules may be written from this line of ``answers-2``; the other half only ever gives a score."""
    return hashlib.sha256(line_id.encode()).digest()[0] % 2 == 0
