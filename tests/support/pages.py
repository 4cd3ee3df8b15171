"""The pages of an exporter as structure, and other services for it to show."""

from __future__ import annotations

from typing import Any

from sora_exporter.exporter import Exporter
from sora_exporter.web.pages import render_internals, render_overview, render_service
from sora_exporter.web.wording import wording
from support.html_structure import Structure
from support.remembering import configuration


def overview(exporter: Exporter) -> Structure:
    """Return the overview."""
    return Structure(render_overview(exporter, wording("en")).content)


def internals(exporter: Exporter) -> Structure:
    """Return the page for operators."""
    return Structure(render_internals(exporter).content)


def of_service(exporter: Exporter, service_id: str) -> Structure:
    """Return the page of a service."""
    return Structure(render_service(exporter, service_id).content)


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
