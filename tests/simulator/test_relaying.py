"""Every gateway in every condition: the refusals and their words, and the jobs and costs that an order leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sora_exporter.simulator import create_app, find_peer
from sora_exporter.simulator.gateways import GATEWAYS

MESSAGES = [{"role": "user", "content": "a cat"}]
ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "videos": ("/v1/videos", {"model": "sora-2", "prompt": "a cat", "seconds": "4"}),
    "generations": ("/v1/video/generations", {"model": "wan-3.0", "prompt": "a cat", "duration": 5}),
    "chat": ("/v1/chat/completions", {"model": "veo-3.1", "messages": MESSAGES}),
    "stream": ("/v1/chat/completions", {"model": "sora_video2", "messages": MESSAGES, "stream": True}),
    "images": ("/v1/images/generations", {"model": "gpt-image-2", "prompt": "a cat"}),
    "xai": ("/v1/videos/generations", {"model": "grok-imagine-video", "prompt": "a cat", "duration": 1}),
}
SOLD = {
    "new-api": ("videos", "generations", "chat", "stream", "images"),
    "sub2api": ("xai",),
    "sora2api": ("stream",),
    "litellm": ("videos", "chat", "stream"),
}
BROKEN = {
    "videos": {"seconds": "abc"},
    "generations": {"prompt": " "},
    "chat": {"messages": [{"role": "user", "content": ""}]},
    "stream": {"messages": [{"role": "user", "content": ""}]},
    "images": {"prompt": ""},
    "xai": {"prompt": "", "duration": 0},
}


async def order(provider: Any, where: str, **changes: Any) -> Any:
    """Place one order."""
    path, body = ORDERS[where]
    return await provider.client.post(path, json=body | changes)


@pytest.mark.parametrize(
    ("gateway", "condition", "where"),
    [
        (gateway, condition, where)
        for gateway, kinds in SOLD.items()
        for condition in GATEWAYS[gateway].conditions
        for where in kinds
    ],
)
async def test_only_a_gateway_without_fault_makes_a_video(start: Any, gateway: str, condition: str, where: str) -> None:
    """A good order is made and paid once in the condition ``good``, and in no other one is there a job or a cost."""
    provider = await start(gateway=gateway, condition=condition, render_seconds=0)
    answer = await order(provider, where)
    made = condition == "good"
    assert (answer.status_code == 200) is (made or (gateway == "sora2api" and condition != "our_wrong_key"))
    assert (sum(entry["cost_usd"] for entry in await provider.journal()) > 0) is made
    assert bool(await provider.open_jobs()) is (made and where in ("videos", "generations", "xai"))


REFUSALS = [
    ("our_wrong_key", 401, "new_api_error", ""),
    ("ip_refused", 403, "new_api_error", "access_denied"),
    ("model_limit", 403, "new_api_error", ""),
    ("disabled_channel", 503, "new_api_error", "model_not_found"),
]


@pytest.mark.parametrize(("condition", "status", "kind", "code"), REFUSALS)
async def test_new_api_refuses_before_the_task_in_openais_shape(
    start: Any, condition: str, status: int, kind: str, code: str
) -> None:
    """Key, IP list, model limit and channel answer an ``error`` object with the request id of the header."""
    answer = await order(await start(gateway="new-api", condition=condition), "videos")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (status, kind, code)
    assert error["message"].endswith(f"(request id: {answer.headers['x-oneapi-request-id']})")


TASKS = [
    ("our_empty_balance", 403, "insufficient_user_quota"),
    ("empty_pool", 500, "get_channel_failed"),
    ("dead_upstream", 500, "do_request_failed"),
    ("wrong_upstream_key", 401, "fail_to_fetch_task"),
    ("upstream_without_balance", 429, "fail_to_fetch_task"),
]


@pytest.mark.parametrize(("condition", "status", "code"), TASKS)
@pytest.mark.parametrize("where", ["videos", "generations"])
async def test_new_api_refuses_a_task_without_an_error_object(
    start: Any, where: str, condition: str, status: int, code: str
) -> None:
    """From the charge onwards a task is refused as code, message and data, the maker's refusals under one code."""
    answer = await order(await start(gateway="new-api", condition=condition), where)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, None)


async def test_new_api_carries_the_makers_words_as_text_but_not_those_of_a_429(start: Any) -> None:
    """A wrong upstream key shows the maker's document inside the message; a maker's 429 loses its words."""
    wrong = (await order(await start(gateway="new-api", condition="wrong_upstream_key"), "videos")).json()
    broke = (await order(await start(gateway="new-api", condition="upstream_without_balance"), "videos")).json()
    assert json.loads(wrong["message"])["error"]["code"] == "invalid_api_key"
    assert broke["message"] == "当前分组上游负载已饱和，请稍后再试"


SECONDS = [
    ("good", 400, "fail_to_fetch_task", True),
    ("dead_upstream", 500, "do_request_failed", False),
    ("wrong_upstream_key", 401, "fail_to_fetch_task", True),
    ("our_empty_balance", 403, "insufficient_user_quota", False),
    # The maker judges the order before the money.
    ("upstream_without_balance", 400, "fail_to_fetch_task", True),
]


@pytest.mark.parametrize(("condition", "status", "code", "reached"), SECONDS)
async def test_wrong_seconds_pass_new_api_and_are_refused_by_the_maker(
    start: Any, condition: str, status: int, code: str, reached: bool
) -> None:
    """``seconds: "abc"`` shows the maker's state without a job: only a maker that is reached refuses it."""
    provider = await start(gateway="new-api", condition=condition)
    answer = await order(provider, "videos", seconds="abc")
    entry = (await provider.journal())[-1]
    assert (answer.status_code, answer.json()["code"], entry["reached_maker"]) == (status, code, reached)
    assert (entry["cost_usd"], await provider.open_jobs()) == (0.0, [])


@pytest.mark.parametrize("condition", ["good", "dead_upstream", "wrong_upstream_key", "upstream_without_balance"])
async def test_new_api_refuses_a_blank_prompt_without_asking_the_maker(start: Any, condition: str) -> None:
    """A blank prompt is refused in the same words in front of a good, a dead and a locked maker."""
    provider = await start(gateway="new-api", condition=condition)
    answer = await order(provider, "videos", prompt=" ")
    assert (answer.status_code, answer.json()["message"]) == (400, "prompt is required")
    assert [entry["reached_maker"] for entry in await provider.journal()] == [False]


async def test_new_api_hands_a_chat_refusal_on_in_its_own_request_id(start: Any) -> None:
    """A maker's refusal of a chat keeps status, type and code; one that is not OpenAI's shape becomes a bare code."""
    provider = await start(gateway="new-api", condition="wrong_upstream_key")
    answer = await order(provider, "chat")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (401, "invalid_request_error", "invalid_api_key")
    assert "(request id: " in error["message"]
    provider = await start(gateway="new-api")
    await provider.behave("veo-3.1", "server_error", body=1)
    answer = await order(provider, "chat")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "bad_response_status_code")


@pytest.mark.parametrize(
    ("condition", "models"),
    [("good", True), ("dead_upstream", True), ("empty_pool", True), ("disabled_channel", False)],
)
async def test_new_apis_catalog_lists_channels_and_nothing_behind_them(
    start: Any, condition: str, models: bool
) -> None:
    """The list shows what enabled channels offer, dead or not; the single model is found in any condition."""
    client = (await start(gateway="new-api", condition=condition)).client
    assert bool((await client.get("/v1/models")).json()["data"]) is models
    assert (await client.get("/v1/models/sora-2")).json()["id"] == "sora-2"
    unknown = await client.get("/v1/models/sora-9")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (200, "model_not_found")


async def test_a_new_api_job_is_polled_from_its_own_database(start: Any) -> None:
    """A job can be polled and not downloaded while the maker is dead; unknown and unfinished ones are named so."""
    provider = await start(gateway="new-api", render_seconds=100)
    client, path = provider.client, f"/v1/videos/{(await order(provider, 'videos')).json()['id']}"
    early = await client.get(path + "/content")
    assert (early.status_code, early.json()["error"]["message"]) == (
        400,
        "Task is not completed yet, current status: queued",
    )
    provider.clock.now += 100
    assert (await client.get(path + "/content")).content[4:8] == b"ftyp"
    await client.put("/control/peer", json={"gateway": "new-api", "condition": "dead_upstream"})
    assert (await client.get(path)).json()["status"] == "completed"
    assert (await client.get(path + "/content")).status_code == 502
    unknown = await client.get("/v1/videos/video_none")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "task_not_exist")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/videos"), ("DELETE", "/v1/videos/video_1")])
async def test_new_api_has_neither_list_nor_delete(start: Any, method: str, path: str) -> None:
    """Both calls are 404 of the route itself, which names the call."""
    answer = await (await start(gateway="new-api")).client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, f"Invalid URL ({method} {path})")


POOL = [
    ("our_wrong_key", 401, "INVALID_API_KEY"),
    ("ip_refused", 403, "ACCESS_DENIED"),
    ("our_empty_balance", 403, "INSUFFICIENT_BALANCE"),
    ("model_limit", 403, "permission_error"),
    ("disabled_channel", 404, "model_not_found"),
    ("empty_pool", 503, "api_error"),
    ("dead_upstream", 502, "upstream_error"),
    ("wrong_upstream_key", 502, "upstream_error"),
    ("upstream_without_balance", 502, "upstream_error"),
]


@pytest.mark.parametrize(("condition", "status", "code"), POOL)
async def test_sub2api_marks_each_stage_by_code_or_type(start: Any, condition: str, status: int, code: str) -> None:
    """The key stage answers a bare code, the later stages a type; every upstream fault is "Upstream …"."""
    answer = await order(await start(gateway="sub2api", condition=condition), "xai")
    document = answer.json()
    assert (answer.status_code, document.get("code") or document["error"]["type"]) == (status, code)
    assert code != "upstream_error" or document["error"]["message"].startswith("Upstream ")


async def test_sub2api_passes_the_body_and_a_400_of_the_maker_through(start: Any) -> None:
    """A blank prompt reaches the maker, and its 400 comes back as invalid_request_error in its words."""
    provider = await start(gateway="sub2api")
    answer = await order(provider, "xai", prompt="", duration=0)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], "prompt" in error["message"]) == (400, "invalid_request_error", True)
    assert [entry["reached_maker"] for entry in await provider.journal()] == [True]


LITELLM = [
    ("our_wrong_key", 401, "Authentication Error, "),
    ("our_empty_balance", 422, "Budget has been exceeded! "),
    ("model_limit", 403, "key not allowed to access model. "),
    ("disabled_channel", 429, "No deployments available "),
    ("dead_upstream", 500, "litellm.InternalServerError: "),
    ("wrong_upstream_key", 401, "litellm.AuthenticationError: "),
    ("upstream_without_balance", 429, "litellm.RateLimitError: "),
]


@pytest.mark.parametrize(("condition", "status", "begin"), LITELLM)
async def test_litellm_marks_only_the_makers_refusals(start: Any, condition: str, status: int, begin: str) -> None:
    """Its own refusals have no ``litellm.`` in front; the maker's name their class."""
    answer = await order(await start(gateway="litellm", condition=condition), "videos")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"][: len(begin)]) == (status, str(status), begin)


@pytest.mark.parametrize("gateway", SOLD)
async def test_a_refused_order_costs_nothing_at_any_gateway(start: Any, gateway: str) -> None:
    """An order with a mistake leaves neither a cost nor a job at any of them."""
    provider = await start(gateway=gateway)
    for where in SOLD[gateway]:
        changes = {"messages": []} if gateway == "sora2api" else BROKEN[where]
        assert (await order(provider, where, **changes)).status_code in (400, 500)
    assert {entry["cost_usd"] for entry in await provider.journal()} == {0.0}
    assert await provider.open_jobs() == []


@pytest.mark.parametrize(
    ("gateway", "path", "left"),
    [
        ("new-api", "/v1/dashboard/billing/subscription", lambda answer: answer["hard_limit_usd"]),
        ("new-api", "/api/usage/token/", lambda answer: answer["data"]["total_available"] / 500_000),
        ("sub2api", "/v1/usage", lambda answer: answer["remaining"]),
        ("litellm", "/key/info", lambda answer: answer["info"]["max_budget"] - answer["info"]["spend"]),
        ("openrouter", "/v1/credits", lambda answer: answer["data"]["total_credits"] - answer["data"]["total_usage"]),
        ("openrouter", "/v1/key", lambda answer: answer["data"]["limit_remaining"]),
    ],
)
async def test_a_balance_call_shows_the_granted_amount(start: Any, gateway: str, path: str, left: Any) -> None:
    """Each gateway's call gives the granted amount in its own shape and unit while nothing is spent."""
    client = (await start(gateway=gateway)).client
    await client.put("/control/peer", json={"gateway": gateway, "granted_usd": 5})
    assert left((await client.get(path)).json()) == 5


async def test_a_balance_falls_with_spending_and_is_zero_when_used_up(start: Any) -> None:
    """new-api's limit less its usage in cents is what a video left, and nothing under ``our_empty_balance``."""
    provider = await start(gateway="new-api")
    await order(provider, "videos")

    async def left() -> float:
        limit = (await provider.client.get("/v1/dashboard/billing/subscription")).json()["hard_limit_usd"]
        return float(limit - (await provider.client.get("/v1/dashboard/billing/usage")).json()["total_usage"] / 100)

    assert await left() == pytest.approx(99.6)
    await provider.client.put("/control/peer", json={"gateway": "new-api", "condition": "our_empty_balance"})
    assert await left() == 0


async def test_a_wrong_key_shows_no_balance(start: Any) -> None:
    """The balance calls refuse a wrong key, each in its own shape."""
    client = (await start(gateway="new-api", condition="our_wrong_key")).client
    usage, token = await client.get("/v1/dashboard/billing/usage"), await client.get("/api/usage/token/")
    assert (usage.status_code, usage.json()["error"]["type"]) == (401, "new_api_error")
    assert (token.status_code, token.json()["success"]) == (401, False)


@pytest.mark.parametrize(
    ("condition", "status", "code"),
    [
        ("our_wrong_key", 401, "invalid_api_key"),
        ("ip_refused", 401, "ip_not_authorized"),
        ("model_limit", 403, "model_not_found"),
        ("our_empty_balance", 429, "insufficient_quota"),
    ],
)
async def test_a_maker_judges_the_order_before_rights_and_money(
    start: Any, condition: str, status: int, code: str
) -> None:
    """A maker refuses wrong keys and addresses at once, and rights and money only for an order without a mistake."""
    provider = await start(condition=condition)
    answer, broken = await order(provider, "videos"), await order(provider, "videos", seconds="abc")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert broken.json()["error"]["code"] == ("invalid_value" if status in (403, 429) else code)


@pytest.mark.parametrize(
    ("gateway", "condition", "message"),
    [
        ("oneapi", "good", "unknown gateway 'oneapi'; choose one of: direct, new-api,"),
        ("sora2api", "our_empty_balance", "sora2api cannot be in condition 'our_empty_balance'; choose one of: good,"),
        ("direct", "dead_upstream", "direct cannot be in condition 'dead_upstream'; choose one of: good,"),
    ],
)
async def test_a_peer_that_cannot_exist_is_refused_with_those_that_can(
    start: Any, gateway: str, condition: str, message: str
) -> None:
    """A wrong name fails at start and at the control endpoint in the same words, and changes nothing."""
    with pytest.raises(ValueError, match=message):
        create_app(gateway=gateway, condition=condition)
    with pytest.raises(ValueError, match=message):
        find_peer(gateway, condition)
    client = (await start()).client
    answer = await client.put("/control/peer", json={"gateway": gateway, "condition": condition})
    assert (answer.status_code, answer.json()["error"][: len(message)]) == (400, message)
    assert (await client.get("/control")).json()["peer"] == {"gateway": "direct", "condition": "good"}
