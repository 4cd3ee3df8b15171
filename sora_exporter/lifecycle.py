"""The end of a model's life: what answers announce, and what "not found" means after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sora_exporter.apis import first
from sora_exporter.result import ErrorClass, Verdict

# Source: developers.openai.com api/reference models (shutdown_date); docs.krea.ai developers/deprecations (the rest).
DATE_MEMBERS = ("shutdown_date", "data.shutdown_date", "sunset_date", "error.sunset_date", "error.shutdown_date")


def announced_sunset(headers: Mapping[str, str], document: Any) -> float | None:
    """Return the end of life an answer announces as Unix time, or None.

    The ``Sunset`` header (RFC 8594) comes first, then the members of the body that tell a date. ``Deprecation``
    (RFC 9745) alone names no end: what is deprecated still works.
    """
    return _http_date(headers.get("sunset")) or _iso_date(first(document, DATE_MEMBERS))


def is_deprecated(headers: Mapping[str, str], now: float) -> bool:
    """Whether the ``Deprecation`` header (``@seconds`` of RFC 9745, or the older ``true`` and date) is in force."""
    said = headers.get("deprecation", "").strip()
    if said.startswith("@") and said[1:].isdecimal():
        return int(said[1:]) <= now
    since = _http_date(said)
    return said.lower() == "true" or (since is not None and since <= now)


def after_sunset(verdict: Verdict, sunset_at: float | None, now: float) -> Verdict:
    """Return the verdict, where "not found" after the end of life means that the model is retired."""
    if verdict.error_class is ErrorClass.MODEL_NOT_FOUND and sunset_at is not None and sunset_at <= now:
        return Verdict(ErrorClass.MODEL_RETIRED, f"{verdict.rule}+sunset", verdict.message)
    return verdict


def _http_date(text: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if moment else None


def _iso_date(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
