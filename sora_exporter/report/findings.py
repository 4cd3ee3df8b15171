"""The findings of a report as plain values: windows, services, figures, incidents. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sora_exporter.result import Depth, ErrorClass, Status

HOUR: Final = 3600
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

LEAST_COVERAGE: Final = 0.5
"""Figures of a record that was observed less than this are not shown; SoraProbeStale fires below it too."""
LEAST_SECONDS: Final = HOUR
"""Figures of less observed time than this are not shown, and nothing is called operational by it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A length of time in seconds, and the length of each bar of its chart."""

    name: str
    seconds: int
    bar_seconds: int


WINDOWS: Final[Mapping[str, Window]] = MappingProxyType(
    {
        window.name: window
        for window in (
            Window("24h", DAY, HOUR),
            Window("7d", WEEK, 6 * HOUR),
            Window("30d", 30 * DAY, DAY),
            Window("90d", 90 * DAY, 2 * DAY),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The identity of a service; ``name`` is its name for people."""

    service_id: str
    name: str
    product: str
    access: str
    provider: str
    model: str
    api: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a window that was observed enough.

    ``availability`` is 0 to 1 over the observed minutes; ``response_seconds`` is None if no answer ever came;
    ``stars`` (1 to 5) always cover thirty days, and are None if too little of those was observed.
    """

    availability: float
    episodes: int
    episodes_per_week: float
    risk_control_hours: float
    risk_control_share: float
    response_seconds: float | None
    stars: int | None


@dataclass(frozen=True, slots=True)
class Price:
    """A configured price in US dollars per ``unit`` (second or request)."""

    usd: float
    unit: str

    def of_video(self, video_seconds: float) -> float:
        """Return the price of one video of that length."""
        return self.usd * video_seconds if self.unit == "second" else self.usd


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of minutes in Unix seconds, from its first minute up to the one after its last.

    ``error_class`` is the class of most of its minutes, None if none was recorded. ``is_cut`` is set if it began before
    the window, ``is_open`` if it lasts at the end of the window.
    """

    start: int
    end: int
    error_class: ErrorClass | None
    is_cut: bool = False
    is_open: bool = False

    @property
    def seconds(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the window: its end (Unix seconds), its availability, and the share of it that was observed."""

    end: int
    availability: float | None
    coverage: float


@dataclass(frozen=True, slots=True)
class ServiceFindings:
    """Everything known of one service.

    ``status`` is None if none is recorded now. ``figures`` is None if too little was observed; ``coverage``
    (0 to 1) is the observed share. ``recorded_since`` is set when its record begins after the window did. ``proven`` is
    the deepest depth proven within the window, None if none is recorded.
    """

    facts: Facts
    status: Status | None
    error_class: ErrorClass | None
    is_recommended: bool | None
    coverage: float
    recorded_since: float | None
    figures: Figures | None
    objective: float | None
    price: Price | None
    sunset: float | None
    incidents: Sequence[Incident]
    silences: Sequence[Incident]
    bars: Sequence[Bar]
    proven: Depth | None

    @property
    def is_front_desk_only(self) -> bool:
        """True if the figures rest on probes that never had a job accepted."""
        return self.figures is not None and self.proven is not None and self.proven.rank < Depth.ACCEPTED.rank

    @property
    def price_per_success(self) -> float | None:
        """US dollars per successful unit: the price divided by the availability."""
        if self.price is None or self.figures is None or not self.figures.availability:
            return None
        return self.price.usd / self.figures.availability

    def video_price(self, video_seconds: float) -> float | None:
        """Return the cost of one finished video of that length, paid failures included; None if unknown."""
        if self.price is None or self.figures is None or not self.figures.availability:
            return None
        return self.price.of_video(video_seconds) / self.figures.availability


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole report: its window up to ``end`` (Unix seconds), services by product and id, and its source."""

    window: Window
    end: int
    source: str
    video_seconds: float
    services: Sequence[ServiceFindings]
    warnings: Sequence[str]

    @property
    def start(self) -> int:
        return self.end - self.window.seconds

    @property
    def products(self) -> Sequence[str]:
        """Every product once, sorted."""
        return sorted({service.facts.product for service in self.services})
