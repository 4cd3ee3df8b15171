"""Cost and routes: the cost of a successful video by route, the cost of probing, and the route to use."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK, SERVICE_LINK, assemble, choice, service_variables
from grafana.source.kit.panels import AnyPanel, Query, heat, level_bars, lines, now, timeline
from grafana.source.kit.queries import INFO, SERVICE, SERVICES, price_per_video, recorded
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.probing import probing_cost

UID = "sora-cost"
LIST_PRICE = price_per_video("sora_service_price_usd")
PRICE_PER_SUCCESS = price_per_video("service_id:sora_service_price_usd_per_success:ratio30d")
UNPRICED = "no price configured"
NOT_GENERATED = "no generate probe"


def dashboard() -> dict[str, Any]:
    """Return the dashboard of cost and routes."""
    return assemble(
        UID,
        "Sora / Cost and routes",
        "Cost of a successful video by route, of a month of them, and of the probing itself.",
        {
            "What videos cost": _videos(),
            "Routes": _routes(),
            "Generation": _generation(),
            "What probing costs": probing_cost(),
        },
        [
            *service_variables(),
            choice("videos", "Videos a month", ["100", "1000", "10000"], "1000"),
            choice("seconds", "Seconds a video", ["4", "5", "8", "10", "12", "15", "25"], "10"),
        ],
        since="now-7d",
    )


def _videos() -> list[AnyPanel]:
    return [
        level_bars(
            "A successful video",
            "Price of one video of the chosen length, divided by the availability of thirty days: as if failed "
            "attempts were charged. If they are not, the list price beside it holds.",
            [now(f"sort({PRICE_PER_SUCCESS})")],
            unit="currencyUSD",
            decimals=2,
            links=SERIES_LINK,
            no_value=UNPRICED,
            width=8,
        ),
        level_bars(
            "$videos videos a month",
            "Cost of the chosen number of successful videos of the chosen length by route.",
            [now(f"sort(($videos) * ({PRICE_PER_SUCCESS}))")],
            unit="currencyUSD",
            decimals=2,
            links=SERIES_LINK,
            no_value=UNPRICED,
            width=8,
        ),
        lines(
            "Price of a successful video",
            "Its changes with availability.",
            [Query(PRICE_PER_SUCCESS)],
            unit="currencyUSD",
            minimum=0,
            no_value=UNPRICED,
            width=8,
        ),
        _by_route(),
    ]


def _by_route() -> AnyPanel:
    priced = f"({PRICE_PER_SUCCESS})\n* on (service_id) group_left (product) {INFO}"
    return grid(
        "By route",
        "List price, price of a success, and cost of the chosen month.",
        [
            LabelColumn("service_id", "service_id", links=SERVICE_LINK, width=180),
            LabelColumn("Name", "name", width=150),
            LabelColumn("Product", "product", width=110),
            LabelColumn("Access", "access", width=80),
            LabelColumn("Provider", "provider", width=100),
        ],
        [
            Column("List price a video", LIST_PRICE, "currencyUSD", 2),
            Column(
                "Availability 30 d",
                recorded("availability:ratio30d"),
                "percentunit",
                2,
                thresholds=look.AVAILABILITY,
            ),
            Column("Price of a success", PRICE_PER_SUCCESS, "currencyUSD", 2),
            Column("The month", f"($videos) * ({PRICE_PER_SUCCESS})", "currencyUSD", 2),
            Column(
                "Against the cheapest route",
                f"max by (service_id) (\n{priced}\n/ on (product) group_left ()\nmin by (product) ({priced})\n)",
                "none",
                2,
            ),
        ],
        labels_from=SERVICES,
        sort_by="Product",
        no_value="–",
    )


def _routes() -> list[AnyPanel]:
    return [
        timeline(
            "Which route was the one to use",
            "One lane per service; the recommendation of each moment.",
            [Query(recorded("recommended:bool", "product_service_id"), "{{product}}: {{service_id}}")],
            mappings=look.RECOMMENDED,
            links=SERIES_LINK,
            interval="1m",
            width=14,
            height=9,
        ),
        level_bars(
            "Rank of the routes",
            "Digits: whole percents of the day's availability, then seconds to answer, then price. Only routes that "
            "work now.",
            [now(f"sort_desc({recorded('route_score:rank', 'product_service_id')})", "{{product}}: {{service_id}}")],
            decimals=0,
            links=SERIES_LINK,
            no_value="no route works now",
            width=10,
            height=9,
        ),
        lines(
            "Routes that work",
            "Services of each product that work, of those that are not retired.",
            [
                Query('product:sora_product_routes_available:sum{product=~"$product"}', "{{product}}"),
                Query('product:sora_product_routes:count{product=~"$product"}', "of {{product}}"),
            ],
            unit="short",
            decimals=0,
            minimum=0,
            overrides=[("/^of .*/", look.DASHED)],
        ),
        lines(
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
            no_value="no application uses the fallback client",
        ),
    ]


def _done_within(title: str, quantile: str, share: float, buckets: str) -> AnyPanel:
    return level_bars(
        title,
        f"{quantile} time from the create request to the finished video, over the range.",
        [now(f"histogram_quantile({share}, sum by (service_id, le) ({buckets}[$__range])))")],
        unit="s",
        links=SERIES_LINK,
        no_value=NOT_GENERATED,
        width=8,
    )


def _generation() -> list[AnyPanel]:
    buckets = f"increase(sora_generation_seconds_bucket{{{SERVICE}}}"
    return [
        _done_within("Half of the videos were done within", "Median", 0.5, buckets),
        _done_within("Nine of ten were done within", "90th percentile of the", 0.9, buckets),
        heat(
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
