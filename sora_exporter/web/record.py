"""The record of a service: its availability as far as it is proven, for the choice of a route."""

from __future__ import annotations

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.exporter import Exporter
from sora_exporter.history.uptime import uptime

MONTH_SECONDS = 30 * DAY_SECONDS
PROVING_SECONDS = 6 * 3600.0
"""A service that was observed for less of a day has to prove itself: the rest of this time counts as not available."""


def proven_availability(exporter: Exporter, service_id: str) -> float | None:
    """Return the lower one of the availabilities over 30 days and over one day (ratios); None without evidence.

    They are those that Prometheus recorded or, without a history, those of the event log. They are worked out once a
    minute, since a page with a thousand services reads all of them.
    """
    now = exporter.clock.now()
    minute, known = int(now // 60), exporter.records.get(service_id)
    if known is None or known[0] != minute:
        known = exporter.records[service_id] = minute, _worked_out(exporter, service_id, now)
    return known[1]


def _worked_out(exporter: Exporter, service_id: str, now: float) -> float | None:
    history = exporter.history.services.get(service_id) if exporter.history is not None else None
    recorded = history.availability if history is not None else {}
    events = exporter.events.of(service_id, now - MONTH_SECONDS)
    day = uptime(events, now - DAY_SECONDS, now)
    lately, long = recorded.get("24h", day.ratio), recorded.get("30d")
    if long is None:
        long = uptime(events, now - MONTH_SECONDS, now).ratio
    if lately is None or long is None:
        return None
    return min(long, lately * min(day.observed_seconds / PROVING_SECONDS, 1.0))
