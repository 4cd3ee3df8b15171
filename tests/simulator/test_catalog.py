"""The models endpoints, and the faults that they show."""

from __future__ import annotations

from typing import Any

import pytest
from support.orders import MODEL


@pytest.mark.parametrize(
    ("behaviour", "listed", "retrievable"),
    [
        ("operational", True, True),
        ("risk_control", True, True),
        ("suspended", True, True),
        ("retired", False, False),
        ("model_not_found", False, False),
        ("maintenance", True, False),
        ("authentication", True, False),
        ("garbage", True, False),
    ],
)
async def test_the_catalog_shows_only_faults_in_front_of_the_channel(
    start: Any, behaviour: str, listed: bool, retrievable: bool
) -> None:
    """Faults behind the channel do not show in the catalog; retirement and a provider-wide fault do."""
    provider = await start()
    await provider.behave(MODEL, behaviour)
    models = (await provider.client.get("/v1/models")).json()["data"]
    one = await provider.client.get(f"/v1/models/{MODEL}")
    assert (MODEL in {model["id"] for model in models}) is listed
    assert (f'"id":"{MODEL}"' in one.text and one.status_code == 200) is retrievable


async def test_a_fault_of_every_model_fails_the_whole_catalog(start: Any) -> None:
    """Under maintenance of the whole provider even the list of models is 503."""
    provider = await start("maintenance")
    assert (await provider.client.get("/v1/models")).status_code == 503
