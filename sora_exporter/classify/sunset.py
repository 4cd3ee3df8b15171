"""The end of a model's life: its announcement in answers, and the meaning of "not found" after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
"""The error classes of a 404 that names no model."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""A date outside of these is a zero value (0001-01-01, 1970-01-01), a mistake or an attack, and announces no end."""
DATE_CHARACTERS: Final = 40


def announced_sunset(headers: Mapping[str, str], document: Any) -> float | None:
    """Return the end of life an answer announces as Unix time, or None.

    The ``Sunset`` header (RFC 8594) comes first, then the members of the body with a date. ``Deprecation``
    (RFC 9745) names no end: a deprecated model still works.
    """
    moments = (_moment(said) for said in _dates(headers, document))
    return next((moment.timestamp() for moment in moments if moment is not None and _is_possible(moment)), None)


def ignored_date(headers: Mapping[str, str], document: Any) -> str:
    """Return the first date of an answer that is not taken for an end of life because it is impossible, or ""."""
    for said in _dates(headers, document):
        moment = _moment(said)
        if moment is not None and not _is_possible(moment):
            return said[:DATE_CHARACTERS]
    return ""


def after_sunset(
    verdict: Verdict, sunset_at: float | None, now: float, *, has_no_route: bool = False
) -> Verdict:  # fmt: skip
    """Return the verdict, where "not found" after the end of life means that the model is retired.

    ``has_no_route`` is set if the request to create was answered with HTTP 404: a vendor may end the route as well.
    """
    is_missing = verdict.error_class is ErrorClass.MODEL_NOT_FOUND or (has_no_route and verdict.error_class in NO_ROUTE)
    if is_missing and sunset_at is not None and sunset_at <= now:
        return Verdict(ErrorClass.MODEL_RETIRED, f"{verdict.rule}+sunset", verdict.message)
    return verdict


def _dates(headers: Mapping[str, str], document: Any) -> Sequence[str]:
    """Return the texts of an answer that may hold its end of life, the header first."""
    said = (headers.get("sunset"), first(document, DATE_MEMBERS))
    return [text.strip() for text in said if isinstance(text, str)]


def _is_possible(moment: datetime) -> bool:
    return EARLIEST <= moment < LATEST


def _moment(text: str) -> datetime | None:
    """Return a date with its zone, UTC where it names none; None for another text."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None
