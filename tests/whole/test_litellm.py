"""LiteLLM's real proxy in front of the simulated maker: its own refusals, and those that it hands on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support import plain_http
from support.litellm_proxy import DEAD_MODEL, KEY, LiteLLM, litellm_proxy
from support.probing import SimulatedProvider
from support.running import run

from sora_exporter.simulator import find_peer

pytestmark = pytest.mark.programs

ORDER = {"model": "sora-2", "prompt": "a cat", "seconds": "4"}


@pytest.fixture(scope="module")
def proxy(simulated_port: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLM]:
    """One proxy for every test here; the maker's condition is changed behind it."""
    directory: Path = tmp_path_factory.mktemp("litellm")
    with litellm_proxy(directory, f"http://127.0.0.1:{simulated_port[0]}") as running:
        yield running


def create(proxy: LiteLLM, key: str = KEY, **changes: Any) -> httpx2.Response:
    """Order one video."""
    headers = {"authorization": f"Bearer {key}"}
    return plain_http.post(f"{proxy.base_url}/videos", json=ORDER | changes, headers=headers, timeout=120)


@pytest.mark.parametrize(
    ("key", "changes", "begin"),
    [
        # Without a database it cannot look for the key, and says so instead of calling it wrong.
        ("sk-wrong", {}, "No connected db."),
        (KEY, {"model": "none"}, "/videos: Invalid model name passed in model=none"),
    ],
    ids=["unknown key", "unknown model"],
)
def test_its_own_refusals_never_reach_the_maker(
    proxy: LiteLLM, simulator: SimulatedProvider, key: str, changes: dict[str, Any], begin: str
) -> None:
    """A wrong key and an unknown model are refused without ``litellm.`` in front, and the maker sees nothing."""
    message = create(proxy, key, **changes).json()["error"]["message"]
    assert (message[: len(begin)], simulator.actions()) == (begin, [])


@pytest.mark.parametrize(
    ("condition", "status", "begin"),
    [
        ("our_wrong_key", 401, "litellm.AuthenticationError: "),
        ("our_empty_balance", 429, "litellm.RateLimitError: "),
    ],
)
def test_the_makers_refusals_carry_a_class_and_the_provider(
    proxy: LiteLLM, simulator: SimulatedProvider, condition: str, status: int, begin: str
) -> None:
    """A wrong upstream key and an empty upstream balance come as a ``litellm`` class with OpenAIException."""
    simulator.simulation.peer = find_peer("direct", condition)
    try:
        answer = create(proxy)
    finally:
        simulator.simulation.peer = find_peer()
    message = answer.json()["error"]["message"]
    assert (answer.status_code, message[: len(begin)], "OpenAIException" in message) == (status, begin, True)
    assert simulator.jobs_left() == []


@pytest.mark.parametrize("changes", [{"prompt": ""}, {"seconds": "abc"}])
def test_an_order_with_a_mistake_goes_through_to_the_maker(
    proxy: LiteLLM, simulator: SimulatedProvider, changes: dict[str, Any]
) -> None:
    """A blank prompt and wrong seconds reach the maker, which refuses them without a job."""
    answer = create(proxy, **changes)
    assert (answer.status_code, answer.json()["error"]["message"][:8]) == (400, "litellm.")
    assert (simulator.actions(), simulator.created()) == (["create"], 0)


def test_a_dead_upstream_is_an_internal_error_of_the_provider(proxy: LiteLLM, simulator: SimulatedProvider) -> None:
    """A port where nothing listens comes as InternalServerError with the connection's fault, and no job is made."""
    answer = create(proxy, model=DEAD_MODEL)
    assert (answer.status_code, "OpenAIException" in answer.text, simulator.created()) == (500, True, 0)


def test_a_good_order_makes_one_video(proxy: LiteLLM, simulator: SimulatedProvider) -> None:
    """The same order makes and pays one job when nothing is wrong."""
    answer = create(proxy)
    assert (answer.status_code, answer.json()["object"], simulator.created()) == (200, "video", 1)


def test_check_names_the_owner_of_the_refused_key(proxy: LiteLLM, simulator: SimulatedProvider, tmp_path: Path) -> None:
    """With a wrong upstream key ``check`` exits with 1 and names the relay's own key, and what to do."""
    config = {
        "providers": {"litellm": {"base_url": proxy.base_url, "api_key_env": "LITELLM_KEY"}},
        "services": [
            {"id": "sora-2", "product": "video", "access": "official", "provider": "litellm", "model": "sora-2"}
        ],
    }
    (tmp_path / "sora.yml").write_text(json.dumps(config))
    simulator.simulation.peer = find_peer("direct", "our_wrong_key")
    try:
        ended = run(
            "check", "--format=json", f"--config.file={tmp_path / 'sora.yml'}", f"--storage.path={tmp_path}",
            env={**os.environ, "LITELLM_KEY": KEY},
        )  # fmt: skip
    finally:
        simulator.simulation.peer = find_peer()
    [service] = json.loads(ended.stdout)["services"]
    assert (ended.returncode, service["error_class"], service["proven_depth"]) == (1, "unavailable", "offered")
    assert service["why"].startswith("the relay's own key is refused: ")
    assert service["what_to_do"]
