"""Risk control and objectives: number, length and time of episodes, and the error budgets."""

from __future__ import annotations

from typing import Any

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK, SERVICE_LINK, Row, assemble, numbers, service_variables
from grafana.source.kit.panels import AnyPanel, Query, calendar, columns_by_series, lines, now, stat_tiles
from grafana.source.kit.queries import DAY, HOUR, INFO, SERVICE, SERVICES, of_all, of_the_worst, recorded
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
        _episodes(),
        [
            Row(390, "When", _when()),
            Row(391, "Official against reverse", _accesses()),
            Row(392, "Objectives", objectives_of_all()),
        ],
        [*service_variables(), numbers("utc_offset", "Hours ahead of UTC", offsets, "0")],
        since="now-30d",
    )


def _episodes() -> list[AnyPanel]:
    return [
        *(
            stat_tiles(
                number + place,
                f"{what}, {WINDOWS[window]}",
                f"{meaning} in the chosen services over the last {WINDOWS[window]}.",
                [now(f"sum({recorded(f'risk_control_{what.lower()}:sum{window}')})", what.lower())],
                unit=unit,
                decimals=decimals,
                thresholds=look.steps(look.GREEN, (0.01, look.ORANGE)),
                no_value="no evidence",
                height=3,
            )
            for number, what, meaning, unit, decimals in (
                (301, "Episodes", "Episodes of risk control that began", "short", 0),
                (304, "Hours", "Hours spent in risk control", "suffix: h", 1),
            )
            for place, window in enumerate(WINDOWS)
        ),
        _by_service(),
        lines(
            311,
            "Episodes a week",
            "Episodes that began in the seven days before each moment.",
            [Query(of_the_worst(of_all("risk_control_episodes:sum7d")))],
            unit="short",
            decimals=0,
            minimum=0,
            interval="6h",
            height=7,
        ),
        lines(
            312,
            "Hours in risk control a week",
            "Hours in risk control in the seven days before each moment.",
            [Query(of_the_worst(of_all("risk_control_hours:sum7d")))],
            unit="suffix: h",
            minimum=0,
            interval="6h",
            height=7,
        ),
    ]


def _by_service() -> AnyPanel:
    by_episodes = f"/ on (service_id) ({of_all('risk_control_episodes:sum30d')} > 0)"
    clear = f"{recorded('evidence:sum30d')} / 60 - {of_all('risk_control_hours:sum30d')}"
    return grid(
        310,
        "Episodes of each service",
        "An episode goes on through successes and silence, and ends after three hours without any. Mean time in an "
        "episode and between two, over thirty days; share of the day's requests that succeeded within.",
        [
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            LabelColumn("Access", "access", width=75),
            *(
                Column(f"Episodes {words}", recorded(f"risk_control_episodes:sum{window}"), "short", 0, width=120)
                for window, words in WINDOWS.items()
            ),
            *(
                Column(f"Hours {words}", recorded(f"risk_control_hours:sum{window}"), "suffix: h", 1)
                for window, words in WINDOWS.items()
            ),
            Column("Mean in", f"{recorded('risk_control_hours:sum30d')} {by_episodes}", "suffix: h", 1),
            Column("Mean between", f"({clear}) {by_episodes}", "suffix: h", 1, width=125),
            Column("Success within", recorded("risk_control_success:ratio24h"), "percentunit", 0, width=130),
        ],
        key="service_id",
        labels_from=SERVICES,
        sort_by=[("Episodes 30 d", True)],
        is_paged=True,
        no_value="no service",
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
            320,
            "Calendar: hours in risk control",
            "One cell per day of your time zone: hours of that day in risk control.",
            [Query(of_the_worst(f"sum_over_time({of_all('risk_control:hourly')}{DAY}) / 60"))],
            unit="suffix: h",
            decimals=1,
            thresholds=look.HOURS_A_DAY,
            links=SERIES_LINK,
            time_from="30d",
            height=9,
        ),
        calendar(
            321,
            "Calendar: episodes",
            "One cell per day of your time zone: episodes that began that day.",
            [Query(of_the_worst(f"count_over_time({of_all('risk_control_start:bool')}{DAY})"))],
            unit="short",
            decimals=0,
            thresholds=look.steps(look.ORANGE, (2, look.PINK), (4, look.VERMILION)),
            links=SERIES_LINK,
            time_from="30d",
            no_value="no episode",
            height=9,
        ),
        columns_by_series(
            322,
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
        # Read once and not at every step: a service keeps its access.
        return f"{operation} by (access) ({recorded(series)} * on (service_id) group_left (access) {INFO} @ end())"

    def availability(window: str) -> str:
        return f"{by_access(f'available:sum{window}')}\n/ {by_access(f'evidence:sum{window}')}"

    colours = look.colours(look.ACCESS_COLOURS)
    return [
        grid(
            330,
            "Side by side",
            "Availability of official and of reverse services in the last day, month and quarter, minutes added up "
            "before dividing. Episodes and hours per service and week, over thirty days.",
            [
                LabelColumn("Access", "access", width=90),
                Column("Services", f"count by (access) ({INFO}{{{SERVICE}}})", "short", 0),
                Column("24 h", availability("24h"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("30 d", availability("30d"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("90 d", availability("90d"), "percentunit", 2, thresholds=look.AVAILABILITY),
                Column("Episodes a week", f"{by_access('risk_control_episodes:sum30d', 'avg')} / 30 * 7", "short", 1),
                Column("Hours a week", f"{by_access('risk_control_hours:sum30d', 'avg')} / 30 * 7", "short", 1),
                Column("Response, 30 d mean", by_access("response_time_seconds:avg30d", "avg"), "s", 1),
            ],
            key="access",
            no_value="no service",
            height=5,
        ),
        lines(
            331,
            "Availability, 24 hours",
            "All official services together against all reverse ones.",
            [Query(availability("24h"), "{{access}}")],
            unit="percentunit",
            maximum=1,
            interval="1d",
            overrides=colours,
        ),
        lines(
            332,
            "Hours in risk control, 24 hours",
            "Mean per service of the hours in risk control in the day before each moment.",
            [Query(by_access("risk_control_hours:sum24h", "avg"), "{{access}}")],
            unit="suffix: h",
            minimum=0,
            interval="1d",
            overrides=colours,
        ),
    ]
