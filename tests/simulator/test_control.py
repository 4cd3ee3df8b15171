"""The control endpoint: models, timing, jobs and the page for a browser."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.simulator.scenarios import MODELS, SCENARIOS

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "8"}


async def test_jobs_not_deleted_are_listed_with_their_state(start: Any) -> None:
    """A forgotten job is listed with model, state and cost until it is deleted."""
    provider = await start(render_seconds=10)
    identity = (await provider.client.post("/v1/videos", json=VIDEO)).json()["id"]
    listed = (await provider.client.get("/control/jobs")).json()
    assert [(job["id"], job["model"], job["status"], job["cost_usd"]) for job in listed] == [
        (identity, "sora-2", "queued", 0.8)
    ]


async def test_a_star_changes_every_model_and_put_adds_one(start: Any) -> None:
    """One request can break everything; PUT of a new name adds a model, POST of it is 404 with the known ones."""
    provider = await start()
    client = provider.client
    await provider.behave("*", "captcha")
    await provider.behave("my-model", "operational")
    missing = await client.post("/control/models/other", json={"behaviour": "slow"})
    models = (await client.get("/control")).json()["models"]
    assert {entry["behaviour"] for name, entry in models.items() if name != "my-model"} == {"captcha"}
    assert (await client.get("/v1/models/my-model")).status_code == 200
    assert missing.status_code == 404
    assert missing.json()["error"].startswith("unknown model 'other'; choose one of: sora-2,")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("PUT", "/control/models/sora-2", '{"behaviour": "x"}', 400, "unknown behaviour 'x'"),
        ("PUT", "/control/models/sora-2", "{", 400, "the body is not JSON"),
        ("POST", "/control/scenario/x", "", 404, "unknown scenario 'x'"),
        ("POST", "/control/timing", '{"render_seconds": -1}', 400, "render_seconds must be a number from 0"),
        ("PUT", "/control/status-pages/x", "{}", 404, "unknown status page 'x'; choose one of: openai, google"),
        ("PUT", "/control/status-pages/openai", '{"components": {"x": "operational"}}', 400, "no component 'x'"),
        ("PUT", "/control/status-pages/openai", '{"http_status": "bad"}', 400, "http_status must be a whole number"),
    ],
)
async def test_a_wrong_control_request_changes_nothing_and_says_why(
    start: Any, method: str, path: str, body: str, status: int, message: str
) -> None:
    """A mistake at the control endpoint is one line of JSON and leaves the state as it was."""
    client = (await start()).client
    before = (await client.get("/control")).json()
    answer = await client.request(method, path, content=body)
    assert (answer.status_code, answer.json()["error"][: len(message)]) == (status, message)
    assert (await client.get("/control")).json() == before


async def test_new_jobs_take_the_time_that_was_set(start: Any) -> None:
    """A change of timing holds for the jobs created after it."""
    provider = await start(render_seconds=1000)
    await provider.client.post("/control/timing", json={"render_seconds": 4})
    identity = (await provider.client.post("/v1/videos", json=VIDEO)).json()["id"]
    provider.clock.now += 4
    assert (await provider.client.get(f"/v1/videos/{identity}")).json()["status"] == "completed"


async def test_a_browser_gets_a_page_whose_forms_work(start: Any) -> None:
    """A browser sees every model and scenario, and a form's submission changes the state and leads back."""
    client = (await start()).client
    browser = {"accept": "text/html,*/*", "content-type": "application/x-www-form-urlencoded"}
    page = await client.get("/control", headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    assert all(f'action="/control/models/{model}"' in page.text for model in MODELS)
    assert all(f'action="/control/scenario/{name}"' in page.text for name in SCENARIOS)
    changed = await client.post("/control/models/sora-2", content="behaviour=quota", headers=browser)
    assert (changed.status_code, changed.headers["location"]) == (303, "/control")
    assert (await client.get("/control")).json()["models"]["sora-2"]["behaviour"] == "quota"
    assert (await client.get("/")).headers["location"] == "/control"


async def test_a_model_name_cannot_write_into_the_page(start: Any) -> None:
    """Input from outside is escaped on the page."""
    provider = await start()
    await provider.behave("<script>", "operational")
    page = (await provider.client.get("/control", headers={"accept": "text/html"})).text
    assert ("<script>" in page, "&lt;script&gt;" in page) == (False, True)
