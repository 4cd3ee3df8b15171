"""Reading the past of every service from the recorded series."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import Final

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.history.prometheus import PrometheusApi, Series
from sora_exporter.history.service import DAYS, WINDOWS, Day, ServiceHistory

PREFIX: Final = "service_id:sora_service_"
RECENT: Final = "15m"
"""Three evaluations of the slowest group of rules; an older value is not current."""
CLOSED_AFTER: Final = 60
"""The last hour of a day is recorded within so many seconds after its end."""
FIGURES: Final = {
    **{f"availability:ratio{window}": f"{PREFIX}availability:ratio{window}" for window in WINDOWS},
    "stars": f"{PREFIX}stability:stars",
    "episodes": f"{PREFIX}risk_control_episodes:sum30d",
    "hours": f"{PREFIX}risk_control_hours:sum30d",
}
SUMS: Final = {"available": f"{PREFIX}available:hourly", "evidence": f"{PREFIX}evidence:hourly"}
"""Sums of minutes by the hour."""

Numbers = Mapping[str, float]
Sums = dict[str, dict[int, float]]
"""Per service, a sum of minutes by the start of its day."""


async def read_history(api: PrometheusApi, now: float) -> dict[str, ServiceHistory]:
    """Return the record of each service that has one, up to ``now`` (Unix time). Raises PrometheusError."""
    today = int(now) // DAY_SECONDS * DAY_SECONDS
    figures = await asyncio.gather(*(_figure(api, series, now) for series in FIGURES.values()))
    found = dict(zip(FIGURES, figures, strict=True))
    available, evidence = [await _by_day(api, series, today, now) for series in SUMS.values()]
    services = {*available, *evidence, *(service_id for numbers in figures for service_id in numbers)}
    return {
        service_id: _history(service_id, found, available.get(service_id, {}), evidence.get(service_id, {}), today, now)
        for service_id in sorted(services)
    }


async def _figure(api: PrometheusApi, series: str, now: float) -> Numbers:
    return _numbers(await api.query(f"max by (service_id) (last_over_time({series}[{RECENT}]))", now))


async def _by_day(api: PrometheusApi, series: str, today: int, now: float) -> Sums:
    """Return the sums of the days before today, by range, and of today up to now."""
    whole, so_far = _exactly(DAY_SECONDS), _exactly(max(int(now) - today - CLOSED_AFTER, 1))
    first, last = today - (DAYS - 2) * DAY_SECONDS + CLOSED_AFTER, today + CLOSED_AFTER
    past = await api.query_range(_sum(series, whole), first, min(last, now), DAY_SECONDS)
    found: Sums = {}
    for one in past:
        days = found.setdefault(one.labels.get("service_id", ""), {})
        days.update({int(at) - CLOSED_AFTER - DAY_SECONDS: value for at, value in one.samples if math.isfinite(value)})
    for service_id, value in _numbers(await api.query(_sum(series, so_far), now)).items():
        found.setdefault(service_id, {})[today] = value
    return found


def _sum(series: str, length: str) -> str:
    return f"max by (service_id) (sum_over_time({series}[{length}]))"


def _exactly(seconds: int) -> str:
    """Return the range that holds each sample of so many seconds once, though ranges may include their left end."""
    return f"{seconds - 1}s999ms"


def _numbers(answer: Iterable[Series]) -> Numbers:
    return {one.labels.get("service_id", ""): one.value for one in answer if math.isfinite(one.value)}


def _history(
    service_id: str,
    figures: Mapping[str, Numbers],
    available: Mapping[int, float],
    evidence: Mapping[int, float],
    today: int,
    now: float,
) -> ServiceHistory:
    def figure(name: str) -> float | None:
        return figures[name].get(service_id)

    days = []
    for start in range(today - (DAYS - 1) * DAY_SECONDS, today + 1, DAY_SECONDS):
        observed, length = evidence.get(start, 0.0) * 60, min(DAY_SECONDS, now - start)
        ratio = min(available.get(start, 0.0) * 60 / observed, 1.0) if observed else None
        days.append(Day(start, ratio, min(observed / length, 1.0) if length else 0.0))
    stars, episodes = figure("stars"), figure("episodes")
    return ServiceHistory(
        days=days,
        availability={
            window: ratio for window in WINDOWS if (ratio := figure(f"availability:ratio{window}")) is not None
        },
        stars=None if stars is None else min(max(round(stars), 1), 5),
        episodes=None if episodes is None else round(episodes),
        hours=figure("hours"),
    )
