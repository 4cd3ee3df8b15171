"""Planned maintenance of one's own: once, or at the same time of every week."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config.section import Section
from sora_exporter.config.values import Identifier, Seconds, Text

WEEK_SECONDS: Final = 7 * DAY_SECONDS
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_MONDAY: Final = 4 * DAY_SECONDS
"""The first Monday in Unix time."""
WEEKLY: Final = re.compile(
    rf"(?P<day>{'|'.join(DAYS)}) (?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
    r"(?:Z|(?P<sign>[+-])(?P<off_hour>0[0-9]|1[0-4]):(?P<off_minute>[0-5][0-9]))?",
    re.IGNORECASE,
)


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.year < 1970:
        raise ValueError("not a moment: write it such as 2026-12-01T02:00Z")
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _weekly(value: str) -> str:
    if not WEEKLY.fullmatch(value):
        raise ValueError(f"{value!r} is not a time of the week: write it such as sunday 02:00 or sunday 02:00+08:00")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
Weekly = Annotated[str, AfterValidator(_weekly)]


@dataclass(frozen=True, slots=True)
class Window:
    """One planned time of maintenance: ``start`` and ``end`` in Unix time, and the reason or empty text."""

    start: float
    end: float
    why: str


class Maintenance(Section):
    """Planned work on services: once (`from`, `until`), or every week (`weekly`, `lasts`)."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    services: tuple[Identifier, ...] = ()
    """The ids of the services; none given: all of them."""
    from_: Moment | None = Field(default=None, alias="from")
    """The beginning of work done once, such as `2026-12-01T02:00Z`; UTC if it names no zone."""
    until: Moment | None = None
    """The end of work done once."""
    weekly: Weekly | None = None
    """The beginning of work of every week, such as `sunday 02:00` (UTC) or `sunday 02:00+08:00`."""
    lasts: Seconds | None = None
    """The length of work of every week."""
    why: Text | None = None
    """The reason, for the status page."""

    @model_validator(mode="after")
    def _is_once_or_weekly(self) -> Self:
        once, weekly = (self.from_, self.until), (self.weekly, self.lasts)
        if (None in once or any(weekly)) and (None in weekly or any(once)):
            raise ValueError("needs from and until for work done once, or weekly and lasts for work of every week")
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise ValueError("ends before it begins: correct from or until")
        if self.lasts is not None and self.lasts >= WEEK_SECONDS:
            raise ValueError("lasts must be shorter than a week")
        return self

    def covers(self, service_id: str) -> bool:
        """Return whether the work is on a service."""
        return not self.services or service_id in self.services

    def next_window(self, now: float) -> Window | None:
        """Return the window that is open at ``now`` (Unix time), else the next one; None if the last one is over."""
        if self.from_ is not None and self.until is not None:
            start, end = self.from_.timestamp(), self.until.timestamp()
        else:
            start = self._latest_start(now)
            end = start + (self.lasts or 0.0)
            if end <= now:
                start, end = start + WEEK_SECONDS, end + WEEK_SECONDS
        return Window(start, end, self.why or "") if now < end else None

    def _latest_start(self, now: float) -> float:
        said = WEEKLY.fullmatch(self.weekly or "")
        assert said is not None  # noqa: S101 - checked when the configuration was loaded
        ahead = 60 * (60 * int(said["off_hour"] or 0) + int(said["off_minute"] or 0))
        of_day = 60 * (60 * int(said["hour"]) + int(said["minute"])) - (-ahead if said["sign"] == "-" else ahead)
        first = FIRST_MONDAY + DAYS.index(said["day"].lower()) * DAY_SECONDS + of_day
        return first + (now - first) // WEEK_SECONDS * WEEK_SECONDS


def windows(planned: Iterable[Maintenance], now: float) -> list[Window]:
    """Return the open or next window of each planned work, the earliest first."""
    found = (work.next_window(now) for work in planned)
    return sorted((window for window in found if window is not None), key=lambda window: window.start)


def open_window(planned: Iterable[Maintenance], now: float) -> Window | None:
    """Return the window that is open at ``now`` (Unix time) and ends last; None if none is."""
    return max((w for w in windows(planned, now) if w.start <= now), key=lambda window: window.end, default=None)
