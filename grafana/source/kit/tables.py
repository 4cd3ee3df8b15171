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

from grafana.source.kit.look import BLUE, Override, null_as, steps
from grafana.source.kit.panels import AnyPanel, Query, Settings, dress, query_letter

LEAST_WIDTH = 80
"""Pixels of the narrowest column without a width of its own. Grafana's 150 would push half a table off the screen."""
LETTER_WIDTH, AROUND_TITLE = 8, 16
"""Pixels of a letter of a title, and beside the title: without them a narrow screen would cut titles off."""


@dataclass(frozen=True)
class Column:
    """A column with a value: its own query, how the value is shown, and the text of a row without one."""

    title: str
    expr: str
    unit: str = "short"
    decimals: int | None = None
    mappings: Sequence[ValueMapping] = ()
    thresholds: Builder[ThresholdsConfig] | None = None
    width: int | None = None
    missing: str = "–"


@dataclass(frozen=True)
class LabelColumn:
    """A column with a label of the first query, or of ``expr``, a query of its own."""

    title: str
    label: str
    mappings: Sequence[ValueMapping] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None
    expr: str = ""
    missing: str = "–"
    is_painted: bool = False


AnyColumn = Column | LabelColumn


def grid(
    number: int,
    title: str,
    description: str,
    columns: Sequence[AnyColumn],
    *,
    key: str,
    labels_from: str = "",
    sort_by: Sequence[tuple[str, bool]] = (),
    is_paged: bool = False,
    **settings: Unpack[Settings],
) -> AnyPanel:
    """Return a table with one row for each value of the label ``key``, and its columns in this order.

    ``labels_from`` is a query whose series carry the labels; without it those of the first value do. ``sort_by`` names
    columns and whether the highest comes first.
    """
    expressions = [*filter(None, [labels_from, *(column.expr for column in columns)])]
    fields = {_field(column, expressions): column.title for column in columns}
    queries = [Query(expr, "", is_instant=True, format=PromQueryFormat.TABLE) for expr in expressions]
    chosen = {"include": {"pattern": f"/^({'|'.join(dict.fromkeys([*fields, key]))})$/"}}
    arranged = {
        "renameByName": fields,
        "indexByName": {name: index for index, name in enumerate(fields)},
        "excludeByName": {} if key in fields else {key: True},
    }
    joined = [("joinByField", {"byField": key, "mode": "outer"})] if len(queries) > 1 else []
    settings["transformations"] = [("filterFieldsByName", chosen), *joined, ("organize", arranged)]
    settings["overrides"] = list(map(_override, columns))
    settings.setdefault("width", 24)
    panel = table.Panel().cell_height(options.TableCellHeight.SM).filterable(True).show_header(True)
    panel.min_width(LEAST_WIDTH)
    if is_paged:
        panel.footer(common.TableFooterOptions().show(False).enable_pagination(True).reducer([]))
    panel.sort_by([common.TableSortByFieldState().display_name(name).desc(is_down) for name, is_down in sort_by])
    return dress(panel, number, title, description, queries, settings)


def _field(column: AnyColumn, expressions: Sequence[str]) -> str:
    """Return the name that Grafana gives a column: the value of an only query has no letter."""
    if isinstance(column, LabelColumn):
        return column.label
    return f"Value #{query_letter(expressions.index(column.expr))}" if len(expressions) > 1 else "Value"


def _override(column: AnyColumn) -> Override:
    chosen: dict[str, object] = {"mappings": [*column.mappings, *null_as(column.missing)]}
    if column.width:
        chosen["custom.width"] = column.width
    elif (titled := LETTER_WIDTH * len(column.title) + AROUND_TITLE) > LEAST_WIDTH:
        chosen["custom.minWidth"] = titled
    is_painted = _label_options(column, chosen) if isinstance(column, LabelColumn) else _value_options(column, chosen)
    if is_painted:
        chosen["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
    return column.title, chosen


def _label_options(column: LabelColumn, chosen: dict[str, object]) -> bool:
    if column.links:
        chosen["links"] = [{"title": title, "url": url} for title, url in column.links.items()]
    return column.is_painted


def _value_options(column: Column, chosen: dict[str, object]) -> bool:
    chosen["unit"] = column.unit
    if column.decimals is not None:
        chosen["decimals"] = column.decimals
    is_painted = bool(column.thresholds or column.mappings)
    if is_painted:
        chosen["thresholds"] = (column.thresholds or steps(BLUE)).build()
    return is_painted
