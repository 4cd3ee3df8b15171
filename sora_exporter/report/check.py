"""The report of ``check``: text for a terminal, JSON for a program, Markdown to paste."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from wcwidth import ljust, width

from sora_exporter.evidence.routes import routes
from sora_exporter.evidence.snapshot import Json
from sora_exporter.figures import amount_text, iso, one_line, seconds_text, span
from sora_exporter.report.terminal import cut
from sora_exporter.result import Depth, Status

ICONS: Mapping[str, str] = {
    Status.OPERATIONAL: "✅",
    Status.DEGRADED: "🟡",
    Status.RISK_CONTROL: "🚧",
    Status.MAINTENANCE: "🔧",
    Status.SUSPENDED: "⛔",
    Status.RETIRED: "🪦",
    Status.UNKNOWN: "❔",
}
COLUMNS = ("", "service", "status", "proven", "response", "access", "error class", "why")
ADVICE = "what to do"
FRONT_DESK = "front desk only: nothing beyond the gateway answered"
GAP = "  "
ENDLESS = 1_000_000
LEAST_ROOM = 40
"""Columns that the reason needs beside the rest; with fewer it gets its own line."""


def render_text(services: list[Json], now: float, columns: int = 0) -> str:
    """Return the summary as lines for a terminal of so many columns (0: endless).

    No line is longer than the terminal: the reason is cut, and gets its own line on a narrow terminal.
    """
    rows = [COLUMNS, *(_row(service, now) for service in services)]
    widths = [max(width(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    room = (columns or ENDLESS) - sum(widths) - len(GAP) * len(widths)
    layout = _on_one_line if room >= LEAST_ROOM else _on_two_lines
    lines = [f"AI video service status — {iso(now)}", ""]
    lines += [line for row in rows for line in layout(row, widths)]
    advices = [s for s in services if s["what_to_do"]]
    lines += ["", *(f"{one_line(s['name'])}: {one_line(s['what_to_do'])}" for s in advices)] if advices else []
    balances = balance_lines(services)
    lines += ["", *balances] if balances else []
    lines += ["", *(_route_line(route) for route in routes(services, now))]
    return "".join(f"{cut(line, columns or ENDLESS)}\n" for line in lines)


def render_markdown(services: list[Json], now: float) -> str:
    """Return the summary as a Markdown table."""
    lines = [
        f"**AI video service status — {iso(now)}**",
        "",
        _cells((*COLUMNS, ADVICE)),
        _cells(["---"] * (len(COLUMNS) + 1)),
    ]
    lines += [_cells((*_row(service, now), one_line(service["what_to_do"]))) for service in services]
    balances = balance_lines(services)
    lines += ["", *(f"- {_escaped(line)}" for line in balances)] if balances else []
    return "\n".join(lines) + "\n"


def render_json(services: list[Json], now: float) -> str:
    """Return the summary as one JSON document."""
    document: dict[str, Any] = {"generated_at": iso(now), "services": services, "products": routes(services, now)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def renderers(columns: int = 0) -> Mapping[str, Callable[[list[Json], float], str]]:
    """Return the renderer of each format; text fits a terminal of so many columns (0: endless)."""
    return {"text": partial(render_text, columns=columns), "json": render_json, "markdown": render_markdown}


def balance_lines(services: list[Json]) -> list[str]:
    """Return one line for each provider whose balance was read: what is left, or what went wrong."""
    by_provider = {service["provider"]: service["balance"] for service in services if service["balance"]}
    return [f"balance of {one_line(name)}: {one_line(_left(balance))}" for name, balance in by_provider.items()]


def _left(balance: Json) -> str:
    if balance["error_class"] != "none":
        return f"{balance['error_class']}: {balance['why']}"
    if balance["read_at"] is None:
        return "not read"
    amount = amount_text(math.inf if balance["is_unlimited"] else balance["amount"], balance["unit"])
    return f"{amount}, low" if balance["is_low"] else amount


def proven(service: Json, now: float) -> str:
    """Return the deepest depth of which a proof is fresh, and its age."""
    depth, at = service["proven_depth"], service["proven_at"]
    return f"{depth}, {span(now - datetime.fromisoformat(at).timestamp())}" if depth else "–"


def _row(service: Json, now: float) -> tuple[str, ...]:
    return (
        ICONS[service["status"]],
        one_line(service["name"]),
        service["status"],
        proven(service, now),
        seconds_text(service["response_time_seconds"]) or "–",
        service["access"],
        service["error_class"],
        one_line(_why(service)),
    )


def _why(service: Json) -> str:
    """Return the reason for a service's status, and name one that is operational by its gateway's answers alone."""
    depth = service["proven_depth"]
    is_shallow = service["status"] == Status.OPERATIONAL and depth is not None and Depth(depth).rank < Depth.ROUTED.rank
    return "; ".join(filter(None, (FRONT_DESK if is_shallow else "", service["why"])))


def _route_line(route: Json) -> str:
    return f"{route['product']}: " + (
        f"use {route['service_id']} ({route['why']})" if route["service_id"] else route["why"]
    )


def _on_one_line(row: tuple[str, ...], widths: list[int]) -> list[str]:
    padded = [ljust(cell, columns) for cell, columns in zip(row, widths, strict=False)]
    return [GAP.join([*padded, row[-1]]).rstrip()]


def _on_two_lines(row: tuple[str, ...], widths: list[int]) -> list[str]:
    head = _on_one_line((*row[:-1], ""), widths)
    return [*head, f"    {row[-1]}"] if row[-1] and row is not COLUMNS else head


def _cells(row: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(map(_escaped, row)) + " |"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
