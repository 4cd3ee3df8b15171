"""Objectives: the remaining error budgets, and their burn rates."""

from __future__ import annotations

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK
from grafana.source.kit.panels import SHORT_LEGEND, AnyPanel, Query, level_bars, lines, now
from grafana.source.kit.queries import SHOWN_SERVICES, of_all, of_the_most_burnt, recorded

LEAST_BURN_RATE = 0.1
"""Where the logarithmic scales begin: a tenth of the pace that uses up the budget in its window."""


def objective_of_one() -> list[AnyPanel]:
    """Return the panels about the objective of one service."""
    return [
        lines(
            230,
            "Availability and objective",
            "Rolling windows beside the objective, if there is one.",
            [
                Query(recorded("availability:ratio24h"), "24 h"),
                Query(recorded("availability:ratio7d"), "7 d"),
                Query(recorded("availability:ratio30d"), "30 d"),
                Query(recorded("objective:ratio"), "objective"),
            ],
            unit="percentunit",
            maximum=1,
            overrides=[
                *look.colours({"24 h": look.SKY, "7 d": look.BLUE, "30 d": look.GREEN}),
                ("objective", look.DASHED),
            ],
            width=8,
            legend_width=SHORT_LEGEND,
        ),
        lines(
            231,
            "Error budget left",
            "Remaining share of the failures that the objective allows in thirty days: 100 % untouched, 0 % used up, "
            "below 0 the objective is missed.",
            [Query(recorded("error_budget_remaining:ratio30d"), "left")],
            limit_lines=True,
            unit="percentunit",
            maximum=1,
            thresholds=look.BUDGET_LEFT,
            no_value="no objective configured",
            width=8,
            legend_width=SHORT_LEGEND,
        ),
        lines(
            232,
            "Burn rates",
            "How many times faster than allowed the budget burns. A page: 14.4 over 1 h and 5 m, 6 over 6 h and 30 m. "
            "A ticket: 3 over 1 d and 2 h, 1 over 3 d and 6 h.",
            [Query(recorded(f"burnrate:ratio{window}"), window) for window in ("5m", "30m", "1h", "6h", "3d")],
            limit_lines=True,
            is_logarithmic=True,
            unit="suffix: ×",
            decimals=1,
            minimum=LEAST_BURN_RATE,
            thresholds=look.BURN_RATE,
            overrides=look.colours(
                {"5m": look.GREY, "30m": look.PINK, "1h": look.VERMILION, "6h": look.ORANGE, "3d": look.BLUE}
            ),
            no_value="no objective configured",
            width=8,
            legend_width=SHORT_LEGEND,
        ),
    ]


def objectives_of_all() -> list[AnyPanel]:
    """Return the panels that compare the budgets of all services."""
    none = "no objective configured"
    return [
        level_bars(
            360,
            "Error budget left, 30 days",
            "100 % untouched, 0 % used up. Below 0 the objective is missed.",
            [now(f"bottomk({SHOWN_SERVICES}, {recorded('error_budget_remaining:ratio30d')})")],
            unit="percentunit",
            decimals=0,
            minimum=-1,
            maximum=1,
            thresholds=look.BUDGET_LEFT,
            links=SERIES_LINK,
            no_value=none,
            width=12,
        ),
        *(
            lines(
                number,
                f"Burn rate, {window}",
                f"How many times faster than allowed the budget burns, over {window}, for the twenty services with the "
                f"least of it left. {alert}",
                [Query(of_the_most_burnt(of_all(f"burnrate:ratio{window}")))],
                limit_lines=True,
                is_logarithmic=True,
                unit="suffix: ×",
                decimals=1,
                minimum=LEAST_BURN_RATE,
                interval="3h",
                thresholds=look.steps(look.GREEN, (limit, look.VERMILION)),
                links=SERIES_LINK,
                no_value=none,
                width=12,
            )
            for number, window, limit, alert in (
                (361, "1h", 14.4, "From 14.4 on a fast burn is alerted."),
                (362, "6h", 6, "From 6 on a medium burn is alerted."),
                (363, "3d", 1, "From 1 on a slow burn is alerted."),
            )
        ),
        lines(
            364,
            "Error budget left",
            "The budgets of the last thirty days over time, from -100 % on, of the same twenty services.",
            [Query(of_the_most_burnt(of_all("error_budget_remaining:ratio30d")))],
            unit="percentunit",
            decimals=0,
            minimum=-1,
            maximum=1,
            interval="3h",
            thresholds=look.BUDGET_LEFT,
            limit_lines=True,
            no_value=none,
            width=24,
        ),
    ]
