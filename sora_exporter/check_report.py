"""The report of ``check``: text for a terminal, JSON for a program, Markdown to paste."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import east_asian_width

from sora_exporter.overview import Json, iso, routes
from sora_exporter.result import Status

ICONS: Mapping[str, str] = {
    Status.OPERATIONAL: "✅",
    Status.DEGRADED: "🟡",
    Status.RISK_CONTROL: "🚧",
    Status.MAINTENANCE: "🔧",
    Status.SUSPENDED: "⛔",
    Status.RETIRED: "🪦",
    Status.UNKNOWN: "❔",
}
COLUMNS = ("", "service", "status", "response", "access", "error class", "why")


def render_text(services: list[Json], now: float) -> str:
    """Return the summary as lines for a terminal; columns keep their width with Chinese names."""
    rows = [_row(service) for service in services]
    widths = [max(_width(row[column]) for row in [COLUMNS, *rows]) for column in range(len(COLUMNS) - 1)]
    lines = [f"AI video service status — {iso(now)}", ""]
    lines += [_line(row, widths) for row in [COLUMNS, *rows]]
    lines += ["", *(_route_line(route) for route in routes(services))]
    return "\n".join(lines) + "\n"


def render_markdown(services: list[Json], now: float) -> str:
    """Return the summary as a Markdown table."""
    lines = [f"**AI video service status — {iso(now)}**", "", _cells(COLUMNS), _cells(["---"] * len(COLUMNS))]
    lines += [_cells(_row(service)) for service in services]
    return "\n".join(lines) + "\n"


def render_json(services: list[Json], now: float) -> str:
    """Return the summary as one JSON document."""
    document: dict[str, Any] = {"generated_at": iso(now), "services": services, "products": routes(services)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


RENDERERS: Mapping[str, Callable[[list[Json], float], str]] = {
    "text": render_text,
    "json": render_json,
    "markdown": render_markdown,
}


def _row(service: Json) -> tuple[str, ...]:
    seconds = service["response_time_seconds"]
    return (
        ICONS[service["status"]],
        service["name"],
        service["status"],
        f"{seconds:.2f} s" if seconds is not None else "–",
        service["access"],
        service["error_class"],
        service["why"],
    )


def _route_line(route: Json) -> str:
    return f"{route['product']}: " + (
        f"use {route['service_id']} ({route['why']})" if route["service_id"] else route["why"]
    )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    padded = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
    return "  ".join([*padded, row[-1]]).rstrip()


def _width(text: str) -> int:
    """How many terminal columns the text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cells(row: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
