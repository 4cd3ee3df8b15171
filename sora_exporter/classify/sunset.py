"""The end of a model's life: what answers announce, and what "not found" means after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from sora_exporter.config.apis import first
from sora_exporter.result import ErrorClass, Verdict

# Source: developers.openai.com api/reference models (shutdown_date); docs.krea.ai developers/deprecations (the rest).
DATE_MEMBERS: Final = (
    "shutdown_date",
    "data.shutdown_date",
    "sunset_date",
    "error.sunset_date",
    "error.shutdown_date",
)

NO_ROUTE: Final = frozenset({ErrorClass.INVALID_REQUEST, ErrorClass.INVALID_RESPONSE})
"""What a 404 stands for that names no model."""

EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""No model on sale ended before; zero values such as 0001-01-01 and 1970-01-01 stand for "no date"."""


def announced_sunset(headers: Mapping[str, str], document: Any) -> float | None:
    """Return the end of life an answer announces as Unix time, or None.

    The ``Sunset`` header (RFC 8594) comes first, then the members of the body that tell a date. ``Deprecation``
    (RFC 9745) names no end: what is deprecated still works.
    """
    return _unix_time(headers.get("sunset")) or _unix_time(first(document, DATE_MEMBERS))


def after_sunset(
    verdict: Verdict, sunset_at: float | None, now: float, *, has_no_route: bool = False
) -> Verdict:  # fmt: skip
    """Return the verdict, where "not found" after the end of life means that the model is retired.

    ``has_no_route`` tells that the request to create was answered with HTTP 404: a vendor may end the route as well.
    """
    is_missing = verdict.error_class is ErrorClass.MODEL_NOT_FOUND or (has_no_route and verdict.error_class in NO_ROUTE)
    if is_missing and sunset_at is not None and sunset_at <= now:
        return Verdict(ErrorClass.MODEL_RETIRED, f"{verdict.rule}+sunset", verdict.message)
    return verdict


def _unix_time(said: object) -> float | None:
    """Return a date as Unix time, UTC where it names no zone; None for what is no date or no possible end."""
    moment = _moment(said.strip()) if isinstance(said, str) else None
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp() if aware >= EARLIEST else None


def _moment(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None
