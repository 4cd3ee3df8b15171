"""The Retry-After header. Source: RFC 9110, section 10.2.3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds an answer asks to wait (told in seconds or as a date), or None where it does not."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
        return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now, 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
