"""Cost and routes: the cost of a successful video by route, the cost of probing, and the route to use."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK, SERVICE_LINK, Row, assemble, numbers, service_variables, video_seconds
from grafana.source.kit.panels import AnyPanel, Query, heat, level_bars, lines, now, timeline
from grafana.source.kit.queries import (
    INFO,
    LIST_PRICE,
    PRICE_PER_SUCCESS,
    PRICE_PER_SUCCESS_OF_ALL,
    PROVEN,
    SERVICE,
    SERVICES,
    SHOWN_SERVICES,
    STATUS_NOW,
    of_all,
    of_the_worst,
    recorded,
)
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.probing import probing_cost

UID = "sora-cost"
UNPRICED = "no price, or no record yet"
NOT_GENERATED = "no generate probe"


def dashboard() -> dict[str, Any]:
    """Return the dashboard of cost and routes."""
    return assemble(
        UID,
        "Sora / Cost and routes",
        "Cost of a successful video by route, of a month of them, and of the probing itself.",
        _videos(),
        [
            Row(490, "Routes", _routes()),
            Row(491, "Generation", _generation()),
            Row(492, "What probing costs", probing_cost()),
        ],
        [
            *service_variables(),
            numbers("videos", "Videos a month", ["100", "1000", "10000"], "1000"),
            video_seconds(),
        ],
        since="now-7d",
    )


def _videos() -> list[AnyPanel]:
    return [
        level_bars(
            401,
            "A successful video",
            "Price of one video of the chosen length, divided by the availability of thirty days: as if failed "
            "attempts were charged. If they are not, the list price beside it holds.",
            [now(f"sort(topk({SHOWN_SERVICES}, {PRICE_PER_SUCCESS}))")],
            unit=look.USD,
            decimals=2,
            links=SERIES_LINK,
            no_value=UNPRICED,
            width=8,
        ),
        level_bars(
            402,
            "$videos videos a month",
            "Cost of the chosen number of successful videos of the chosen length by route.",
            [now(f"sort(topk({SHOWN_SERVICES}, ($videos) * ({PRICE_PER_SUCCESS})))")],
            unit=look.USD,
            decimals=2,
            links=SERIES_LINK,
            no_value=UNPRICED,
            width=8,
        ),
        lines(
            403,
            "Price of a successful video",
            "Its changes with availability, for the twenty services that were least available in the last thirty days.",
            [Query(of_the_worst(f"({PRICE_PER_SUCCESS_OF_ALL})"))],
            unit=look.USD,
            decimals=2,
            minimum=0,
            interval="3h",
            no_value=UNPRICED,
            width=8,
        ),
        _by_route(),
    ]


def _by_route() -> AnyPanel:
    priced = f"({PRICE_PER_SUCCESS})\n* on (service_id) group_left (product) {INFO}"
    return grid(
        404,
        "By route",
        "List price, price of a success, and cost of the chosen month.",
        [
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            LabelColumn("Product", "product", width=110),
            Column("A success", PRICE_PER_SUCCESS, look.USD, 2),
            Column("The month", f"($videos) * ({PRICE_PER_SUCCESS})", look.USD, 2),
            Column(
                "To the cheapest",
                f"max by (service_id) (\n{priced}\n/ on (product) group_left ()\nmin by (product) ({priced})\n)",
                "suffix: ×",
                2,
                width=140,
            ),
            Column("List price", LIST_PRICE, look.USD, 2),
            Column("Available 30 d", recorded("availability:ratio30d"), "percentunit", 2, thresholds=look.AVAILABILITY),
            LabelColumn("Access", "access", width=80),
            LabelColumn("Provider", "provider"),
        ],
        key="service_id",
        labels_from=SERVICES,
        sort_by=[("Product", False), ("A success", False)],
        is_paged=True,
        no_value="no service",
    )


def _routes() -> list[AnyPanel]:
    fewest = 'bottomk(10, product:sora_product_routes_available:sum{product=~"$product"} @ end())'
    return [
        timeline(
            410,
            "Which route was the one to use",
            "The recommendation of each moment, for the twenty services that were least available in thirty days.",
            [Query(of_the_worst(of_all("recommended:bool", "product_service_id")))],
            mappings=look.RECOMMENDED,
            links=SERIES_LINK,
            interval="30m",
            width=8,
            height=9,
        ),
        _choice(),
        lines(
            412,
            "Routes that work",
            "Services of each product that work, of those that are not retired; the ten products with the fewest now.",
            [
                Query(f"product:sora_product_routes_available:sum\nand on (product)\n{fewest}", "{{product}}"),
                Query(f"product:sora_product_routes:count\nand on (product)\n{fewest}", "of {{product}}"),
            ],
            unit="short",
            decimals=0,
            minimum=0,
            interval="30m",
            overrides=[("/^of .*/", look.DASHED)],
            width=10,
        ),
        lines(
            413,
            "Fallbacks",
            "Times an hour that the fallback client of your applications went on to another route.",
            [
                Query(
                    "sum by (from_service_id, to_service_id) "
                    '(rate(sora_client_fallbacks_total{from_service_id=~"$service_id"}[$__rate_interval])) * 3600',
                    "{{from_service_id}} → {{to_service_id}}",
                )
            ],
            unit="short",
            minimum=0,
            interval="15m",
            no_value="no application uses the fallback client",
            width=14,
        ),
    ]


def _choice() -> AnyPanel:
    """Return the table of what decides between the routes."""
    chosen, available = "recommended:bool", "route_availability:min"
    return grid(
        411,
        "Why this route",
        "The order in which routes are chosen: those that work and are within one percentage point of the most "
        "available, then the deepest proof, the lowest price, the fastest answer. Availability is the lower one of "
        "thirty days and of one; without it a route does not work now.",
        [
            LabelColumn("Product", "product", width=105),
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            Column("Use", _by_route_of(chosen), mappings=look.RECOMMENDED),
            Column("Status", STATUS_NOW, mappings=look.STATUS_WORDS, width=105),
            Column("Available", _by_route_of(available), "percentunit", 2),
            Column("Proven", PROVEN, mappings=look.DEPTH_WORDS, width=105),
            Column("A video", LIST_PRICE, look.USD, 2),
            Column("Answer", recorded("response_time_seconds:avg1h"), "s", 1),
        ],
        key="service_id",
        labels_from=SERVICES,
        sort_by=[("Product", False), ("Use", True), ("Available", True)],
        is_paged=True,
        no_value="no service",
        width=16,
        height=9,
    )


def _by_route_of(name: str) -> str:
    return f"max by (service_id) ({recorded(name, 'product_service_id')})"


def _done_within(number: int, title: str, quantile: str, share: float, buckets: str) -> AnyPanel:
    within = f"histogram_quantile({share}, sum by (service_id, le) ({buckets}[$__range])))"
    return level_bars(
        number,
        title,
        f"{quantile} time from the create request to the finished video, over the range.",
        [now(f"sort(topk({SHOWN_SERVICES}, {within}))")],
        unit="s",
        links=SERIES_LINK,
        no_value=NOT_GENERATED,
        width=8,
    )


def _generation() -> list[AnyPanel]:
    buckets = f"increase(sora_generation_seconds_bucket{{{SERVICE}}}"
    return [
        _done_within(420, "Half of the videos were done within", "Median", 0.5, buckets),
        _done_within(421, "Nine of ten were done within", "90th percentile of the", 0.9, buckets),
        heat(
            422,
            "Generation times",
            "Videos of each day by the time they took.",
            Query(f"sum by (le) ({buckets}[1d] offset -1d))", "{{le}}", format=PromQueryFormat.HEATMAP),
            y_unit="s",
            interval="1d",
            unit="short",
            no_value=NOT_GENERATED,
            width=8,
        ),
    ]
