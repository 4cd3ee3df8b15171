"""The page for the people who run the exporter: money, balances, configuration, probes and their ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter import __version__
from sora_exporter.budget.estimate import MONTH_DAYS, Cost, cost_of
from sora_exporter.exporter import Exporter
from sora_exporter.figures import dollars, moment
from sora_exporter.result import Status
from sora_exporter.web.pages.balance import balance_text
from sora_exporter.web.pages.document import Document, html_document
from sora_exporter.web.pages.strip import Strip, strip
from sora_exporter.web.wording import Wording

SERVICES_SHOWN = 200
OVERDUE_SHOWN = 10
MISTAKES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the exporter in words; ``reload_error`` and ``overdue`` are empty if all is well.

    ``overdue`` names the first OVERDUE_SHOWN overdue probes.
    """

    loaded: str
    reload_error: str
    running: str
    overdue_count: str
    overdue: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Today's (UTC) spend on paid probes; ``share`` of the limit in percent, at most 100. ``limit`` 0: no budget."""

    limit: float
    spent: str
    share: float


@dataclass(frozen=True, slots=True)
class Probed:
    """A service and the last attempts of its probes."""

    service_id: str
    title: str
    status: Status
    strips: Sequence[Strip]


def render_internals(exporter: Exporter, words: Wording) -> Document:
    """Return the page."""
    now, history = exporter.clock.now(), exporter.history
    services = [
        Probed(
            service_id,
            track.service.title,
            exporter.state.status_of(service_id).status,
            [strip(probe, probed, words, now) for probe, probed in track.probes.items()],
        )
        for service_id, track in list(exporter.state.services.items())[:SERVICES_SHOWN]
    ]
    read_at = history.read_at if history is not None else None
    values = {
        "title": words("internals"),
        "brand": exporter.config.title,
        "icon": Status.OPERATIONAL,
        "version": __version__,
        "now": moment(now),
        "budget": _budget(exporter, words),
        "cost": _cost_line(cost_of(exporter.config), words),
        "balances": [
            (words("balance_of", provider=name), balance_text(track, now, words))
            for name, track in exporter.state.balances.items()
        ],
        "health": _health(exporter, words),
        "history": history,
        "history_read": (
            words("read_ago", span=words.plain.span(now - read_at)) if read_at is not None else words("not_read_yet")
        ),
        "services": services,
        "more": len(exporter.state.services) - len(services),
        "refresh_seconds": 0,
    }
    return html_document("internals.html", values, exporter.config.page, words)


def _cost_line(cost: Cost, words: Wording) -> str:
    """Return the most that probes spend, beside the cost of the reference monitor."""
    limit = words("cost_most_value", day=dollars(cost.usd), month=dollars(cost.usd * MONTH_DAYS))
    reference = words("cost_reference", day=dollars(cost.reference_usd)) if cost.reference_usd else ""
    return f"{limit} ({reference})" if reference else limit


def _budget(exporter: Exporter, words: Wording) -> Budget:
    limit, spent = exporter.config.budget_usd_per_day, exporter.spending.today
    said = words("spent_unknown") if spent is None else dollars(spent)
    if limit:
        said = words("spent_of", spent=said, limit=dollars(limit))
    return Budget(limit, said, min(100.0 * (spent or 0.0) / limit, 100.0) if limit else 0.0)


def _first_lines(mistakes: str, words: Wording) -> str:
    """Return one mistake a line, and the number of further ones in the log."""
    lines = mistakes.split("\n")
    rest = len(lines) - MISTAKES_SHOWN
    more = [words("more_mistakes", count=f"{rest:,}")] if rest > 0 else []
    return "\n".join(lines[:MISTAKES_SHOWN] + more)


def _health(exporter: Exporter, words: Wording) -> Health:
    overdue, mistakes = exporter.overdue(), exporter.reload_state.error
    age = words.ago(exporter.clock.now() - exporter.reload_state.succeeded_at)
    named = [words("overdue_item", probe=probe, service=service_id) for service_id, probe in overdue[:OVERDUE_SHOWN]]
    return Health(
        loaded=words("reload_failed" if mistakes else "loaded", age=age),
        reload_error=_first_lines(mistakes, words),
        running=words("running", count=f"{exporter.scheduler.in_flight:,}"),
        overdue_count=words("overdue", count=f"{len(overdue):,}"),
        overdue=words("separator").join([*named, "…"] if len(overdue) > len(named) else named),
    )
