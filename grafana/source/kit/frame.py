"""The common parts of the four dashboards: variables, annotations, links, layout, and the final JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana.source.kit.look import BLUE, GREY, ORANGE, VERMILION
from grafana.source.kit.panels import DATASOURCE, AnyPanel
from grafana.source.kit.queries import SERVICE, firing

TAG = "sora"
COLUMNS = 24
GRAFANA = "11.6.0"
"""The version of these panel options: older versions are not supported, newer ones migrate from it."""
RUNBOOK = "https://github.com/sora-exporter/sora_exporter/blob/main/alerting-rules/runbook.md"
Variable = Builder[VariableModel]

SERVICE_LINK: Mapping[str, str] = {
    "This service in depth": "/d/sora-service/?var-service_id=${__data.fields.service_id}&${__url_time_range}"
}
"""For a table with the column service_id."""
SERIES_LINK: Mapping[str, str] = {
    "This service in depth": "/d/sora-service/?var-service_id=${__field.labels.service_id}&${__url_time_range}"
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


def choice(name: str, label: str, values: Sequence[str], default: str) -> Variable:
    """Return a variable with fixed choices; others may be typed in."""
    chosen = [VariableOption(selected=value == default, text=value, value=value) for value in values]
    variable = builders.CustomVariable(name).label(label).values(",".join(values)).options(chosen)
    return variable.current(VariableOption(selected=True, text=default, value=default)).allow_custom_value(True)


def service_variables(*, is_multi: bool = True) -> list[Variable]:
    """Return the variables of every dashboard.

    For ``service_id``, All means the services that match the other three variables.
    """
    filters = ",".join(f'{name}=~"${name}"' for name in ("provider", "access", "product"))
    return [
        builders.DatasourceVariable("datasource").label("Data source").type("prometheus"),
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
        "expr": (
            f"max by (service_id, status) (sora_service_status{{{SERVICE}}} == 1)\n"
            f"unless\nmax by (service_id, status) (sora_service_status{{{SERVICE}}} offset $__interval == 1)"
        ),
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
        "step": "60s",
        "tagKeys": "service_id",
        "textFormat": "Announced end of life.",
        "titleFormat": "End of life of {{service_id}}",
        "useValueForTime": "on",
    },
}


def assemble(
    uid: str,
    title: str,
    description: str,
    rows: Mapping[str, Sequence[AnyPanel]],
    variables: Sequence[Variable],
    *,
    since: str,
    shown: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a dashboard as the plain document that Grafana reads.

    ``since`` is the default start of its range; ``shown`` names annotations that are on from the start here.
    """
    builder = builders.Dashboard(title).uid(uid).description(description).tags([TAG]).timezone("browser").readonly()
    builder.time(since, "now").refresh("1m").tooltip(DashboardCursorSync.CROSSHAIR).links(_links())
    builder.variables(list(variables))
    for row, panels in rows.items():
        builder.with_row(builders.Row(row))
        for panel in panels:
            builder.with_panel(panel)
    document: dict[str, Any] = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    return _finish(document, shown)


def _links() -> list[Builder[Any]]:
    others = builders.DashboardLink("Sora dashboards").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    runbook = builders.DashboardLink("Runbook").type(DashboardLinkType.LINK).url(RUNBOOK).icon("doc")
    return [
        others.as_dropdown(False).include_vars(True).keep_time(True).icon("external link"),
        runbook.target_blank(True).tooltip("What to do about each alert"),
    ]


def _finish(document: dict[str, Any], shown: Sequence[str]) -> dict[str, Any]:
    """Add the parts that the builders leave out (panel ids, formats of annotations), and drop empty ones."""
    _lay_out(document["panels"])
    for number, panel in enumerate(document["panels"], start=1):
        panel["id"] = number
        panel.pop("repeatDirection", None)
        if panel["type"] != "row":
            panel["pluginVersion"] = GRAFANA
        for link in panel.get("fieldConfig", {}).get("defaults", {}).get("links", []):
            for key in set(link) - {"title", "url", "targetBlank"}:
                del link[key]
    document["annotations"] = {"list": list(_annotations(shown))}
    for variable in document["templating"]["list"]:
        for key in ("auto", "auto_count", "auto_min"):
            variable.pop(key, None)
        if variable["type"] == "query":
            variable["definition"] = variable["query"]
    return document


def _lay_out(panels: Sequence[dict[str, Any]]) -> None:
    """Give each panel the highest place that is wide enough for it, the leftmost of equally high ones."""
    depths = [0] * COLUMNS
    for panel in panels:
        place = panel["gridPos"]
        width = COLUMNS if panel["type"] == "row" else place["w"]
        tops = [max(depths[x : x + width]) for x in range(COLUMNS - width + 1)]
        y = min(tops)
        x = tops.index(y)
        place.update(x=x, y=y, w=width)
        depths[x : x + width] = [y + place["h"]] * width


def _annotations(shown: Sequence[str]) -> Iterator[dict[str, Any]]:
    datasource = DATASOURCE.to_json()
    for name, annotation in ANNOTATIONS.items():
        enable = annotation["enable"] or name in shown
        yield {**annotation, "name": name, "datasource": datasource, "enable": enable, "hide": False}


def to_json(document: Mapping[str, Any]) -> str:
    """Return the text of a dashboard: keys sorted, so that it only changes when the dashboard does."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
