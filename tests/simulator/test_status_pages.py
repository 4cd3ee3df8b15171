"""The status pages the simulator serves, in the three forms."""

from __future__ import annotations

from typing import Any

import pytest
from support.simulated_pages import SORA, STATUSPAGE, change, read

VERTEX = "Z0FZJAMvEB4j3NbCJs6B"
VIDEO_API = "01HZX0BBBBBBBBBBBBBBBBBBBB"


async def test_a_quiet_statuspage_leaves_a_component_out_of_its_summary(start: Any) -> None:
    """As on the real page, components.json is the whole set and the summary is not; past incidents are resolved."""
    provider = await start()
    summary = await read(provider, STATUSPAGE + "summary.json")
    components = (await read(provider, STATUSPAGE + "components.json"))["components"]
    incidents = (await read(provider, STATUSPAGE + "incidents.json"))["incidents"]
    assert SORA in {component["id"] for component in components}
    assert SORA not in {component["id"] for component in summary["components"]}
    assert (await read(provider, STATUSPAGE + "status.json"))["status"]["indicator"] == "none"
    assert [(i["status"], i["components"]) for i in incidents] == [("resolved", [])]


@pytest.mark.parametrize(
    ("status", "indicator"),
    [("degraded_performance", "minor"), ("partial_outage", "major"), ("major_outage", "critical")],
)
async def test_an_outage_opens_an_incident_and_its_end_resolves_it(start: Any, status: str, indicator: str) -> None:
    """A broken component shows in summary, indicator and incidents; afterwards its incident is resolved."""
    provider = await start()
    await change(provider, "openai", SORA, status)
    summary = await read(provider, STATUSPAGE + "summary.json")
    assert {c["id"]: c["status"] for c in summary["components"]}[SORA] == status
    assert [(i["name"], i["impact"], i["resolved_at"]) for i in summary["incidents"]] == [
        ("Elevated errors for Sora", indicator, None)
    ]
    assert summary["status"]["indicator"] == indicator
    provider.clock.now += 600
    await change(provider, "openai", SORA, "operational")
    newest = (await read(provider, STATUSPAGE + "incidents.json"))["incidents"]
    resolved = next(i for i in newest if i["name"] == "Elevated errors for Sora")
    assert (resolved["status"], resolved["created_at"], resolved["resolved_at"]) == (
        "resolved",
        "2026-01-28T11:33:20Z",
        "2026-01-28T11:43:20Z",
    )
    assert (await read(provider, STATUSPAGE + "summary.json"))["incidents"] == []


async def test_a_maintenance_is_no_incident(start: Any) -> None:
    """A component under maintenance stands among the maintenances with start and end, and not among incidents."""
    provider = await start()
    await change(provider, "openai", SORA, "under_maintenance")
    running = (await read(provider, STATUSPAGE + "scheduled-maintenances.json"))["scheduled_maintenances"]
    assert [(m["status"], m["scheduled_for"], m["scheduled_until"]) for m in running] == [
        ("in_progress", "2026-01-28T11:33:20Z", "2026-01-28T13:33:20Z")
    ]
    summary = await read(provider, STATUSPAGE + "summary.json")
    assert (summary["incidents"], summary["status"]["indicator"]) == ([], "maintenance")


async def test_the_indicator_is_the_worst_fault_not_the_maintenance(start: Any) -> None:
    """With maintenance and faults at once, the worst fault is the indicator."""
    provider = await start()
    await change(provider, "openai", SORA, "under_maintenance")
    await change(provider, "openai", "01JMXBRMFE4MAP2BHSJNZ787WX", "partial_outage")
    await change(provider, "openai", "01JP8CD9JR3HR6Y7G4Q75N4DVW", "degraded_performance")
    assert (await read(provider, STATUSPAGE + "status.json"))["status"]["indicator"] == "major"


async def test_google_incidents_are_open_while_they_have_no_end(start: Any) -> None:
    """Google's bare array has an incident without ``end`` while the product is broken, with it afterwards."""
    provider = await start()
    await change(provider, "google", VERTEX, "major_outage")
    newest = (await read(provider, "/status/google/incidents.json"))[0]
    assert ("end" in newest, newest["status_impact"], newest["severity"]) == (False, "SERVICE_OUTAGE", "high")
    assert [product["id"] for product in newest["affected_products"]] == [VERTEX]
    await change(provider, "google", VERTEX, "operational")
    ended = next(i for i in await read(provider, "/status/google/incidents.json") if i["id"] == newest["id"])
    assert (ended["end"], ended["most_recent_update"]["status"]) == ("2026-01-28T11:33:20Z", "AVAILABLE")
    products = (await read(provider, "/status/google/products.json"))["products"]
    assert VERTEX in {product["id"] for product in products}


async def test_the_widget_lists_ongoing_incidents_and_running_maintenances(start: Any) -> None:
    """incident.io's widget has what is open now, by kind, and nothing when all is well."""
    provider = await start()
    quiet = await read(provider, "/status/widget")
    await change(provider, "widget", VIDEO_API, "major_outage")
    broken = await read(provider, "/status/widget/proxy/widget")
    await change(provider, "widget", VIDEO_API, "under_maintenance")
    upgraded = await read(provider, "/status/widget/api/v1/summary")
    assert [len(document["ongoing_incidents"]) for document in (quiet, broken, upgraded)] == [0, 1, 0]
    assert [len(document["in_progress_maintenances"]) for document in (quiet, broken, upgraded)] == [0, 0, 1]
    assert broken["ongoing_incidents"][0]["affected_components"][0]["id"] == VIDEO_API
