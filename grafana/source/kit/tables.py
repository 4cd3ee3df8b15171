"""Tables: one row for each value of a label, joined from one instant query per column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import ThresholdsConfig, ValueMapping
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.kit.look import BLUE, Override, steps
from grafana.source.kit.panels import AnyPanel, Query, Settings, dress, query_letter


@dataclass(frozen=True)
class Column:
    """A column of a table with a value: its own query, and how the value is shown."""

    title: str
    expr: str
    unit: str = "short"
    decimals: int | None = None
    mappings: Sequence[ValueMapping] = ()
    thresholds: Builder[ThresholdsConfig] | None = None
    width: int | None = None


@dataclass(frozen=True)
class LabelColumn:
    """A column of a table with a label."""

    title: str
    label: str
    mappings: Sequence[ValueMapping] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None


def grid(
    title: str,
    description: str,
    labels: Sequence[LabelColumn],
    values: Sequence[Column],
    *,
    labels_from: str = "",
    sort_by: str = "",
    is_descending: bool = False,
    **settings: Unpack[Settings],
) -> AnyPanel:
    """Return a table with one row for each value of the first of ``labels``.

    ``labels_from`` is a query whose series carry all the labels; without it those of the first column do.
    """
    expressions = [*([labels_from] if labels_from else []), *(value.expr for value in values)]
    queries = [Query(expr, "", is_instant=True, format=PromQueryFormat.TABLE) for expr in expressions]
    fields = {label.label: label.title for label in labels}
    fields |= {f"Value #{query_letter(len(queries) - len(values) + n)}": v.title for n, v in enumerate(values)}
    chosen = {"include": {"pattern": f"/^({'|'.join(fields)})$/"}}
    arranged = {
        "renameByName": fields,
        "indexByName": {name: index for index, name in enumerate(fields)},
        "excludeByName": {},
    }
    joined = [("joinByField", {"byField": labels[0].label, "mode": "outer"})] if len(queries) > 1 else []
    settings["transformations"] = [("filterFieldsByName", chosen), *joined, ("organize", arranged)]
    settings["overrides"] = [*map(_label_override, labels), *map(_value_override, values)]
    settings.setdefault("width", 24)
    panel = table.Panel().cell_height(options.TableCellHeight.SM).filterable(True).show_header(True)
    if sort_by:
        panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(is_descending)])
    return dress(panel, title, description, queries, settings)


def _label_override(column: LabelColumn) -> Override:
    chosen: dict[str, object] = {"custom.width": column.width} if column.width else {}
    if column.links:
        chosen["links"] = [{"title": title, "url": url} for title, url in column.links.items()]
    if column.mappings:
        chosen["mappings"] = list(column.mappings)
    return column.title, chosen


def _value_override(column: Column) -> Override:
    chosen: dict[str, object] = {"unit": column.unit}
    if column.decimals is not None:
        chosen["decimals"] = column.decimals
    if column.width:
        chosen["custom.width"] = column.width
    if column.mappings:
        chosen["mappings"] = list(column.mappings)
    if column.thresholds or column.mappings:
        chosen["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        chosen["thresholds"] = (column.thresholds or steps(BLUE)).build()
    return column.title, chosen
