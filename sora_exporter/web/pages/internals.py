"""The page for the people who run the exporter: money, balances, configuration, probes and their ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter import __version__
from sora_exporter.budget.estimate import MONTH_DAYS, Cost, cost_of
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, dollars, moment
from sora_exporter.plain_words import plain_words
from sora_exporter.result import Status
from sora_exporter.web.pages.document import Document, html_document
from sora_exporter.web.pages.service_view import balance_view
from sora_exporter.web.pages.strip import Strip, strip
from sora_exporter.web.wording import wording

SERVICES_SHOWN = 200
OVERDUE_SHOWN = 10
MISTAKES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the exporter; ``overdue`` holds the first OVERDUE_SHOWN of ``overdue_count`` probes."""

    loaded: Moment | None
    reload_error: str
    overdue: Sequence[str]
    overdue_count: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Today's (UTC) spend on paid probes; ``share`` of the limit in percent, at most 100. ``spent`` None: unknown."""

    limit: str
    spent: str | None
    share: float


@dataclass(frozen=True, slots=True)
class Probed:
    """A service and the last attempts of its probes."""

    service_id: str
    title: str
    status: Status
    strips: Sequence[Strip]


def render_internals(exporter: Exporter) -> Document:
    """Return the page, in English."""
    now = exporter.clock.now()
    services = [
        Probed(
            service_id,
            track.service.title,
            exporter.state.status_of(service_id).status,
            [strip(probe, probed, plain_words(), now) for probe, probed in track.probes.items()],
        )
        for service_id, track in list(exporter.state.services.items())[:SERVICES_SHOWN]
    ]
    values = {
        "title": "Internals",
        "icon": Status.OPERATIONAL,
        "version": __version__,
        "now": moment(now, now),
        "budget": _budget(exporter),
        "cost": _cost_line(cost_of(exporter.config)),
        "balances": {name: balance_view(track, now) for name, track in exporter.state.balances.items()},
        "health": _health(exporter),
        "history": exporter.history,
        "history_read": moment(exporter.history.read_at, now) if exporter.history is not None else None,
        "services": services,
        "more": len(exporter.state.services) - len(services),
        "refresh_seconds": 0,
    }
    return html_document("internals.html", values, exporter.config.page, wording("en"))


def _cost_line(cost: Cost) -> str:
    """Return the most that probes spend, beside the cost of the reference monitor."""
    limit = f"{dollars(cost.usd)} a day, {dollars(cost.usd * MONTH_DAYS)} a month"
    reference = f"one video of each service every 5 minutes: {dollars(cost.reference_usd)} a day"
    return f"{limit} ({reference})" if cost.reference_usd else limit


def _budget(exporter: Exporter) -> Budget:
    limit, spent = exporter.config.budget_usd_per_day, exporter.spending.today
    share = min(100.0 * (spent or 0.0) / limit, 100.0) if limit else 0.0
    return Budget(dollars(limit) if limit else "", None if spent is None else dollars(spent), share)


def _first_lines(mistakes: str) -> str:
    """Return one mistake a line, and the number of further ones in the log."""
    lines = mistakes.split("\n")
    more = [f"and {len(lines) - MISTAKES_SHOWN} more in the log"] if len(lines) > MISTAKES_SHOWN else []
    return "\n".join(lines[:MISTAKES_SHOWN] + more)


def _health(exporter: Exporter) -> Health:
    overdue = exporter.overdue()
    return Health(
        loaded=moment(exporter.reload_state.succeeded_at, exporter.clock.now()),
        reload_error=_first_lines(exporter.reload_state.error),
        overdue=[f"{probe} of {service_id}" for service_id, probe in overdue[:OVERDUE_SHOWN]],
        overdue_count=len(overdue),
        in_flight=exporter.scheduler.in_flight,
    )
