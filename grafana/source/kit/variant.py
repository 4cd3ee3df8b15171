"""The dashboards for other places: under other names, for some of the series alone, or for import by hand."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grafana.source.kit.frame import GRAFANA, TAG

PROMQL_KEYS = frozenset({"expr", "query", "definition"})
SELECTOR = re.compile(r"(?<![\w:$])([a-z_]+:\w+:\w+|sora_\w+|ALERTS(?:_FOR_STATE)?|up)(?![\w:(])(\{)?")
"""The name of one of our series where it stands in PromQL, with the brace of its matchers."""
QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')

PANEL_NAMES: Mapping[str, str] = {
    "barchart": "Bar chart",
    "bargauge": "Bar gauge",
    "heatmap": "Heatmap",
    "stat": "Stat",
    "state-timeline": "State timeline",
    "status-history": "Status history",
    "table": "Table",
    "timeseries": "Time series",
}
INPUT = {
    "name": "DS_PROMETHEUS",
    "label": "Prometheus",
    "description": "The Prometheus that scrapes the exporter and evaluates its rules",
    "type": "datasource",
    "pluginId": "prometheus",
    "pluginName": "Prometheus",
}


@dataclass(frozen=True)
class Variant:
    """The choices of one installation.

    ``selector`` is added to every selector of a series, such as ``cluster="eu"``. ``is_import`` makes copies
    with an input for their data source, which can be edited.
    """

    uid_prefix: str = TAG
    tags: tuple[str, ...] = (TAG,)
    selector: str = ""
    is_import: bool = False

    def of(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the dashboard for this installation."""
        made: dict[str, Any] = copy.deepcopy(dict(document))
        made["uid"] = made["uid"].replace(f"{TAG}-", f"{self.uid_prefix}-", 1)
        made["tags"] = list(self.tags)
        for node in _nodes(made):
            for key, text in node.items():
                if key == "url":
                    node[key] = text.replace(f"/d/{TAG}-", f"/d/{self.uid_prefix}-")
                elif key in PROMQL_KEYS and isinstance(text, str) and self.selector:
                    node[key] = narrowed(text, self.selector)
        return _for_import(made) if self.is_import else made


def narrowed(promql: str, selector: str) -> str:
    """Return the expression with ``selector`` added to every selector of one of our series."""
    parts = QUOTED.split(promql)
    # Every second part is a quoted text, which is left as it is.
    parts[::2] = [SELECTOR.sub(lambda m: f"{m[1]}{{{selector}{',' if m[2] else '}'}", part) for part in parts[::2]]
    return "".join(parts)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(child)


def _for_import(document: dict[str, Any]) -> dict[str, Any]:
    types = {node["type"] for node in _nodes(document["panels"]) if node.get("type") in PANEL_NAMES}
    document["editable"] = True
    document["__inputs"] = [INPUT]
    document["__requires"] = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": GRAFANA},
        {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
        *({"type": "panel", "id": kind, "name": PANEL_NAMES[kind], "version": ""} for kind in sorted(types)),
    ]
    source = next(one for one in document["templating"]["list"] if one["type"] == "datasource")
    source["current"] = {"selected": True, "text": INPUT["label"], "value": f"${{{INPUT['name']}}}"}
    return document
