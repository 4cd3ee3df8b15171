"""Requests that an answer leads to: addresses of our own vendor alone, and values that an answer has to give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.over_http import over_http
from support.probing import Bench

from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.simulator.assets import GOOD

LINKED = {
    "catalog": None,
    "create": {"path": "/jobs", "body": {"prompt": "{prompt}"}},
    "job": {"id": "id", "status": "status", "done": "ok", "poll": {"path": "{status_url}"}},
    "asset": {"kinds": ["video"], "steps": [{"path": "/files/{file.id}"}], "url": "address"},
}
"""An API whose jobs are polled at an address of the answer, and whose asset is one request further."""


@dataclass
class Linking:
    """A vendor whose answers say where to ask next."""

    created: dict[str, Any] = field(default_factory=lambda: {"id": "1", "status_url": "{base}/states/1?part=all"})
    polled: dict[str, Any] = field(default_factory=lambda: {"status": "ok", "file": {"id": 7}})
    url: str = ""
    asked: list[tuple[str, bool]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append((path, request.headers.get("authorization") == "Bearer sk-of-the-probes"))
        if path == "/video.mp4":
            return Response(GOOD["mp4"].content, media_type="video/mp4")
        answers = {"/jobs": self.created, "/states/1": self.polled, "/files/7": {"address": f"{self.url}/video.mp4"}}
        said = {name: text.replace("{base}", self.url) if isinstance(text, str) else text for name, text in
                answers.get(path, {}).items()}  # fmt: skip
        return JSONResponse(said, 200 if said else 404)


@pytest.fixture
def linking() -> Iterator[Linking]:
    """The vendor behind a real address."""
    found = Linking()
    with over_http(Starlette(routes=[Route("/{path:path}", found.answer, methods=["GET", "POST"])])) as found.url:
        yield found


async def generate(bench: Bench, linking: Linking, kind: ProbeKind = ProbeKind.GENERATE) -> tuple[ErrorClass, str, str]:
    """Return class, rule and detail of one paid attempt."""
    document = {"apis": {"linked": LINKED}}
    result = await bench.run(kind, linking.url, "linked", "m", document=document, timeout=5.0)
    return result.error_class, result.rule, result.detail


async def test_an_answer_leads_to_the_asset(bench: Bench, linking: Linking) -> None:
    """The poll goes to the answer's address with its query, the step is filled from the poll; our key goes along."""
    assert (await generate(bench, linking))[0] is ErrorClass.NONE
    assert linking.asked == [(path, True) for path in ("/jobs", "/states/1", "/files/7", "/video.mp4")]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://evil.example/states/1", "on https://evil.example"),
        ("http://127.0.0.1:1/states/1", "on http://127.0.0.1:1,"),
        ("//evil.example/states/1", "on http://evil.example"),
        ("states/1", "without a host"),
    ],
)
@pytest.mark.parametrize("kind", [ProbeKind.SUBMIT, ProbeKind.GENERATE])
async def test_our_key_goes_to_no_other_origin(
    bench: Bench, linking: Linking, kind: ProbeKind, address: str, where: str
) -> None:
    """An address on another origin ends a paid attempt as an invalid answer that names it; nothing is sent there."""
    linking.created["status_url"] = address
    error_class, rule, detail = await generate(bench, linking, kind)
    assert (error_class, rule) == (ErrorClass.INVALID_RESPONSE, "address:elsewhere")
    assert f"names an address {where}" in detail
    assert linking.asked == [("/jobs", True)]


async def test_a_missing_value_is_named(bench: Bench, linking: Linking) -> None:
    """A request that no answer fills ends the attempt as an invalid answer, at once."""
    linking.polled = {"status": "ok"}
    assert await generate(bench, linking) == (
        ErrorClass.INVALID_RESPONSE, "unfilled", "no answer has file.id, which the next request needs",
    )  # fmt: skip


async def test_an_unknown_status_word_counts_once(
    bench: Bench, linking: Linking, caplog: pytest.LogCaptureFixture
) -> None:
    """The word stands in the reason, the attempt counts as one that was not recognised, and one line is logged."""
    linking.polled = {"status": "hatching"}
    document = {"apis": {"linked": LINKED}}
    config = bench.config(linking.url, "linked", "m", 0.5, document)
    runner = bench.runner(config)
    for _ in range(2):
        result = await runner.run(config.services[0], ProbeKind.GENERATE)
        assert result is not None
        assert (result.error_class, result.recognised) == (ErrorClass.GENERATION_TIMEOUT, False)
        assert "'hatching' is not known" in result.detail
    assert [record.message for record in caplog.records].count("answer not recognised") == 1
