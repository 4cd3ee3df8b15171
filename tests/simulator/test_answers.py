"""The bodies: several for each class, in turn or by number."""

from __future__ import annotations

from typing import Any

import pytest
from support.orders import CREATES, MODEL, create

from sora_exporter.simulator.answers import DATA, ERROR_CLASSES


async def test_one_body_can_be_chosen_and_seeds_begin_elsewhere(start: Any) -> None:
    """A test can choose one body by number; another seed begins with another body and other ids."""
    first, second = await start(seed=0), await start(seed=1)
    ids = [(await create(provider, "videos")).json()["id"] for provider in (first, second)]
    texts = []
    for provider in (first, second):
        await provider.behave(MODEL, "unavailable")
        texts.append((await create(provider, "videos")).json()["error"].get("code"))
    await first.behave(MODEL, "unavailable", body=1)
    fixed = {(await create(first, "videos")).json()["error"]["type"] for _ in range(3)}
    assert ids[0] != ids[1]
    assert (texts, fixed) == (["model_not_found", None], {"one_api_error"})


@pytest.mark.parametrize("error_class", sorted(ERROR_CLASSES))
def test_every_class_has_several_bodies_each_in_one_form(error_class: str) -> None:
    """One body of a class would teach a reader one provider's words: there are three at least, each well-formed."""
    bodies = DATA["errors"][error_class]
    assert len(bodies) >= 3
    assert [len({"json", "text", "sse"} & body.keys()) for body in bodies] == [1] * len(bodies)
    assert {kind for body in bodies for kind in body.get("where", ())} <= {*CREATES, "models"}


def test_every_error_class_a_provider_can_cause_has_bodies() -> None:
    """The bodies cover the classes an answer can stand for; the rest never comes as an answer."""
    contract = (
        "content_policy rate_limited risk_control captcha overloaded server_error timeout invalid_response "
        "generation_failed generation_timeout unavailable model_not_found maintenance model_retired "
        "authentication permission quota_exhausted invalid_request"
    )
    assert set(DATA["errors"]) == set(contract.split())
