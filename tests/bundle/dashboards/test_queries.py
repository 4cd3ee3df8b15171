"""Every query of every dashboard runs on a real Prometheus and finds something, and what it finds is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from support.dashboard_model import (
    PanelQuery,
    annotation_queries,
    load_dashboards,
    panel_queries,
    panels,
    values_of,
    variable_queries,
)
from support.month import Month

from sora_exporter.demo.history import ServiceHistory
from sora_exporter.result import Status

pytestmark = pytest.mark.programs
DASHBOARDS = load_dashboards()

# Nothing to show is a sign of health here.
HEALTHY_IF_EMPTY = frozenset(
    {
        "sora-overview / What fires / A",
        "sora-service / Use this route? / B",
        "sora-service / Use this route? / C",
        *(f"sora-overview / Services by status / {letter}" for letter in "ABCDEFG"),
        *(f"{uid} / annotation Status changes" for uid in DASHBOARDS),
    }
)


def every_query(dashboard: dict[str, Any]) -> Iterator[PanelQuery]:
    """Yield the queries of panels, annotations and variables."""
    yield from panel_queries(dashboard)
    yield from annotation_queries(dashboard)
    yield from variable_queries(dashboard)


def ask(month: Month, query: PanelQuery, dashboard: dict[str, Any], services: Sequence[str]) -> list[Any]:
    """Return what Prometheus answers to a query as Grafana would send it with these services chosen."""
    expr = query.filled(values_of(dashboard, services))
    if query.is_instant:
        found = month.prometheus.api("query", query=expr, time=month.now)
    else:
        start = month.now - query.range_seconds // query.step * query.step
        found = month.prometheus.api("query_range", query=expr, start=start, end=month.now, step=query.step)
    return list(found["result"])


def find(uid: str, title: str, letter: str = "A") -> PanelQuery:
    """Return one query of a panel."""
    return next(query for query in panel_queries(DASHBOARDS[uid]) if query.place == f"{uid} / {title} / {letter}")


def empty_ones(month: Month, services: Sequence[str]) -> set[str]:
    """Return the places of all queries that find nothing."""
    return {
        query.place
        for dashboard in DASHBOARDS.values()
        for query in every_query(dashboard)
        if query.place not in HEALTHY_IF_EMPTY and not ask(month, query, dashboard, services)
    }


def test_every_panel_has_data(month: Month) -> None:
    """In the demo's history every query of every dashboard finds something, but for the signs of health."""
    assert sorted(empty_ones(month, month.services)) == []


@pytest.mark.parametrize("service_id", ["sora-2-official", "sora-2-reverse"])
def test_one_service_is_enough(month: Month, service_id: str) -> None:
    """With a single service chosen no query of its dashboard fails, and status, reasons and availability are there."""
    dashboard = DASHBOARDS["sora-service"]
    found = {query.place: ask(month, query, dashboard, [service_id]) for query in every_query(dashboard)}
    for title in ("Status", "Why", "Available, 30 d", "Status over time", "Why it failed", "What it is"):
        assert found[f"sora-service / {title} / A"], title


def test_columns_of_tables_join(month: Month) -> None:
    """Each column of a table has one value for each of its rows, and no label beside that of the join."""
    for uid, dashboard in DASHBOARDS.items():
        for panel in panels(dashboard):
            if panel["type"] == "table":
                shown_labels = set(panel["transformations"][-1]["options"]["renameByName"])
                key = next(
                    (s["options"]["byField"] for s in panel["transformations"] if s["id"] == "joinByField"), None
                )
                for letter in sorted(name[-1] for name in shown_labels if name.startswith("Value #")):
                    found = ask(month, find(uid, panel["title"], letter), dashboard, month.services)
                    assert all(set(one["metric"]) - {"__name__"} == {key} for one in found), (panel["title"], letter)
                    assert len({one["metric"][key] for one in found}) == len(found), (panel["title"], letter)


def by_service(found: Sequence[Any]) -> dict[str, Any]:
    """Return the series found by the service they belong to."""
    return {one["metric"]["service_id"]: one for one in found}


def shown(month: Month, uid: str, title: str, letter: str = "A") -> dict[str, Any]:
    """Return what a panel shows of all services, by service."""
    return by_service(ask(month, find(uid, title, letter), DASHBOARDS[uid], month.services))


def test_availability_is_that_of_the_history(month: Month) -> None:
    """The column of thirty days says what the history adds up to, within the hour that is not yet closed."""
    title = "The month in one table"
    table = next(panel for panel in panels(DASHBOARDS["sora-overview"]) if panel["title"] == title)
    names = table["transformations"][-1]["options"]["renameByName"]
    letter = next(name for name, column in names.items() if column == "Available").removeprefix("Value #")
    for service_id, one in shown(month, "sora-overview", title, letter).items():
        assert float(one["value"][1]) == pytest.approx(month.history(service_id).availability, abs=0.002), service_id


def test_calendar_adds_up(month: Month) -> None:
    """The cells of a month hold all hours in risk control but those of the hour not yet closed."""
    cells = shown(month, "sora-risk-control", "Calendar: hours in risk control")
    for service_id, one in cells.items():
        history = month.history(service_id)
        total = sum(float(value) for _, value in one["values"])
        assert total == pytest.approx(history.risk_control_hours, abs=1), service_id


def test_episodes_of_the_calendar_add_up(month: Month) -> None:
    """Every episode of the month is in one cell."""
    cells = shown(month, "sora-risk-control", "Calendar: episodes")
    counted = {service_id: sum(int(value) for _, value in one["values"]) for service_id, one in cells.items()}
    assert counted == {h.service.id: h.episodes for h in month.histories if h.episodes}


def test_hours_of_the_day_add_up(month: Month) -> None:
    """The columns of the day's hours hold every minute of risk control, for any setting of the clock."""
    query, dashboard = find("sora-risk-control", "Hour of the day"), DASHBOARDS["sora-risk-control"]
    found = ask(month, query, dashboard, month.services)
    assert sorted(one["metric"]["hour"] for one in found) == [f"{hour:02}" for hour in range(24)]
    hours = sum(float(value) for one in found for _, value in one["values"])
    expected = sum(history.risk_control_hours for history in month.histories) / len(month.histories)
    assert hours == pytest.approx(expected, rel=0.03)


def test_no_episode_hides_in_the_timeline(month: Month) -> None:
    """In a week's range, coarser than the episodes are short, every status that lasted a minute is in its lane."""
    week = replace(find("sora-overview", "Status"), range_seconds=7 * 86400, step=900)
    lanes = by_service(ask(month, week, DASHBOARDS["sora-overview"], month.services))
    for service_id, lane in lanes.items():
        codes = {float(value) for _, value in lane["values"]}
        assert statuses_shown(month.history(service_id), week.range_seconds) <= codes, service_id


def test_one_place_of_three_is_outvoted_and_shown(month: Month) -> None:
    """A service that one place of three calls suspended is operational in every table, and that place is named."""
    disagreeing = ask(month, find("sora-overview", "Places that disagree"), DASHBOARDS["sora-overview"], month.services)
    assert [(one["metric"]["location"], one["value"][1]) for one in disagreeing] == [("ap", "4")]
    outvoted = disagreeing[0]["metric"]["service_id"]
    for uid, title, letter in (
        ("sora-overview", "Services", "B"),
        ("sora-cost", "Why this route", "C"),
        ("sora-service", "Status", "A"),
    ):
        assert shown(month, uid, title, letter)[outvoted]["value"][1] == "0", (uid, title)
    lanes = ask(month, find("sora-service", "Findings of each place"), DASHBOARDS["sora-service"], [outvoted])
    assert {one["metric"]["location"]: one["values"][-1][1] for one in lanes} == {"eu": "0", "us": "0", "ap": "4"}


def test_each_exporter_has_a_row(month: Month) -> None:
    """The table of exporters has one row per instance with its own evidence, so that a stale twin shows."""
    dashboard = DASHBOARDS["sora-overview"]
    table = next(panel for panel in panels(dashboard) if panel["title"] == "Exporters")
    names = table["transformations"][-1]["options"]["renameByName"]
    letters = {title: name.removeprefix("Value #") for name, title in names.items() if name.startswith("Value #")}
    reached, oldest = (
        {one["metric"]["instance"]: float(one["value"][1]) for one in ask(month, query, dashboard, month.services)}
        for query in (find("sora-overview", "Exporters", letters[title]) for title in ("Reached", "Oldest evidence"))
    )
    assert len(reached) == 3
    assert set(reached.values()) == {1}
    assert set(oldest) <= set(reached)


def test_only_the_failing_can_be_shown(month: Month) -> None:
    """The overview's switch leaves the services whose confirmed status is not operational."""
    dashboard, query = DASHBOARDS["sora-overview"], find("sora-overview", "Services", "B")
    everything = by_service(ask(month, query, dashboard, month.services))
    expr = query.filled({**values_of(dashboard, month.services), "hide": "0"})
    failing = by_service(month.prometheus.api("query", query=expr, time=month.now)["result"])
    assert set(everything) == set(month.services)
    assert failing == {service_id: one for service_id, one in everything.items() if one["value"][1] != "0"}


def test_another_route_is_named(month: Month) -> None:
    """Of a service that is not the route to use now, its dashboard names the one that is."""
    dashboard = DASHBOARDS["sora-service"]
    name = "product_service_id:sora_service_recommended:bool"
    chosen = month.prometheus.api("query", query=name, time=month.now)["result"]
    used = {one["metric"]["product"]: one["metric"]["service_id"] for one in chosen if one["value"][1] == "1"}
    others = [one["metric"] for one in chosen if one["value"][1] == "0" and one["metric"]["product"] in used]
    assert others
    for other in others:
        named = ask(month, find("sora-service", "Use this route?", "B"), dashboard, [other["service_id"]])
        assert [one["metric"]["service_id"] for one in named] == [used[other["product"]]]
        for letter in ("A", "C"):
            assert not ask(month, find("sora-service", "Use this route?", letter), dashboard, [other["service_id"]])


def statuses_shown(history: ServiceHistory, range_seconds: int) -> set[int]:
    """Return the code of every status that began in the range, but for its first half hour."""
    order = [Status.OPERATIONAL, Status.DEGRADED, Status.RISK_CONTROL, Status.MAINTENANCE, Status.SUSPENDED]
    recent = [one for one in history.incidents if one.start > history.end - range_seconds + 1800]
    return {order.index(one.error_class.status) for one in recent if one.error_class.status in order}


def test_mean_times_are_those_of_the_history(month: Month) -> None:
    """Mean time in an episode is hours by episodes, and is missing where there was none."""
    table = next(p for p in panels(DASHBOARDS["sora-risk-control"]) if p["title"] == "Episodes of each service")
    names = table["transformations"][-1]["options"]["renameByName"]
    letter = next(name for name, title in names.items() if title == "Mean in").removeprefix("Value #")
    found = shown(month, "sora-risk-control", "Episodes of each service", letter)
    assert set(found) == {history.service.id for history in month.histories if history.episodes}
    for service_id, one in found.items():
        history = month.history(service_id)
        expected = history.risk_control_hours / history.episodes
        assert float(one["value"][1]) == pytest.approx(expected, abs=0.1), service_id


def test_a_month_of_videos(month: Month) -> None:
    """The cost of a thousand videos of ten seconds is price by availability, per second or per request."""
    for service_id, one in shown(month, "sora-cost", "$videos videos a month").items():
        history = month.history(service_id)
        seconds = 10 if history.service.price_unit == "second" else 1
        expected = 1000 * history.service.price_usd * seconds / history.availability
        assert float(one["value"][1]) == pytest.approx(expected, rel=0.003), service_id
