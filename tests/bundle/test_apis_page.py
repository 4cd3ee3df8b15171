"""docs/apis.md and docs/configuration.md: tables as the models are, and an example that works step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.configured import KEY, loaded
from support.generators import generator
from support.over_http import over_http

from sora_exporter.cli.check import probe_once
from sora_exporter.config import Config
from sora_exporter.config.json_schema import json_schema
from sora_exporter.result import ProbeKind
from sora_exporter.simulator.assets import asset

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "apis.md").read_text("utf-8")
FIRST, *STEPS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
GOOD = {"code": 0}
GENERATOR = generator("members")


@pytest.mark.parametrize("page", GENERATOR.PAGES)
def test_its_tables_are_those_of_the_models(page: str) -> None:
    """A page is as the generator writes it: run scripts/generate/members.py after a change of the models."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert GENERATOR.with_tables(page, text) == text


def test_every_member_is_explained() -> None:
    """Each member of each section has a sentence of its own, and every section stands on a page."""
    schema = json_schema()
    sections = {**schema["$defs"], "Config": schema}
    members = [
        (name, member, said) for name, one in sections.items() for member, said in one.get("properties", {}).items()
    ]
    assert [(name, member) for name, member, said in members if not {"description", "deprecated"} & set(said)] == []
    listed = {name for names in GENERATOR.PAGES.values() for name in names}
    assert {name for name, _, _ in members} - listed == {"Like"}


class Harbour:
    """The vendor of the page, which keeps to what the page says of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.polls = 0
        self.app = Starlette(
            routes=[
                Route("/v1/boats", self.create, methods=["POST"]),
                Route("/v1/boats/b7", self.poll),
                Route("/v1/boats/b7", self.delete, methods=["DELETE"]),
                Route("/v1/files/f9", self.file),
                Route("/video.mp4", self.video),
            ]
        )

    def note(self, request: Request) -> None:
        """Keep the call, which must carry the key."""
        assert request.headers["authorization"] == f"Bearer {KEY}"
        self.calls.append(f"{request.method} {request.url.path}")

    async def create(self, request: Request) -> Response:
        """Refuse a video without length, and accept any other."""
        self.note(request)
        body = await request.json()
        assert body["text"].startswith("A paper boat")
        if body["options"] == {"length": "5s", "size": "small"}:
            return JSONResponse({**GOOD, "boat": {"id": "b7"}})
        return JSONResponse({"code": 1200, "message": "length must be 5s or 10s"}, 400)

    async def poll(self, request: Request) -> Response:
        """Sail once, then dock."""
        self.note(request)
        self.polls += 1
        state = {"state": "sailing"} if self.polls == 1 else {"state": "docked", "file": "f9"}
        return JSONResponse({**GOOD, "boat": {"id": "b7", **state}})

    async def file(self, request: Request) -> Response:
        """Give the addresses of a file."""
        self.note(request)
        links = [{"type": "cover", "href": "/none.png"}, {"type": "video", "href": f"{request.base_url}video.mp4"}]
        return JSONResponse({**GOOD, "file": {"links": links}})

    async def video(self, _request: Request) -> Response:
        """Give the video."""
        return Response(asset("mp4", "good").content, media_type="video/mp4")

    async def delete(self, request: Request) -> Response:
        """Forget the boat."""
        self.note(request)
        return JSONResponse(GOOD)


@pytest.fixture
def harbour() -> Iterator[tuple[Harbour, str]]:
    """The vendor and its address."""
    harbour = Harbour()
    with over_http(harbour.app) as url:
        yield harbour, url


def described(url: str) -> Config:
    """The configuration that the page's steps add up to, at this address and without its pauses."""
    document = yaml.safe_load(FIRST)
    api = {name: member for step in STEPS for name, member in yaml.safe_load(step).items()}
    api["job"]["poll_interval_seconds"] = 0.01
    document["apis"]["boats"] = api
    document["providers"]["boats"]["base_url"] = url
    document["services"][0]["price_usd"] = {"per_second": 0.02}
    return loaded({**document, "budget_usd_per_day": 1})


async def test_the_example_is_a_vendor_that_works(
    harbour: tuple[Harbour, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps together describe a vendor whose canary is refused and whose video is delivered and deleted."""
    monkeypatch.setenv("BOATS_API_KEY", KEY)
    vendor, url = harbour
    config = described(url)
    assert config.attempt_price_usd(config.services[0]) == pytest.approx(0.10)
    (found,) = await probe_once(config, tmp_path, [], [ProbeKind.CANARY])
    assert (found["status"], found["proven_depth"]) == ("operational", "authenticated")
    (found,) = await probe_once(config, tmp_path, [], [ProbeKind.GENERATE])
    assert (found["status"], found["proven_depth"]) == ("operational", "delivered")
    assert vendor.calls == ["POST /v1/boats", "POST /v1/boats", "GET /v1/boats/b7", "GET /v1/boats/b7",
                            "GET /v1/files/f9", "GET /v1/boats/b7", "DELETE /v1/boats/b7"]  # fmt: skip
