"""The named states of the whole provider."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.simulator import create_app
from sora_exporter.simulator.scenarios import MODELS, SCENARIOS, UnknownScenario

SIX = ("sora-2", "sora-2-pro", "veo-3.1", "sora_image", "sora_video2", "sora-2-pro-all")


async def canary(provider: Any, model: str) -> Any:
    """Order from a model what validation must refuse, the way the model is sold."""
    chat = {"model": model, "messages": [], "stream": True}
    if MODELS[model].endpoints[0] == "openai":
        return await provider.client.post("/v1/chat/completions", json=chat)
    return await provider.client.post("/v1/videos", json={"model": model, "prompt": ""})


async def test_january_2026_shows_the_six_services(start: Any) -> None:
    """On 2026-01-28 four services work, Sora 2 reverse is under risk control and Sora 2 Pro reverse is suspended."""
    provider = await start("january-2026")
    state = (await provider.client.get("/control")).json()["models"]
    assert {model: state[model]["answer"] for model in SIX} == {
        "sora-2": None,
        "sora-2-pro": None,
        "veo-3.1": None,
        "sora_image": None,
        "sora_video2": "risk_control",
        "sora-2-pro-all": "unavailable",
    }
    refusals = [await canary(provider, model) for model in SIX[:4]]
    assert all("rompt" in answer.text or "essages" in answer.text for answer in refusals)
    assert "unusual activity" in (await canary(provider, "sora_video2")).text
    assert "No available channel" in (await canary(provider, "sora-2-pro-all")).text
    assert (await provider.client.get("/v1/models/sora-2")).json()["shutdown_date"] is None


async def test_sunset_2026_retires_sora_and_veo_and_keeps_the_living(start: Any) -> None:
    """After the shutdown the catalog lacks the retired, keeps one with its past date, and living models work."""
    provider = await start("sunset-2026")
    models = {model["id"]: model for model in (await provider.client.get("/v1/models")).json()["data"]}
    assert {"sora-2", "veo-3.1"}.isdisjoint(models)
    assert models["sora-2-pro"]["shutdown_date"] == "2026-09-24"
    assert "deprecated" in (await canary(provider, "sora-2")).text
    assert (
        "no longer available" in (await canary(provider, "sora-2-pro")).text + (await canary(provider, "sora-2")).text
    )
    assert (await canary(provider, "MiniMax-H3")).status_code == 400


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_scenario_can_be_entered_at_start_and_later(start: Any, name: str) -> None:
    """A scenario entered through control gives the same behaviours as one given at start, and says what it shows."""
    at_start, later = await start(name), await start()
    assert (await later.client.post(f"/control/scenario/{name}")).status_code == 200
    states = [(await provider.client.get("/control")).json() for provider in (at_start, later)]
    assert states[0]["models"] == states[1]["models"]
    assert (states[1]["scenario"], states[1]["scenarios"][name][-1]) == (name, ".")


def test_an_unknown_scenario_raises_with_the_known_ones() -> None:
    """A wrong name raises an error that lists every scenario."""
    with pytest.raises(UnknownScenario, match=r"^unknown scenario 'x'; choose one of: operational, january-2026,"):
        create_app("x")
