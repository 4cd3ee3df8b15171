"""The common part of every simulated vendor."""

from __future__ import annotations

import pytest
from support.desks import ask, create_of, desk_of

from sora_exporter.simulator.vendors import VENDORS
from sora_exporter.simulator.vendors.kit import digest, is_text, is_whole, uuids


@pytest.mark.parametrize("name", list(VENDORS))
async def test_nothing_is_ordered_without_a_key(name: str) -> None:
    """A create request without a key makes no job, with any body."""
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


@pytest.mark.parametrize(
    ("value", "text", "whole"),
    [
        ("a", True, False),
        (" ", False, False),
        ("", False, False),
        (3, False, True),
        (True, False, False),
        (3.0, False, False),
    ],
)
def test_a_members_type_is_strict(value: object, text: bool, whole: bool) -> None:
    """A blank text is not a text, and neither a boolean nor a fraction is a whole number."""
    assert (is_text(value), is_whole(value)) == (text, whole)


def test_ids_look_random_and_are_always_the_same() -> None:
    """The number of a job alone decides its id, and each kind of id is its own."""
    assert uuids("job")(1) == uuids("job")(1)
    assert len({uuids("job")(1), uuids("job")(2), uuids("file")(1)}) == 3
    assert digest("a") == digest("a") != digest("b")
