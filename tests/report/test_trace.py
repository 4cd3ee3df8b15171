"""The calls of an attempt as text, for a person who describes a vendor: requests and answers, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.configured import KEY, SERVICE, loaded
from support.faults.server import answer, fixed, serve
from support.watched import result

from sora_exporter.cli.check import probe_once
from sora_exporter.config import Config
from sora_exporter.http.trace import Call
from sora_exporter.report.trace import call_text, result_text
from sora_exporter.result import Depth

REFUSAL = f'{{"error":{{"message":"prompt is required for {KEY}","type":"invalid_request_error"}}}}'
BALANCE = {"path": "/balance", "value": "left", "unit": "USD"}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key in the environment."""
    monkeypatch.setenv("TRACED_KEY", KEY)
    return KEY


def watched(url: str) -> Config:
    """One service with a catalog and a canary at a provider whose balance is read."""
    provider = {"base_url": url, "api_key_env": "TRACED_KEY", "balance": BALANCE}
    probes = {"catalog": {"interval": "1m"}, "canary": {"interval": "5m"}}
    return loaded({"providers": {"relay": provider}, "services": [{**SERVICE, "probes": probes}]})


async def test_attempts_are_shown_one_after_the_other(key: str, tmp_path: Path) -> None:
    """Each attempt has a heading, its requests and answers in order, and its result; the key is in none of them."""
    shown: list[str] = []
    async with serve(fixed(answer(REFUSAL.encode(), "400 Bad Request"))) as server:
        await probe_once(watched(server.url), tmp_path, [], [], show=shown.append)
    headings = [text for text in shown if text.startswith("# ")]
    assert headings == ["# balance of relay", "# catalog of a", "# canary of a"]
    canary = shown[shown.index("# canary of a") + 1 :]
    assert canary[0].startswith(f"> POST {server.url}/videos\n")
    assert '>   "prompt": "A paper boat' in canary[0]
    assert "\n< 400 after " in canary[0]
    assert '<     "message": "prompt is required for' in canary[0]
    assert canary[-1].startswith("= none by canary:refused, proves ")
    assert "authorization: " in canary[0]
    assert key not in "".join(shown)


async def test_a_call_without_an_answer_says_why(key: str, tmp_path: Path) -> None:
    """If the provider cannot be reached, the trace shows the error in place of the answer."""
    shown: list[str] = []
    await probe_once(watched("http://127.0.0.1:9"), tmp_path, [], [], show=shown.append)
    catalog = shown[shown.index("# catalog of a") + 1 :]
    assert "ConnectionRefusedError" in catalog[0]
    assert any(text.startswith("= connection by ") for text in catalog)
    assert key not in "".join(shown)


def call(**members: Any) -> Call:
    """Return a call with an answer."""
    facts: dict[str, Any] = {
        "method": "POST",
        "url": "https://r.example/videos",
        "headers": {},
        "body": "",
        "http_status": 200,
    }
    facts |= {"answer_headers": {}, "answer_body": "", "answer_bytes": 0, "trouble": "", "seconds": 1.5}
    return Call(**{**facts, "phases": {"connect": 0.5}, **members})


def test_a_call_is_its_request_and_its_answer() -> None:
    """Lines of the request begin with ``>``, those of the answer with ``<``; JSON is indented, other text is not."""
    text = call_text(call(headers={"a": "b"}, body='{"n": 1}', answer_headers={"c": "d"}, answer_body="plain"))
    assert text.splitlines() == [
        "> POST https://r.example/videos", "> a: b", ">", "> {", '>   "n": 1', "> }",
        "< 200 after 1.50 s (connect 500 ms)", "< c: d", "<", "< plain",
    ]  # fmt: skip


def test_an_asset_is_a_number_of_bytes() -> None:
    """An answer whose body was not kept is described by its length; one without a body has no more lines."""
    assert call_text(call(answer_bytes=7)).splitlines()[-1] == "< (7 bytes)"
    assert call_text(call()).splitlines()[-1] == "< 200 after 1.50 s (connect 500 ms)"


def test_nothing_sent_and_trouble_are_said() -> None:
    """A call that sent nothing has no address; its trouble stands in place of the answer."""
    text = call_text(call(method="", url="", http_status=None, trouble="refused\x1b[31m"))
    assert text.splitlines() == ["> (nothing was sent)", "< refused\ufffd[31m"]


@pytest.mark.parametrize(
    ("depth", "line"),
    [
        (Depth.ROUTED, "= none by canary:refused, proves routed: as expected"),
        (None, "= none by canary:refused: as expected"),
    ],
)
def test_a_result_is_one_line(depth: Depth | None, line: str) -> None:
    """The line has class, rule, depth and reason, without line breaks."""
    found = result(rule="canary:refused", depth=depth, detail="as\nexpected")
    assert result_text(found) == line
