"""The pages of an exporter as structure, and other services for it to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.exporter import Exporter
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.history.service import DAYS, Day, ServiceHistory
from sora_exporter.web.pages import render_internals, render_overview, render_service
from sora_exporter.web.wording import wording
from support.clock import MIDNIGHT
from support.html_structure import Structure
from support.remembering import configuration


def overview(exporter: Exporter, language: str = "en") -> Structure:
    """Return the overview."""
    return Structure(render_overview(exporter, wording(language)).content)


def internals(exporter: Exporter, language: str = "en") -> Structure:
    """Return the page for operators."""
    return Structure(render_internals(exporter, wording(language)).content)


def of_service(exporter: Exporter, service_id: str, language: str = "en") -> Structure:
    """Return the page of a service."""
    return Structure(render_service(exporter, service_id, wording(language)).content)


def replace_services(exporter: Exporter, *services: Any, **more: Any) -> None:
    """Give the exporter another configuration, as a reload does."""
    exporter.config = configuration(services, **more)
    exporter.state.configure(exporter.config)


def many(count: int) -> list[dict[str, Any]]:
    """Return so many services of at most 300 products."""
    return [
        {"id": f"s{n}", "name": f"Service {n}", "product": f"p{n % 300}", "access": "reverse", "provider": "relay",
         "model": "m"}
        for n in range(count)
    ]  # fmt: skip


def history_of(exporter: Exporter, services: Mapping[str, ServiceHistory]) -> History:
    """Give the exporter a history that was just read."""
    history = exporter.history = History(Access("http://prometheus.example:9090"), exporter.clock)
    history.services, history.read_at = services, exporter.clock.now()
    return history


def past(**more: Any) -> ServiceHistory:
    """Return 90 days: the first 30 unobserved, one with a fault, one half lost, the others good."""
    ratios = [None] * 30 + [1.0] * 30 + [0.97, 0.5] + [1.0] * 28
    days = [Day(MIDNIGHT - (DAYS - 1 - n) * DAY_SECONDS, ratio, 1.0) for n, ratio in enumerate(ratios)]
    return ServiceHistory(days, {"24h": 1.0, "7d": 0.9987, "30d": 0.9765}, **more)
