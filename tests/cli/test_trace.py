"""``check --trace``: what was sent and answered, for a person who describes a vendor, without any secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configured import KEY, SERVICE, loaded
from support.faults.server import answer, fixed, serve

from sora_exporter.cli.check import probe_once
from sora_exporter.config import Config

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
