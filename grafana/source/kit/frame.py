"""The common parts of the four dashboards: variables, annotations, links, layout, and the final JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana.source.kit.look import BLUE, GREY, ORANGE, STATUS_CODES, VERMILION
from grafana.source.kit.panels import DATASOURCE, AnyPanel
from grafana.source.kit.queries import SERVICE, firing, of_all, of_the_worst, renamed

TAG = "sora"
COLUMNS = 24
GRAFANA = "11.6.0"
"""The version of these panel options: older versions are not supported, newer ones migrate from it."""
RUNBOOK = "https://github.com/sora-exporter/sora_exporter/blob/main/alerting-rules/runbook.md"
Variable = Builder[VariableModel]

KEPT = "${__url_time_range}&${datasource:queryparam}"
"""The variables that a link passes on: the range and the data source, but no choice that would filter its target."""
SERVICE_LINK: Mapping[str, str] = {"This service in depth": f"/d/sora-service?var-service_id=${{__value.raw}}&{KEPT}"}
"""For a column of a table that holds the ids of services."""
SERIES_LINK: Mapping[str, str] = {
    "This service in depth": f"/d/sora-service?var-service_id=${{__field.labels.service_id}}&{KEPT}"
}
RUNBOOK_LINK: Mapping[str, str] = {"What to do": RUNBOOK + "#:~:text=${__value.raw}"}
"""Finds the name on the page: anchors are in lower case, which a data link cannot write."""

ALL = VariableOption(selected=True, text="All", value="$__all")


def query_variable(name: str, label: str, expression: str, *, is_multi: bool, all_value: str | None = None) -> Variable:
    """Return a variable with choices from Prometheus, queried again when the time range changes."""
    variable = builders.QueryVariable(name).label(label).query(expression).datasource(DATASOURCE)
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC).multi(is_multi)
    if is_multi:
        variable.include_all(True).current(ALL)
        if all_value:
            variable.all_value(all_value)
    return variable


def choice(name: str, label: str, values: Mapping[str, str], default: str) -> Variable:
    """Return a variable with fixed choices by their texts; others may be typed in."""
    chosen = [VariableOption(selected=text == default, text=text, value=value) for text, value in values.items()]
    pairs = ", ".join(text if text == value else f"{text} : {value}" for text, value in values.items())
    variable = builders.CustomVariable(name).label(label).values(pairs).options(chosen).allow_custom_value(True)
    return variable.current(VariableOption(selected=True, text=default, value=values[default]))


def numbers(name: str, label: str, values: Sequence[str], default: str) -> Variable:
    """Return a variable with a choice of numbers."""
    return choice(name, label, {value: value for value in values}, default)


def video_seconds() -> Variable:
    """Return the variable that makes prices by the second and by the video comparable."""
    return numbers("seconds", "Seconds a video", ["4", "5", "8", "10", "12", "15", "25"], "10")


def service_variables(*, is_multi: bool = True) -> list[Variable]:
    """Return the variables of every dashboard.

    For ``service_id``, All means the services that match the other three variables.
    """
    filters = ",".join(f'{name}=~"${name}"' for name in ("provider", "access", "product"))
    return [
        builders.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        query_variable("job", "Job", "label_values(sora_exporter_build_info, job)", is_multi=True, all_value=".+"),
        *(
            query_variable(
                name, name.capitalize(), f"label_values(sora_service_info, {name})", is_multi=True, all_value=".+"
            )
            for name in ("provider", "access", "product")
        ),
        query_variable(
            "service_id", "Service", f"label_values(sora_service_info{{{filters}}}, service_id)", is_multi=is_multi
        ),
    ]


def _status_changes() -> str:
    """Return the new status, in words, of each change of a service; of those that lanes and curves show."""
    changes = f'count_values by (service_id) ("status", {of_the_worst(of_all("changed_to:severity"))})'
    for code, status in STATUS_CODES.items():
        if code in range(6):
            changes = renamed(changes, "status", "status", f"{code}", status.value.replace("_", " "))
    return changes


ANNOTATIONS: Mapping[str, Mapping[str, Any]] = {
    f"Alerts: {severity}": {
        "enable": severity == "critical",
        "expr": firing(severity),
        "iconColor": colour,
        "step": "60s",
        "tagKeys": "severity,service_id",
        "textFormat": "{{service_id}} {{product}} {{access}}",
        "titleFormat": "{{alertname}}",
    }
    for severity, colour in {"critical": VERMILION, "warning": ORANGE}.items()
} | {
    "Status changes": {
        "enable": False,
        "expr": _status_changes(),
        "iconColor": BLUE,
        "step": "60s",
        "tagKeys": "service_id,status",
        "textFormat": "The status became {{status}}.",
        "titleFormat": "{{service_id}}: {{status}}",
    },
    "Sunset": {
        "enable": True,
        "expr": f"max by (service_id) (sora_service_sunset_timestamp_seconds{{{SERVICE}}}) * 1000",
        "iconColor": GREY,
        "step": "6h",
        "tagKeys": "service_id",
        "textFormat": "Announced end of life.",
        "titleFormat": "End of life of {{service_id}}",
        "useValueForTime": "on",
    },
}


@dataclass(frozen=True)
class Row:
    """A row below the first screen: its id, its title, and the panels that it shows once it is opened."""

    number: int
    title: str
    panels: Sequence[AnyPanel]


def assemble(
    uid: str,
    title: str,
    description: str,
    first_screen: Sequence[AnyPanel],
    rows: Sequence[Row],
    variables: Sequence[Variable],
    *,
    since: str,
    shown: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a dashboard as the plain document that Grafana reads.

    ``since`` is the default start of its range; ``shown`` names annotations that are on from the start here.
    """
    builder = builders.Dashboard(title).uid(uid).description(description).tags([TAG]).timezone("browser").readonly()
    builder.time(since, "now").refresh("1m").tooltip(DashboardCursorSync.CROSSHAIR).links(_links(uid))
    builder.variables(list(variables))
    document = _plain(builder)
    document["panels"] = [*_lay_out(first_screen, 0)]
    top = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in document["panels"])
    for place, row in enumerate(rows, start=top):
        head = builders.Row(row.title).id(row.number).collapsed(True)
        head.grid_pos(GridPos(h=1, w=COLUMNS, x=0, y=place))
        document["panels"].append(_plain(head) | {"panels": list(_lay_out(row.panels, place + 1))})
    return _finish(document, shown)


def _plain(built: Builder[Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(built.build(), cls=JSONEncoder))
    return document


BOARDS: Mapping[str, str] = {
    "sora-overview": "Overview",
    "sora-service": "Service",
    "sora-risk-control": "Risk control",
    "sora-cost": "Cost",
}
"""The dashboards by uid, with the words of the links to them."""


def _links(uid: str) -> list[Builder[Any]]:
    others = [
        builders.DashboardLink(word)
        .type(DashboardLinkType.LINK)
        .url(f"/d/{other}?${{datasource:queryparam}}")
        .keep_time(True)
        .icon("dashboard")
        for other, word in BOARDS.items()
        if other != uid
    ]
    runbook = builders.DashboardLink("Runbook").type(DashboardLinkType.LINK).url(RUNBOOK).icon("doc")
    return [*others, runbook.target_blank(True).tooltip("What to do about each alert")]


def _finish(document: dict[str, Any], shown: Sequence[str]) -> dict[str, Any]:
    """Add the parts that the builders leave out (formats of annotations), and drop empty ones."""
    document["annotations"] = {"list": list(_annotations(shown))}
    for variable in document["templating"]["list"]:
        for key in ("auto", "auto_count", "auto_min"):
            variable.pop(key, None)
        if variable["type"] == "query":
            variable["definition"] = variable["query"]
    return document


def _lay_out(panels: Sequence[AnyPanel], top: int) -> Iterator[dict[str, Any]]:
    """Yield panels, each at the highest place below ``top`` that is wide enough, the leftmost of equally high ones."""
    depths = [top] * COLUMNS
    for builder in panels:
        panel = _plain(builder)
        panel.pop("repeatDirection", None)
        panel["pluginVersion"] = GRAFANA
        for link in panel["fieldConfig"]["defaults"].get("links", []):
            for key in set(link) - {"title", "url", "targetBlank"}:
                del link[key]
        place = panel["gridPos"]
        width = place["w"]
        tops = [max(depths[x : x + width]) for x in range(COLUMNS - width + 1)]
        y = min(tops)
        x = tops.index(y)
        place.update(x=x, y=y)
        depths[x : x + width] = [y + place["h"]] * width
        yield panel


def _annotations(shown: Sequence[str]) -> Iterator[dict[str, Any]]:
    datasource = DATASOURCE.to_json()
    for name, annotation in ANNOTATIONS.items():
        enable = annotation["enable"] or name in shown
        yield {**annotation, "name": name, "datasource": datasource, "enable": enable, "hide": False}


def to_json(document: Mapping[str, Any]) -> str:
    """Return the text of a dashboard: keys sorted, so that it only changes when the dashboard does."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
