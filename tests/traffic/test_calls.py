"""Requests as the calls of configured services."""

from __future__ import annotations

import pytest
from support.shop import OFFICIAL, REVERSE, config_of, service

from sora_exporter.traffic.calls import JOBS_KEPT, Calls, Kind, Seen, Sent, normal

URL = "https://Relay.example:443/v1"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The calls of four services at one relay."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    pro = service("pro", model="sora-2-pro")
    twin = service("twin")
    return Calls(config_of(URL, service(OFFICIAL), pro, service(REVERSE), twin))


def seen(calls: Calls, method: str, path: str, model: str | None = None) -> str:
    """Return the service and the kind of a request; empty text for one that is none of ours."""
    found = calls.seen(Sent(method, normal(f"https://relay.example/v1{path}"), lambda _path: model))
    return f"{found.watched.service.id} {found.kind.value}" if isinstance(found, Seen) else ""


def test_an_order_belongs_to_the_service_with_its_model(calls: Calls) -> None:
    """Method, path and model decide; the first of several with the same model counts."""
    assert seen(calls, "POST", "/videos", "sora-2") == f"{OFFICIAL} create"
    assert seen(calls, "POST", "/videos", "sora-2-pro") == "pro create"
    assert seen(calls, "POST", "/chat/completions", "sora_video2") == f"{REVERSE} create"
    assert seen(calls, "POST", "/videos?version=2", "sora-2") == f"{OFFICIAL} create"
    assert [
        seen(calls, *one) for one in (("GET", "/videos"), ("POST", "/videos/x", "sora-2"), ("POST", "/videos"))
    ] == [""] * 3


def test_a_job_belongs_to_the_service_that_took_it(calls: Calls) -> None:
    """A poll and a download name no model, so only a job that was seen before has a service."""
    assert seen(calls, "GET", "/videos/video_1/content") == ""
    calls.remember("video_1", "pro")
    assert seen(calls, "GET", "/videos/video_1") == f"pro {Kind.POLL.value}"
    assert seen(calls, "GET", "/videos/video_1/content") == f"pro {Kind.ASSET.value}"


def test_a_job_of_the_only_service_needs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one service at an address its jobs are known without the order."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    alone = Calls(config_of(URL, service(OFFICIAL)))
    assert seen(alone, "GET", "/videos/video_1/content") == f"{OFFICIAL} {Kind.ASSET.value}"


def test_old_jobs_are_forgotten(calls: Calls) -> None:
    """The memory of jobs is bounded."""
    for number in range(JOBS_KEPT + 1):
        calls.remember(f"video_{number}", "pro")
    assert [seen(calls, "GET", f"/videos/video_{number}") for number in (0, 1)] == ["", "pro poll"]


def test_an_address_with_the_model_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the path names the model, the path decides; signs of an expression in a model's name are literal."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    calls = Calls(config_of(URL, service("wan", model="fal-ai/wan/v2.2", api="fal")))
    assert seen(calls, "POST", "/fal-ai/wan/v2.2") == "wan create"
    assert seen(calls, "POST", "/fal-ai/wan/v2x2") == ""
