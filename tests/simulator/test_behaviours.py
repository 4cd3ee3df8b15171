"""Every behaviour at every endpoint answers as its table says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sora_exporter.simulator.answers import DATA, ERROR_CLASSES
from sora_exporter.simulator.behaviours import BEHAVIOURS, UnknownBehaviour, read_behaviour

MODEL = "sora-2"
CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "videos": ("/v1/videos", {"prompt": "a cat"}),
    "generations": ("/v1/video/generations", {"prompt": "a cat"}),
    "ark": ("/v1/contents/generations/tasks", {"content": [{"type": "text", "text": "a cat"}]}),
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a cat"}]}),
    "stream": ("/v1/chat/completions", {"stream": True, "messages": [{"role": "user", "content": "a cat"}]}),
    "images": ("/v1/images/generations", {"prompt": "a cat"}),
}
JOB_APIS = ("videos", "generations", "ark")
EARLY = sorted(name for name, b in BEHAVIOURS.items() if b.answer and b.stage in ("key", "channel", "upstream"))
TURNS = 8


def fitting_statuses(error_class: str, where: str) -> set[int]:
    """The HTTP statuses that bodies.yml has for this class at this kind of request."""
    kind = "chat" if where == "stream" else where
    bodies = DATA["errors"][error_class]
    plain = [body for body in bodies if "sse" not in body]
    fitting = [body for body in plain if kind in body.get("where", (kind,))] or plain
    streams = [body for body in bodies if "sse" in body and where == "stream"]
    return {body.get("http_status", 200) for body in [*fitting, *streams]}


async def create(provider: Any, where: str) -> Any:
    """Order something of MODEL at one endpoint."""
    path, body = CREATES[where]
    return await provider.client.post(path, json=body | {"model": MODEL})


@pytest.mark.parametrize("where", CREATES)
@pytest.mark.parametrize("behaviour", EARLY)
async def test_a_fault_before_acceptance_answers_its_bodies_in_turn(start: Any, behaviour: str, where: str) -> None:
    """Every fault answers all its statuses and no other at every endpoint, and neither costs nor leaves a job."""
    provider = await start()
    await provider.behave(MODEL, behaviour, share=1.0)
    answers = [await create(provider, where) for _ in range(TURNS)]
    error_class = BEHAVIOURS[behaviour].answer
    assert error_class is not None
    assert {answer.status_code for answer in answers} == fitting_statuses(error_class, where)
    assert {entry["cost_usd"] for entry in await provider.journal()} == {0.0}
    assert await provider.open_jobs() == []


@pytest.mark.parametrize("where", CREATES)
@pytest.mark.parametrize(
    "behaviour", ["generation_failed", "moderation_in_job", "generation_timeout", "stuck_in_queue"]
)
async def test_a_fault_inside_the_job_shows_only_after_acceptance(start: Any, behaviour: str, where: str) -> None:
    """A job API accepts the order and ends in the fault's state; a synchronous one answers the fault itself."""
    provider = await start(render_seconds=10)
    await provider.behave(MODEL, behaviour)
    answer = await create(provider, where)
    if where not in JOB_APIS:
        error_class = BEHAVIOURS[behaviour].answer
        assert error_class is not None
        assert answer.status_code in fitting_statuses(error_class, where)
        return
    identity = answer.json().get("id") or answer.json()["task_id"]
    provider.clock.now += 600
    job = (await provider.client.get(f"{CREATES[where][0]}/{identity}")).json()
    stuck = {"generation_timeout": {"in_progress", "running"}, "stuck_in_queue": {"queued"}}
    assert job["status"] in stuck.get(behaviour, {"failed"})
    if job["status"] == "failed":
        assert job["error"]["code"] in {error["code"] for error in DATA["job_errors"][BEHAVIOURS[behaviour].answer]}
    if where == "videos" and behaviour == "generation_timeout":
        assert job["progress"] == 99


@pytest.mark.parametrize(
    ("behaviour", "status", "media_type"),
    [
        ("operational", 200, "video/mp4"),
        ("asset_truncated", 200, "video/mp4"),
        ("asset_empty", 200, "video/mp4"),
        ("asset_wrong_type", 200, "text/html"),
        ("asset_expired", 403, "application/xml"),
    ],
)
async def test_a_broken_asset_is_broken_wherever_it_is_downloaded(
    start: Any, behaviour: str, status: int, media_type: str
) -> None:
    """The content call and the asset's own address answer the same; only the good one holds what its boxes promise."""
    provider = await start(render_seconds=0)
    await provider.behave(MODEL, behaviour)
    video = (await create(provider, "videos")).json()["id"]
    task = (await create(provider, "generations")).json()["task_id"]
    url = (await provider.client.get(f"/v1/video/generations/{task}")).json()["url"]
    for address in (f"/v1/videos/{video}/content", url):
        answer = await provider.client.get(address)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, media_type)
        assert (box_sizes(answer.content) == len(answer.content) > 0) is (behaviour == "operational")


def box_sizes(content: bytes) -> int:
    """The length an MP4 file has by the sizes its boxes state."""
    total = 0
    while total < len(content):
        total += int.from_bytes(content[total : total + 4], "big") or len(content) + 1
    return total


@pytest.mark.parametrize("where", CREATES)
async def test_a_missing_job_id_or_link_still_looks_like_success(start: Any, where: str) -> None:
    """With job_id_missing the answer is 200 and well-formed, but nothing in it leads to a result."""
    provider = await start()
    await provider.behave(MODEL, "job_id_missing")
    answer = await create(provider, where)
    assert answer.status_code == 200
    assert "http://" not in answer.text
    if where in JOB_APIS:
        assert not answer.json().get("id")
        assert not answer.json().get("task_id")


async def test_a_lost_job_cannot_be_polled_and_stays_open(start: Any) -> None:
    """With job_lost a paid job is unknown to polls and shows among the jobs nobody deleted."""
    provider = await start()
    await provider.behave(MODEL, "job_lost")
    identity = (await create(provider, "videos")).json()["id"]
    assert (await provider.client.get(f"/v1/videos/{identity}")).status_code == 404
    assert await provider.open_jobs() == [identity]


async def test_polls_alone_can_fail(start: Any) -> None:
    """With poll_error creating and deleting work and asking for the state does not."""
    provider = await start()
    await provider.behave(MODEL, "poll_error")
    path = f"/v1/videos/{(await create(provider, 'videos')).json()['id']}"
    polled, deleted = await provider.client.get(path), await provider.client.delete(path)
    assert (polled.status_code, deleted.status_code) == (500, 200)


@pytest.mark.parametrize(
    ("behaviour", "listed", "retrievable"),
    [
        ("operational", True, True),
        ("risk_control", True, True),
        ("suspended", True, True),
        ("retired", False, False),
        ("model_not_found", False, False),
        ("maintenance", True, False),
        ("authentication", True, False),
        ("garbage", True, False),
    ],
)
async def test_the_catalogue_knows_what_a_catalogue_can_know(
    start: Any, behaviour: str, listed: bool, retrievable: bool
) -> None:
    """Faults behind the channel do not show in the catalogue; retirement and a provider-wide fault do."""
    provider = await start()
    await provider.behave(MODEL, behaviour)
    models = (await provider.client.get("/v1/models")).json()["data"]
    one = await provider.client.get(f"/v1/models/{MODEL}")
    assert (MODEL in {model["id"] for model in models}) is listed
    assert (f'"id":"{MODEL}"' in one.text and one.status_code == 200) is retrievable


async def test_a_fault_of_every_model_fails_the_whole_catalogue(start: Any) -> None:
    """Under maintenance of the whole provider even the list of models is 503."""
    provider = await start("maintenance")
    assert (await provider.client.get("/v1/models")).status_code == 503


async def test_a_slow_model_answers_well_but_late(start: Any) -> None:
    """A slow model waits as long as it was told to and then accepts the job."""
    provider = await start()
    await provider.behave(MODEL, "slow", delay_seconds=30)
    assert (await create(provider, "videos")).status_code == 200
    assert provider.clock.slept == [30]


async def test_a_dropped_connection_promises_more_than_it_sends(start: Any) -> None:
    """The body ends before its stated length, which a server can only turn into a closed connection."""
    provider = await start()
    await provider.behave(MODEL, "connection")
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"authorization", b"sk-simulated")]
    scope = {"type": "http", "method": "GET", "path": f"/v1/models/{MODEL}", "query_string": b"", "headers": headers}
    await provider.client._transport.app(scope, None, send)
    assert sent[0]["headers"] == [(b"content-length", b"1048576")]
    assert sent[-1]["more_body"] is True


async def test_a_share_spreads_the_faults_evenly(start: Any) -> None:
    """A quarter of the requests means every fourth one."""
    provider = await start()
    await provider.behave(MODEL, "server_error", share=0.25, body=0)
    statuses = [(await create(provider, "videos")).status_code for _ in range(8)]
    assert statuses == [200, 200, 200, 500, 200, 200, 200, 500]


async def test_one_body_can_be_chosen_and_seeds_begin_elsewhere(start: Any) -> None:
    """A test can ask for one body by number; another seed begins with another body and other ids."""
    first, second = await start(seed=0), await start(seed=1)
    ids = [(await create(provider, "videos")).json()["id"] for provider in (first, second)]
    texts = []
    for provider in (first, second):
        await provider.behave(MODEL, "unavailable")
        texts.append((await create(provider, "videos")).json()["error"].get("code"))
    await first.behave(MODEL, "unavailable", body=1)
    fixed = {(await create(first, "videos")).json()["error"]["type"] for _ in range(3)}
    assert ids[0] != ids[1]
    assert (texts, fixed) == (["model_not_found", None], {"one_api_error"})


async def test_an_announced_end_is_in_the_headers_of_good_answers(start: Any) -> None:
    """Deprecation and Sunset stand on good answers about the dying model and on no other model's."""
    provider = await start()
    await provider.behave(MODEL, "sunset_announced", sunset="2026-09-24")
    dying, living = await create(provider, "videos"), await provider.client.get("/v1/models/wan-3.0")
    assert dying.headers["sunset"] == "Thu, 24 Sep 2026 00:00:00 GMT"
    assert dying.headers["deprecation"].startswith("@17")
    assert "sunset" not in living.headers


@pytest.mark.parametrize("error_class", sorted(ERROR_CLASSES))
def test_every_class_has_several_bodies_each_in_one_form(error_class: str) -> None:
    """One body of a class would teach a reader one provider's words: there are three at least, each well-formed."""
    bodies = DATA["errors"][error_class]
    assert len(bodies) >= 3
    assert [len({"json", "text", "sse"} & body.keys()) for body in bodies] == [1] * len(bodies)
    assert {kind for body in bodies for kind in body.get("where", ())} <= {*CREATES, "models"}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("good", "unknown behaviour 'good'; choose one of: answer_lost,"),
        ({"behaviour": "slow", "delay": 3}, "unknown setting 'delay'; choose among: behaviour, answer,"),
        ({"behaviour": "slow", "delay_seconds": -1}, "delay_seconds must be a number from 0 upwards, not -1"),
        ({"behaviour": "flapping", "share": 2}, "share must be at most 1, not 2"),
        ({"behaviour": "quota", "stage": "never"}, "stage cannot be 'never'; choose one of: channel, job,"),
        ({"behaviour": "quota", "answer": "none"}, "answer cannot be 'none'; choose one of: authentication,"),
        ({"behaviour": "quota", "body": -1}, "body must be a whole number from 0 upwards, not -1"),
        ({"behaviour": "operational", "sunset": "soon"}, "sunset must be a date like 2026-12-31, not 'soon'"),
    ],
)
def test_a_wrong_wish_is_told_what_would_be_right(wish: Any, message: str) -> None:
    """Whoever asks for a behaviour that does not exist learns which ones do."""
    with pytest.raises(UnknownBehaviour) as error:
        read_behaviour(wish)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    "setting", ["stage", "catalog", "job", "asset", "connection", "answer", "delay_seconds", "share"]
)
def test_no_setting_takes_any_word(setting: str) -> None:
    """A misspelt value of any setting is refused instead of quietly meaning nothing."""
    with pytest.raises(UnknownBehaviour, match=f"^{setting} "):
        read_behaviour({"behaviour": "operational", setting: "x"})


def test_the_tables_are_read_from_their_files() -> None:
    """A behaviour in YAML means the same as its name: the settings of one are the other's."""
    wish = yaml.safe_load("{behaviour: slow, delay_seconds: 3}")
    assert read_behaviour(wish).as_json() == read_behaviour("slow").as_json() | {"delay_seconds": 3}
