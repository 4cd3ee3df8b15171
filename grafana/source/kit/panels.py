"""One function per kind of panel except tables: each takes a title, a description, queries, and its own options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar, Unpack

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import heatmap as heatmap_options
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    FieldColorModeId,
    Panel,
    ThresholdsConfig,
    ValueMapping,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.kit.look import BLUE, PLAIN, Override, null_as, properties

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA = "no data"
NARROW_LEGEND = 235
"""Pixels of the legend in a panel of a third of the screen, with the names of services."""
SHORT_LEGEND = 205
"""The same with shorter names."""
TITLE_SIZE, VALUE_SIZE = 12, 14
"""Pixels of the texts of bars and rungs. Grafana would fit them to these, and cut off the widest name of bars."""
BAR_HEIGHTS = 16, 40
"""Pixels of the lowest and the highest bar: two services need no bars of half a panel each."""
AnyPanel = Builder[Panel]
P = TypeVar(
    "P",
    barchart.Panel,
    bargauge.Panel,
    heatmap.Panel,
    stat.Panel,
    statetimeline.Panel,
    statushistory.Panel,
    table.Panel,
    timeseries.Panel,
)


@dataclass(frozen=True)
class Query:
    """One query: PromQL, and the name of its series. ``is_instant`` asks for the end of the range alone."""

    expr: str
    legend: str = "{{service_id}}"
    is_instant: bool = False
    format: PromQueryFormat = PromQueryFormat.TIME_SERIES


def now(expr: str, legend: str = "{{service_id}}") -> Query:
    """Return a query for the end of the range."""
    return Query(expr, legend, is_instant=True)


class Settings(TypedDict, total=False):
    """The options of any kind of panel."""

    unit: str
    decimals: int
    minimum: float
    maximum: float
    no_value: str
    width: int
    height: int
    mappings: Sequence[ValueMapping]
    thresholds: Builder[ThresholdsConfig]
    colour_mode: FieldColorModeId
    interval: str
    time_from: str
    max_data_points: int
    overrides: Sequence[Override]
    links: Mapping[str, str]
    transformations: Sequence[tuple[str, Mapping[str, object]]]


def dress(panel: P, number: int, title: str, description: str, queries: Sequence[Query], settings: Settings) -> P:
    """Set the common options of a panel. ``number`` is its id for good: addresses of single panels contain it."""
    panel.id(number).title(title).description(description).datasource(DATASOURCE)
    panel.targets([_target(query, place) for place, query in enumerate(queries)])
    panel.no_value(settings.get("no_value", NO_DATA)).span(settings.get("width", 12)).height(settings.get("height", 8))
    panel.unit(settings.get("unit", "none")).mappings(list(settings.get("mappings", ())))
    panel.thresholds(settings.get("thresholds", PLAIN))
    panel.color_scheme(builders.FieldColor().mode(settings.get("colour_mode", FieldColorModeId.THRESHOLDS)))
    panel.transformations(
        [DataTransformerConfig(name, options=dict(o)) for name, o in settings.get("transformations", ())]
    )
    if links := settings.get("links"):
        panel.data_links([_link(name, url) for name, url in links.items()])
    for setter, key in (
        (panel.decimals, "decimals"),
        (panel.min, "minimum"),
        (panel.max, "maximum"),
        (panel.interval, "interval"),
        (panel.time_from, "time_from"),
        (panel.max_data_points, "max_data_points"),
    ):
        if key in settings:
            setter(settings[key])  # type: ignore[literal-required]
    for name, values in settings.get("overrides", ()):
        override = panel.override_by_regexp if name.startswith("/") else panel.override_by_name
        override(name, properties(values))
    return panel


def query_letter(place: int) -> str:
    """Return the name that Grafana knows a panel's query by: A, B, ..."""
    return chr(ord("A") + place)


def _target(query: Query, place: int) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).format(query.format)
    target.ref_id(query_letter(place)).datasource(DATASOURCE)
    return target.instant() if query.is_instant else target.range()


def _link(title: str, url: str) -> builders.DashboardLink:
    return builders.DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def _texts() -> common.VizTextDisplayOptions:
    return common.VizTextDisplayOptions().title_size(TITLE_SIZE).value_size(VALUE_SIZE)


def _neutral_if_missing(settings: Settings) -> None:
    """Give a missing value its text and no colour; Grafana would paint it like the lowest value."""
    settings["mappings"] = [*settings.get("mappings", ()), *null_as(settings.get("no_value", NO_DATA))]


def stat_tiles(
    number: int,
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    text: options.BigValueTextMode = options.BigValueTextMode.AUTO,
    are_rungs: bool = False,
    **settings: Unpack[Settings],
) -> AnyPanel:
    """Return tiles with one big value each, or low ones that lie one below the other."""
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    panel = stat.Panel().reduce_options(reduce).text_mode(text)
    if are_rungs:
        panel.orientation(options.VizOrientation.HORIZONTAL).text(_texts())
    panel.color_mode(options.BigValueColorMode.BACKGROUND_SOLID).graph_mode(options.BigValueGraphMode.NONE)
    settings.setdefault("width", 4)
    settings.setdefault("height", 4)
    _neutral_if_missing(settings)
    return dress(panel, number, title, description, queries, settings)


def lines(
    number: int,
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    is_stacked: bool = False,
    is_bars: bool = False,
    limit_lines: bool = False,
    is_logarithmic: bool = False,
    legend_width: int = NARROW_LEGEND,
    **settings: Unpack[Settings],
) -> AnyPanel:
    """Return curves over time, or bars; gaps stay gaps. ``legend_width`` is in pixels, for panels below half a screen.

    A logarithmic scale begins at its ``minimum``; smaller values and zero lie below it.
    """
    panel = timeseries.Panel().line_width(2).fill_opacity(0).show_points(options.VisibilityMode.AUTO).span_nulls(False)
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.TABLE)
    legend.placement(options.LegendPlacement.RIGHT).show_legend(True).calcs(["lastNotNull", "max"])
    if settings.get("width", 12) < 12:
        legend.calcs(["lastNotNull"]).width(legend_width)
    panel.legend(legend)
    panel.tooltip(common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI).sort(options.SortOrder.DESCENDING))
    if is_stacked:
        panel.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL)).fill_opacity(60)
    if is_bars:
        panel.draw_style(options.GraphDrawStyle.BARS).fill_opacity(80).line_width(1)
    if limit_lines:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(options.GraphThresholdsStyleMode.DASHED))
    if is_logarithmic:
        panel.scale_distribution(common.ScaleDistributionConfig().type(options.ScaleDistribution.LOG).log(10))
    settings.setdefault("colour_mode", FieldColorModeId.PALETTE_CLASSIC)
    return dress(panel, number, title, description, queries, settings)


def timeline(
    number: int, title: str, description: str, queries: Sequence[Query], **settings: Unpack[Settings]
) -> AnyPanel:
    """Return one lane per series, equal neighbours merged: for values with words."""
    panel = statetimeline.Panel().merge_values(True).show_value(options.VisibilityMode.AUTO).row_height(0.85)
    panel.line_width(0).fill_opacity(85).legend(_words_below())
    settings.setdefault("width", 24)
    return dress(panel, number, title, description, queries, settings)


def calendar(
    number: int, title: str, description: str, queries: Sequence[Query], **settings: Unpack[Settings]
) -> AnyPanel:
    """Return one lane per series and one cell per day."""
    panel = statushistory.Panel().show_value(options.VisibilityMode.AUTO).row_height(0.85).col_width(0.9)
    panel.line_width(1).fill_opacity(85).legend(_words_below())
    settings.setdefault("width", 24)
    settings["interval"] = "1d"
    return dress(panel, number, title, description, queries, settings)


def _words_below() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.LIST)
    return legend.placement(options.LegendPlacement.BOTTOM).show_legend(True)


def level_bars(
    number: int, title: str, description: str, queries: Sequence[Query], **settings: Unpack[Settings]
) -> AnyPanel:
    """Return one horizontal bar per series, with its value in figures."""
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")
    panel = bargauge.Panel().reduce_options(reduce).orientation(options.VizOrientation.HORIZONTAL)
    panel.text(_texts())
    lowest, highest = BAR_HEIGHTS
    panel.sizing(options.BarGaugeSizing.MANUAL).min_viz_height(lowest).max_viz_height(highest)
    panel.display_mode(options.BarGaugeDisplayMode.BASIC).value_mode(options.BarGaugeValueMode.TEXT).show_unfilled(True)
    settings.setdefault("minimum", 0)
    _neutral_if_missing(settings)
    return dress(panel, number, title, description, queries, settings)


def columns_by_series(
    number: int, title: str, description: str, query: Query, *, label: str, **settings: Unpack[Settings]
) -> AnyPanel:
    """Return one column per series: the mean of its samples, ordered by the name of the series."""
    panel = (
        barchart.Panel()
        .show_value(options.VisibilityMode.AUTO)
        .fill_opacity(80)
        .x_field(label)
        .x_tick_label_max_length(12)
    )
    panel.legend(common.VizLegendOptions().show_legend(False).display_mode(options.LegendDisplayMode.LIST))
    settings["transformations"] = [
        ("reduce", {"reducers": ["mean"], "mode": "seriesToRows"}),
        ("sortBy", {"sort": [{"field": "Field", "desc": False}]}),
        ("organize", {"renameByName": {"Field": label, "Mean": title}, "excludeByName": {}, "indexByName": {}}),
    ]
    return dress(panel, number, title, description, [query], settings)


def heat(
    number: int, title: str, description: str, query: Query, *, y_unit: str, **settings: Unpack[Settings]
) -> AnyPanel:
    """Return the buckets of a histogram over time, denser where more fell in."""
    colour = heatmap.HeatmapColorOptions().mode(heatmap_options.HeatmapColorMode.OPACITY).fill(BLUE).exponent(0.5)
    # Only the opacity of one colour changes, but Grafana requires a scheme.
    colour.scheme("Blues").steps(64)
    panel = heatmap.Panel().color(colour.scale(heatmap_options.HeatmapColorScale.EXPONENTIAL)).calculate(False)
    panel.y_axis(heatmap.YAxisConfig().unit(y_unit)).show_legend().cell_gap(1).exemplars_color(BLUE)
    panel.filter_values(heatmap.FilterValueRange().le(1e-9))
    return dress(panel, number, title, description, [query], settings)
