"""Scenarios, the control endpoint and the journal."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.simulator import create_app
from sora_exporter.simulator.answers import DATA
from sora_exporter.simulator.scenarios import MODELS, SCENARIOS, UnknownScenario

VIDEO = {"model": "sora-2", "prompt": "a cat", "seconds": "8"}
SIX = ("sora-2", "sora-2-pro", "veo-3.1", "sora_image", "sora_video2", "sora-2-pro-all")


async def canary(provider: Any, model: str) -> Any:
    """Order from a model what validation must refuse, the way the model is sold."""
    chat = {"model": model, "messages": [], "stream": True}
    if MODELS[model].endpoints[0] == "openai":
        return await provider.client.post("/v1/chat/completions", json=chat)
    return await provider.client.post("/v1/videos", json={"model": model, "prompt": ""})


async def test_january_2026_shows_the_six_services(start: Any) -> None:
    """On 2026-01-28 four services work, Sora 2 reverse is under risk control and Sora 2 Pro reverse is suspended."""
    provider = await start("january-2026")
    state = (await provider.client.get("/control")).json()["models"]
    assert {model: state[model]["answer"] for model in SIX} == {
        "sora-2": None,
        "sora-2-pro": None,
        "veo-3.1": None,
        "sora_image": None,
        "sora_video2": "risk_control",
        "sora-2-pro-all": "unavailable",
    }
    refusals = [await canary(provider, model) for model in SIX[:4]]
    assert all("rompt" in answer.text or "essages" in answer.text for answer in refusals)
    assert "unusual activity" in (await canary(provider, "sora_video2")).text
    assert "No available channel" in (await canary(provider, "sora-2-pro-all")).text
    assert (await provider.client.get("/v1/models/sora-2")).json()["shutdown_date"] is None


async def test_sunset_2026_retires_sora_and_veo_and_keeps_the_living(start: Any) -> None:
    """After the shutdown the catalogue lacks the retired, keeps one with its past date, and living models work."""
    provider = await start("sunset-2026")
    models = {model["id"]: model for model in (await provider.client.get("/v1/models")).json()["data"]}
    assert {"sora-2", "veo-3.1"}.isdisjoint(models)
    assert models["sora-2-pro"]["shutdown_date"] == "2026-09-24"
    assert "deprecated" in (await canary(provider, "sora-2")).text
    assert (
        "no longer available" in (await canary(provider, "sora-2-pro")).text + (await canary(provider, "sora-2")).text
    )
    assert (await canary(provider, "MiniMax-H3")).status_code == 400


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_scenario_can_be_entered_at_start_and_later(start: Any, name: str) -> None:
    """A scenario entered through control gives the same behaviours as one given at start, and says what it shows."""
    at_start, later = await start(name), await start()
    assert (await later.client.post(f"/control/scenario/{name}")).status_code == 200
    states = [(await provider.client.get("/control")).json() for provider in (at_start, later)]
    assert states[0]["models"] == states[1]["models"]
    assert (states[1]["scenario"], states[1]["scenarios"][name][-1]) == (name, ".")


def test_an_unknown_scenario_is_told_the_known_ones() -> None:
    """A wrong name raises an error that lists every scenario."""
    with pytest.raises(UnknownScenario, match=r"^unknown scenario 'x'; choose one of: operational, january-2026,"):
        create_app("x")


async def test_the_journal_tells_every_request_and_its_price_once(start: Any) -> None:
    """Create, poll, content and delete stand in order with time, model and job; only the create costs, once."""
    provider = await start(render_seconds=0)
    client = provider.client
    identity = (await client.post("/v1/videos", json=VIDEO)).json()["id"]
    provider.clock.now += 5
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        await client.request(method, f"/v1/videos/{identity}{path}")
    await client.post("/v1/videos", json=VIDEO | {"prompt": ""})
    entries = await provider.journal()
    assert [(e["action"], e["http_status"], e["job_id"], e["cost_usd"]) for e in entries] == [
        ("create", 200, identity, 0.8),
        ("poll", 200, identity, 0.0),
        ("content", 200, identity, 0.0),
        ("delete", 200, identity, 0.0),
        ("create", 400, None, 0.0),
    ]
    assert {e["model"] for e in entries} == {"sora-2"}
    assert entries[1]["time"] - entries[0]["time"] == 5
    assert (await client.get("/control")).json()["spent_usd"] == 0.8
    await client.delete("/control/journal")
    assert await provider.journal() == []


@pytest.mark.parametrize(
    ("model", "path", "body", "cost"),
    [
        ("veo-3.1", "/v1/chat/completions", {"messages": [{"role": "user", "content": "a cat"}]}, 0.15),
        ("gpt-image-2", "/v1/images/generations", {"prompt": "a cat"}, 0.03),
        ("wan-3.0", "/v1/video/generations", {"prompt": "a cat", "duration": 10}, 1.0),
        ("sora-2-pro", "/v1/videos", {"prompt": "a cat"}, 1.2),
    ],
)
async def test_a_create_costs_what_its_model_costs(
    start: Any, model: str, path: str, body: dict[str, Any], cost: float
) -> None:
    """The journal prices by the request or by the second, as the model is sold."""
    provider = await start()
    assert (await provider.client.post(path, json=body | {"model": model})).status_code == 200
    assert [entry["cost_usd"] for entry in await provider.journal()] == [cost]


async def test_downloads_without_a_key_stand_in_the_journal_too(start: Any) -> None:
    """Fetching an asset's own address is a content request of its job."""
    provider = await start(render_seconds=0)
    task = (await provider.client.post("/v1/video/generations", json=VIDEO)).json()["task_id"]
    url = (await provider.client.get(f"/v1/video/generations/{task}")).json()["url"]
    await provider.client.get(url, headers={"authorization": ""})
    last = (await provider.journal())[-1]
    assert (last["action"], last["job_id"], last["http_status"]) == ("content", task, 200)


async def test_jobs_not_deleted_are_listed_with_their_state(start: Any) -> None:
    """A forgotten job is named with model, state and cost until somebody deletes it."""
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
        ("PUT", "/control/models/sora-2", "{", 400, "the body is no JSON"),
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


async def test_new_jobs_take_the_time_they_are_told(start: Any) -> None:
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
    """What comes from outside is escaped on the page."""
    provider = await start()
    await provider.behave("<script>", "operational")
    page = (await provider.client.get("/control", headers={"accept": "text/html"})).text
    assert ("<script>" in page, "&lt;script&gt;" in page) == (False, True)


async def test_json_sent_as_a_form_is_understood(start: Any) -> None:
    """A bare ``curl -d`` calls its JSON a form; it means JSON all the same."""
    client = (await start()).client
    form = {"content-type": "application/x-www-form-urlencoded"}
    await client.post("/control/models/sora-2", content='{"behaviour": "slow"}', headers=form)
    assert (await client.get("/control")).json()["models"]["sora-2"]["behaviour"] == "slow"


def test_every_error_class_a_provider_can_cause_has_bodies() -> None:
    """The bodies cover the classes an answer can stand for; the rest never comes as an answer."""
    contract = (
        "content_policy rate_limited risk_control captcha overloaded server_error timeout invalid_response "
        "generation_failed generation_timeout unavailable model_not_found maintenance model_retired "
        "authentication permission quota_exhausted invalid_request"
    )
    assert set(DATA["errors"]) == set(contract.split())
