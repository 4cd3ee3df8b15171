"""The dashboards as Grafana reads them: panels, queries, and what it puts in the place of variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "grafana" / "dashboards"
SCRAPE_INTERVAL = 60
WIDTH = 1000
"""Points that a panel of usual width asks for."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ROUND_STEPS = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def load_dashboards() -> dict[str, dict[str, Any]]:
    """Return every committed dashboard by its file's name without .json."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def seconds(duration: str) -> int:
    """Return the length of 7d, now-90d, 60s, ... in seconds."""
    number, unit = re.fullmatch(r"(?:now-)?(\d+)([smhd])", duration).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


@dataclass(frozen=True)
class PanelQuery:
    """One query of a panel, annotation or variable: where it stands, PromQL with variables, over how long, how fine."""

    place: str
    expr: str
    is_instant: bool
    range_seconds: int
    step: int

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the PromQL with every variable replaced as Grafana does it; an unknown one is an error."""
        built_in = {
            "__interval": f"{self.step}s",
            "__rate_interval": f"{max(self.step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)}s",
            "__range": f"{self.range_seconds}s",
        }
        known = {**values, **built_in}
        return re.sub(r"\$\{?([a-z_]\w*)\}?", lambda match: known[match[1]], self.expr)


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel: of the first screen, then of the rows below it."""
    for panel in dashboard["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def panel_queries(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Yield every query of every panel; its place is uid / title of the panel / letter."""
    for panel in panels(dashboard):
        length = seconds(panel.get("timeFrom") or dashboard["time"]["from"])
        step = _step(length, panel)
        for target in panel["targets"]:
            place = f"{dashboard['uid']} / {panel['title']} / {target['refId']}"
            yield PanelQuery(place, target["expr"], target["instant"], length, step)


def annotation_queries(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Yield the query of every annotation, with the steps it names, of which Prometheus answers 11,000 at most."""
    length = seconds(dashboard["time"]["from"])
    for annotation in dashboard["annotations"]["list"]:
        place = f"{dashboard['uid']} / annotation {annotation['name']}"
        yield PanelQuery(place, annotation["expr"], False, length, max(seconds(annotation["step"]), length // 10_000))


def variable_queries(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Yield the selector whose labels every query variable lists."""
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, _ = label_values(variable["query"])
            yield PanelQuery(f"{dashboard['uid']} / variable {variable['name']}", selector, True, 3600, 60)


def label_values(query: str) -> tuple[str, str]:
    """Return selector and label of label_values(selector, label)."""
    selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()  # type: ignore[union-attr]
    return selector, label


def _step(length: int, panel: Mapping[str, Any]) -> int:
    """Return the step that Grafana chooses: wide enough for the panel's points, no finer than its own interval."""
    least = seconds(panel.get("interval", f"{SCRAPE_INTERVAL}s"))
    wished = length / panel.get("maxDataPoints", WIDTH)
    return max(least, next((step for step in ROUND_STEPS if step >= wished), 86400))


def values_of(dashboard: Mapping[str, Any], services: Sequence[str]) -> dict[str, str]:
    """Return the values that the dashboard's variables have when it is opened, with these services chosen."""
    values = {"probe": "canary"}
    for variable in dashboard["templating"]["list"]:
        if variable["name"] == "service_id":
            values["service_id"] = f"({'|'.join(services)})"
        elif variable.get("includeAll"):
            values[variable["name"]] = variable.get("allValue", ".+")
        elif variable["type"] == "custom":
            values[variable["name"]] = variable["current"]["value"]
    return values
