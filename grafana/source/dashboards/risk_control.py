"""Risk control and objectives: number, length and time of episodes, and the error budgets."""

from __future__ import annotations

from typing import Any

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK, SERVICE_LINK, assemble, choice, service_variables
from grafana.source.kit.panels import AnyPanel, Query, calendar, columns_by_series, lines, now, stat_tiles
from grafana.source.kit.queries import DAY, HOUR, INFO, SERVICE, SERVICES, recorded
from grafana.source.kit.tables import Column, LabelColumn, grid
from grafana.source.rows.objectives import objectives_of_all

UID = "sora-risk-control"
WINDOWS = {"24h": "24 h", "7d": "7 d", "30d": "30 d"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard of risk control and objectives."""
    offsets = [str(hours) for hours in range(-12, 15)]
    return assemble(
        UID,
        "Sora / Risk control and objectives",
        "How often services refuse by risk control, for how long, at what time; official against reverse; budgets.",
        {
            "Episodes": _episodes(),
            "When": _when(),
            "Official against reverse": _accesses(),
            "Objectives": objectives_of_all(),
        },
        [*service_variables(), choice("utc_offset", "Hours ahead of UTC", offsets, "0")],
        since="now-30d",
    )


def _episodes() -> list[AnyPanel]:
    return [
        *(
            stat_tiles(
                f"{what}, {WINDOWS[window]}",
                f"{meaning} in the chosen services over the last {WINDOWS[window]}.",
                [now(f"sum({recorded(f'risk_control_{what.lower()}:sum{window}')})", what.lower())],
                unit=unit,
                decimals=0,
                thresholds=look.SOME_IS_WARNING,
                no_value="no evidence",
            )
            for what, meaning, unit in (
                ("Episodes", "Episodes of risk control that began", "short"),
                ("Hours", "Hours spent in risk control", "suffix:h"),
            )
            for window in WINDOWS
        ),
        _by_service(),
        lines(
            "Episodes a week",
            "Episodes that began in the seven days before each moment.",
            [Query(recorded("risk_control_episodes:sum7d"))],
            unit="short",
            decimals=0,
            minimum=0,
        ),
        lines(
            "Hours in risk control a week",
            "Hours in risk control in the seven days before each moment.",
            [Query(recorded("risk_control_hours:sum7d"))],
            unit="suffix:h",
            minimum=0,
        ),
    ]


def _by_service() -> AnyPanel:
    episodes, hours = recorded("risk_control_episodes:sum30d"), recorded("risk_control_hours:sum30d")
    clear = f"{recorded('evidence:sum30d')} / 60 - {hours}"
    return grid(
        "Episodes of each service",
        "An episode goes on through successes and silence, and ends after three hours without any. Mean time in an "
        "episode and between two, over thirty days; share of the day's requests that succeeded within.",
        [
            LabelColumn("service_id", "service_id", links=SERVICE_LINK, width=180),
            LabelColumn("Name", "name", width=150),
            LabelColumn("Access", "access", width=80),
        ],
        [
            *(
                Column(f"Episodes {words}", recorded(f"risk_control_episodes:sum{window}"), "short", 0)
                for window, words in WINDOWS.items()
            ),
            *(
                Column(f"Hours {words}", recorded(f"risk_control_hours:sum{window}"), "short", 1)
                for window, words in WINDOWS.items()
            ),
            Column("Mean time in", f"{hours} / ({episodes} > 0)", "suffix:h", 1),
            Column("Mean time between", f"({clear}) / ({episodes} > 0)", "suffix:h", 1),
            Column("Success within, 24 h", recorded("risk_control_success:ratio24h"), "percentunit", 0),
        ],
        labels_from=SERVICES,
        sort_by="Episodes 30 d",
        is_descending=True,
        no_value="–",
        height=8,
    )


def _when() -> list[AnyPanel]:
    by_hour = (
        'label_replace(count_values("hour", hour(vector(time() + 3600 * ($utc_offset)))), '
        '"hour", "0$1", "hour", "^(.)$")'
    )
    in_risk_control = f"avg(sum_over_time({recorded('risk_control:hourly')}{HOUR})) / 60"
    return [
        calendar(
            "Calendar: hours in risk control",
            "One cell per day of your time zone: hours of that day in risk control.",
            [Query(f"sum_over_time({recorded('risk_control:hourly')}{DAY}) / 60")],
            unit="suffix:h",
            decimals=1,
            thresholds=look.HOURS_A_DAY,
            links=SERIES_LINK,
            time_from="30d",
            height=9,
        ),
        calendar(
            "Calendar: episodes",
            "One cell per day of your time zone: episodes that began that day.",
            [Query(f"count_over_time({recorded('risk_control_start:bool')}{DAY})")],
            unit="short",
            decimals=0,
            thresholds=look.steps(look.ORANGE, (2, look.PINK), (4, look.VERMILION)),
            links=SERIES_LINK,
            time_from="30d",
            no_value="no episode",
            height=9,
        ),
        columns_by_series(
            "Hour of the day",
            "Mean share of each hour of the day that the chosen services spent in risk control, over the range. The "
            "clock is UTC plus the hours chosen above.",
            Query(f"{in_risk_control}\n* on () group_right ()\n{by_hour}", "{{hour}}"),
            label="hour",
            unit="percentunit",
            decimals=1,
            minimum=0,
            interval="1h",
            max_data_points=11000,
            width=24,
        ),
    ]


def _accesses() -> list[AnyPanel]:
    def by_access(series: str, operation: str = "sum") -> str:
        return f"{operation} by (access) ({recorded(series)} * on (service_id) group_left (access) {INFO})"

    def availability(window: str) -> str:
        return f"{by_access(f'available:sum{window}')}\n/ {by_access(f'evidence:sum{window}')}"

    colours = look.colours(look.ACCESS_COLOURS)
    return [
        grid(
            "Side by side",
            "Official and reverse services, minutes added up before dividing. Episodes and hours per service and "
            "week, over thirty days.",
            [LabelColumn("Access", "access")],
            [
                Column("Services", f"count by (access) ({INFO}{{{SERVICE}}})", "short", 0),
                Column("Availability 24 h", availability("24h"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("Availability 30 d", availability("30d"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("Availability 90 d", availability("90d"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("Episodes a week", f"{by_access('risk_control_episodes:sum30d', 'avg')} / 30 * 7", "short", 1),
                Column("Hours a week", f"{by_access('risk_control_hours:sum30d', 'avg')} / 30 * 7", "short", 1),
                Column("Response, 30 d mean", by_access("response_time_seconds:avg30d", "avg"), "s", 1),
            ],
            no_value="–",
            height=5,
        ),
        lines(
            "Availability, 24 hours",
            "All official services together against all reverse ones.",
            [Query(availability("24h"), "{{access}}")],
            unit="percentunit",
            maximum=1,
            overrides=colours,
        ),
        lines(
            "Hours in risk control, 24 hours",
            "Mean per service of the hours in risk control in the day before each moment.",
            [Query(by_access("risk_control_hours:sum24h", "avg"), "{{access}}")],
            unit="suffix:h",
            minimum=0,
            overrides=colours,
        ),
    ]
