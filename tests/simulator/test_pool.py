"""A pool of accounts behind chat completions: nearly every fault stands inside a stream with status 200."""

from __future__ import annotations

import json
from typing import Any

import pytest

CHAT = {"model": "sora_video2", "messages": [{"role": "user", "content": "a cat"}]}


async def events(provider: Any, **changes: Any) -> list[dict[str, Any]]:
    """Order a streamed video and return the stream's documents; it must end with [DONE]."""
    answer = await provider.client.post("/v1/chat/completions", json=CHAT | {"stream": True} | changes)
    assert answer.status_code == 200
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def thoughts(documents: list[dict[str, Any]]) -> str:
    """The reasoning of a stream."""
    deltas = [choice["delta"] for document in documents for choice in document.get("choices", ())]
    return "".join(delta.get("reasoning_content") or "" for delta in deltas)


async def test_a_pool_with_an_account_streams_progress_and_the_videos_address(start: Any) -> None:
    """A generation reports its progress as reasoning and ends with an address that can be downloaded."""
    provider = await start(gateway="sora2api", render_seconds=30)
    documents = await events(provider)
    assert thoughts(documents).count("Progress") == 3
    address = documents[-1]["choices"][0]["delta"]["content"].partition("src='")[2].partition("'")[0]
    assert (await provider.client.get(address)).content[4:8] == b"ftyp"
    assert [entry["cost_usd"] for entry in (await provider.journal())[:1]] == [0.12]


FAULTS = [
    ("empty_pool", "No available tokens", False),
    ("disabled_channel", "No available tokens", False),
    ("upstream_without_balance", "No available tokens", False),
    ("wrong_upstream_key", "API request failed: 401", True),
    ("dead_upstream", "Failed to perform, curl: (7)", True),
]


@pytest.mark.parametrize(("condition", "reason", "begins"), FAULTS)
async def test_a_fruitless_stream_reports_retries_as_reasoning_and_ends_in_an_error(
    start: Any, condition: str, reason: str, begins: bool
) -> None:
    """Three retries stand in the reasoning before the error event; only a try with an account begins a generation."""
    documents = await events(await start(gateway="sora2api", condition=condition))
    assert (thoughts(documents).count("生成失败，正在重试"), thoughts(documents).count(reason)) == (3, 3)
    assert ("Generation Process Begins" in thoughts(documents)) is begins
    assert (documents[-1]["error"]["type"], reason in documents[-1]["error"]["message"]) == ("server_error", True)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("good", "All tokens available"),
        ("dead_upstream", "All tokens available"),
        ("empty_pool", "No available models"),
    ],
)
async def test_without_stream_a_pool_only_says_whether_an_account_is_free(
    start: Any, condition: str, text: str
) -> None:
    """The answer is a good completion in any case, makes nothing and does not see what is behind the account."""
    provider = await start(gateway="sora2api", condition=condition)
    answer = await provider.client.post("/v1/chat/completions", json=CHAT)
    assert (answer.status_code, answer.json()["choices"][0]["message"]["content"][: len(text)]) == (200, text)
    assert [entry["cost_usd"] for entry in await provider.journal()] == [0.0]


@pytest.mark.parametrize("condition", ["good", "empty_pool"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [({"messages": [], "model": "none"}, "400: Messages cannot be empty"), ({"model": "x"}, "400: Invalid model: x")],
)
async def test_messages_are_checked_before_the_model_and_both_before_the_pool(
    start: Any, condition: str, changes: dict[str, Any], message: str
) -> None:
    """Empty messages are refused for a model that does not exist and for an empty pool alike, as a 500."""
    provider = await start(gateway="sora2api", condition=condition)
    answer = await provider.client.post("/v1/chat/completions", json=CHAT | changes | {"stream": True})
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, message)


async def test_a_pools_key_errors_are_fastapis(start: Any) -> None:
    """A wrong key is 401 and a missing one 403, both with ``detail``; an unknown call is 404 or 405."""
    provider = await start(gateway="sora2api", condition="our_wrong_key")
    wrong = await provider.client.get("/v1/models")
    missing = await provider.client.get("/v1/models", headers={"authorization": ""})
    assert (wrong.status_code, wrong.json()["detail"]) == (401, "Invalid API key")
    assert (missing.status_code, missing.json()["detail"]) == (403, "Not authenticated")
    assert (await provider.client.post("/v1/videos", json={})).status_code == 404
    assert (await provider.client.delete("/v1/chat/completions")).status_code == 405


async def test_a_faulty_model_ends_the_stream_as_a_fault_of_the_account(start: Any) -> None:
    """A behaviour of the maker reaches the caller as the error of the last try."""
    provider = await start(gateway="sora2api")
    await provider.behave("sora_video2", "overloaded", body=0)
    assert (await events(provider))[-1]["error"]["message"].startswith("API request failed: 503 - ")
