"""The simulated vendors refuse what their documents do not describe, and an order is never made by mistake."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx2
import pytest

from sora_exporter.simulator.vendors import VENDORS, Desk, UnknownVendor, find_desk
from sora_exporter.simulator.vendors.kit import Call


def desk_of(vendor: str) -> Desk:
    """Return a vendor whose clock moves by a second with each request."""
    seconds = count(1)
    return find_desk(vendor, clock=lambda: float(next(seconds)))


async def ask(desk: Desk, method: str, path: str, **request: Any) -> httpx2.Response:
    """Send one request without any network."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk), base_url="http://vendor.example") as client:
        return await client.request(method, path, **request)


def create_of(desk: Desk) -> Call:
    """Return the vendor's create call."""
    return next(call for call in desk.vendor.calls if call.action == "create")


@pytest.mark.parametrize("name", list(VENDORS))
async def test_nothing_is_ordered_without_a_key(name: str) -> None:
    """A create request without a key makes no job, whatever its body is."""
    desk = desk_of(name)
    create = create_of(desk)
    path = create.path.replace("{model:path}", "model").replace("{model}", "model")
    await ask(desk, create.method, path, json={"model": min(desk.vendor.models), "prompt": "A boat"})
    assert (desk.accepted, [action for action, _ in desk.journal]) == (0, ["create"])


async def test_an_encoded_slash_is_no_slash() -> None:
    """A path is compared as it was sent."""
    desk, headers = desk_of("kling"), {"Authorization": f"Bearer {VENDORS['kling'].key}"}
    answers = [
        (await ask(desk, "GET", path, headers=headers)).json()["code"]
        for path in ("/v1/videos/text2video/t1", "/v1/videos%2Ftext2video/t1")
    ]
    assert answers == [1203, 1202]


async def test_a_trace_id_is_answered_once() -> None:
    """PixVerse answers a request whose id came before with the job of that time."""
    desk = desk_of("pixverse")
    headers = {
        "API-KEY": VENDORS["pixverse"].key,
        "Ai-trace-id": "6f1c9b1e-0000-4000-8000-000000000001",
    }
    order = {"prompt": "A boat", "model": "v6", "duration": 1, "quality": "360p", "aspect_ratio": "16:9"}
    path = create_of(desk).path
    answers = [(await ask(desk, "POST", path, headers=headers, json=order)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert desk.accepted == 1


async def test_an_order_without_a_prompt_fails_as_a_task() -> None:
    """DashScope takes a wrong order, so a canary there would be a task of its own."""
    desk = desk_of("dashscope")
    headers = {"Authorization": f"Bearer {VENDORS['dashscope'].key}", "X-DashScope-Async": "enable"}
    made = await ask(desk, "POST", create_of(desk).path, headers=headers, json={"model": "wan2.7-t2v", "input": {}})
    task = made.json()["output"]["task_id"]
    desk.queue_seconds = desk.render_seconds = 0.0
    polled = (await ask(desk, "GET", f"/api/v1/tasks/{task}", headers=headers)).json()["output"]
    assert (polled["task_status"], polled["message"]) == ("FAILED", "Field required: input.prompt")


@pytest.mark.parametrize("name", list(VENDORS))
def test_each_fault_is_one_that_a_call_can_meet(name: str) -> None:
    """A fault strikes at a call of the vendor or at a stage of its jobs; a misspelt place would never strike."""
    vendor = VENDORS[name]
    places = {
        "door",
        "credentials",
        "model",
        "job",
        "status",
        "stalled",
        "asset",
        *(call.action for call in vendor.calls),
    }
    assert {fault.at for fault in vendor.faults.values()} <= places


def test_a_vendor_and_its_fault_are_found_by_name() -> None:
    """A name that does not exist is answered with those that do."""
    assert find_desk("kling", "arrears").fault == VENDORS["kling"].faults["arrears"]
    for vendor, fault, words in (("klinge", "", "one of: ark, "), ("kling", "x", "of kling; choose one of: wrong_key")):
        with pytest.raises(UnknownVendor, match=words):
            find_desk(vendor, fault)
