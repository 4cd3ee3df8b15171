"""The status pages the simulator serves, in the three forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SORA = "01K9G527YRPY1EFRMHTKB5BKT5"
VERTEX = "Z0FZJAMvEB4j3NbCJs6B"
VIDEO_API = "01HZX0BBBBBBBBBBBBBBBBBBBB"
STATUSPAGE = "/status/openai/api/v2/"


async def read(provider: Any, path: str) -> Any:
    """The JSON document at an address."""
    answer = await provider.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def change(provider: Any, page: str, component: str, status: str) -> None:
    """Set a component's status through the control endpoint."""
    wish = {"components": {component: status}}
    assert (await provider.client.put(f"/control/status-pages/{page}", json=wish)).status_code == 200


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


async def test_a_reader_who_has_the_document_gets_304_until_it_changes(start: Any) -> None:
    """ETag and Last-Modified spare the body; after a change both let the new document through."""
    provider = await start()
    path = STATUSPAGE + "components.json"
    first = await provider.client.get(path)
    by_tag, by_time = {"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}
    again = [await provider.client.get(path, headers=headers) for headers in (by_tag, by_time)]
    assert [(answer.status_code, answer.content) for answer in again] == [(304, b""), (304, b"")]
    provider.clock.now += 60
    await change(provider, "openai", SORA, "partial_outage")
    changed = [await provider.client.get(path, headers=headers) for headers in (by_tag, by_time)]
    assert [answer.status_code for answer in changed] == [200, 200]
    assert (await provider.client.get(path, headers={"if-modified-since": "yesterday"})).status_code == 200


async def test_documents_of_a_directory_come_before_the_built_in_ones(start: Any, tmp_path: Path) -> None:
    """A test's own directory replaces some documents, adds others, and is never left by its paths."""
    (tmp_path / "pages/openai/api/v2").mkdir(parents=True)
    (tmp_path / "pages/openai/api/v2/status.json").write_text('{"mine": 1}')
    (tmp_path / "pages/other.json").write_text('{"mine": 2}')
    (tmp_path / "secret.json").write_text('{"mine": 3}')
    provider = await start(documents=tmp_path / "pages")
    assert await read(provider, STATUSPAGE + "status.json") == {"mine": 1}
    assert await read(provider, "/status/other.json") == {"mine": 2}
    assert "components" in await read(provider, STATUSPAGE + "components.json")
    assert (await provider.client.get("/status/%2e%2e/secret.json")).status_code == 404


async def test_a_document_can_be_put_and_forgotten_at_run_time(start: Any) -> None:
    """Any bytes can stand in for a document, cut JSON too, until they are taken back."""
    provider = await start()
    path = "openai/api/v2/status.json"
    await provider.client.put(f"/control/documents/{path}", content=b'{"page": {')
    assert (await provider.client.get(f"/status/{path}")).text == '{"page": {'
    await provider.client.delete(f"/control/documents/{path}")
    assert json.loads((await provider.client.get(f"/status/{path}")).text)["page"]["name"] == "OpenAI"


async def test_a_page_can_be_down_while_the_provider_works(start: Any) -> None:
    """A status page may answer 503 by itself; documents that do not exist are 404."""
    provider = await start()
    await provider.client.put("/control/status-pages/openai", json={"http_status": 503})
    assert (await provider.client.get(STATUSPAGE + "status.json")).status_code == 503
    assert (await provider.client.get("/v1/models")).status_code == 200
    assert (await provider.client.get("/status/google/history.json")).status_code == 404
    assert (await provider.client.get("/status/nobody")).status_code == 404
