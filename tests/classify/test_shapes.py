"""The shapes of answers: names without their spelling, envelopes, addresses and the members near the top."""

from __future__ import annotations

import pytest

from sora_exporter.classify.shapes import at, chat_content, demanded_by, name_of, near_the_top, unwrapped


def test_names_lose_their_spelling() -> None:
    """Three spellings of one field are one name, also in a path."""
    assert name_of("taskId") == name_of("task_id") == name_of("TaskID") == "taskid"
    assert at({"taskinfo": {"taskid": 7}}, "task_info.taskId") == 7


@pytest.mark.parametrize(
    ("address", "demand"),
    [
        ("https://x.example/?action=captcha", "captcha"),
        ("/login?next=/v1", "login required"),
        ("https://x.example/sso", "login required"),
        ("https://x.example/captcha-story.mp4", ""),
        ("https://x.example/blogin", ""),
    ],
)
def test_an_address_may_demand_something(address: str, demand: str) -> None:
    """A whole step or value of an address is a demand, a part of a name is not."""
    assert demanded_by(address) == demand


def test_envelopes_of_one_member_are_opened() -> None:
    """A known envelope and a list are opened, another object stays as it is."""
    assert unwrapped({"response": {"jobid": 1}}) == {"jobid": 1}
    assert unwrapped([{"id": 1}]) == {"id": 1}
    assert unwrapped({"response": {"jobid": 1}, "id": 2}) == {"response": {"jobid": 1}, "id": 2}


def test_members_near_the_top_come_in_order_of_depth() -> None:
    """The outer members come first; a caller's words and an error's are left out, of a list the first is read."""
    node = {"data": [{"id": 1}, {"id": 2}], "input": {"id": 3}, "error": {"id": 4}}
    assert [each for each in near_the_top(node) if each[0] == "id"] == [("id", 1)]


def test_the_content_of_a_chat_is_text() -> None:
    """Content in parts is joined, with the addresses of pictures."""
    parts = [{"text": "look"}, {"imageurl": {"url": "https://x.example/a.png"}}]
    assert chat_content({"choices": [{"message": {"content": parts}}]}) == "look https://x.example/a.png"
    assert chat_content({"choices": []}) == ""
