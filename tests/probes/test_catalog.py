"""The catalog probe against the simulated provider and odd lists of models."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from support.faults.server import Connection, answer, serve
from support.probing import API_OF_MODEL, Bench, SimulatedProvider

from sora_exporter.result import ErrorClass, ProbeKind

E = ErrorClass


@pytest.mark.parametrize(("model", "api"), API_OF_MODEL.items())
async def test_an_offered_model_is_found_on_every_api(
    simulator: SimulatedProvider, bench: Bench, model: str, api: str
) -> None:
    """The probe succeeds on each built-in API, reports its time and phases, costs nothing and creates nothing."""
    result = await bench.run(ProbeKind.CATALOG, simulator.base_url(api), api, model)
    assert (result.error_class, result.http_status, result.cost_usd) == (E.NONE, 200, 0.0)
    assert result.response_seconds is not None
    assert 0 < result.response_seconds <= result.duration_seconds
    assert {"connect", "processing", "transfer"} <= set(result.phases)
    assert simulator.created() == 0


@pytest.mark.parametrize(
    ("behaviour", "error_class"),
    [
        ("model_not_found", E.MODEL_NOT_FOUND),
        ("authentication", E.AUTHENTICATION),
        ("maintenance", E.MAINTENANCE),
        ("captcha", E.CAPTCHA),
        ("retired", E.MODEL_RETIRED),
    ],
)
async def test_a_refusal_of_the_catalog_has_its_class(
    simulator: SimulatedProvider, bench: Bench, behaviour: str, error_class: ErrorClass
) -> None:
    """A catalog that fails or lacks the model gives that class and no response time."""
    simulator.behave("MiniMax-H3", behaviour)
    result = await bench.run(ProbeKind.CATALOG, simulator.base_url("videos"), "videos", "MiniMax-H3")
    assert (result.error_class, result.response_seconds) == (error_class, None)


async def test_an_unknown_model_is_looked_up_twice_and_not_found(simulator: SimulatedProvider, bench: Bench) -> None:
    """A model that neither its own route nor the list knows is not found."""
    result = await bench.run(ProbeKind.CATALOG, simulator.base_url("videos"), "videos", "no-such-model")
    assert (result.error_class, simulator.actions()) == (E.MODEL_NOT_FOUND, ["models", "models"])


async def test_without_a_list_the_models_own_route_decides(simulator: SimulatedProvider, bench: Bench) -> None:
    """For a vendor without a list, a model is found or not found by its own route."""
    apis = {"own": {"catalog": {"list": None}, "create": {"path": "/videos", "body": {"model": "{model}"}}}}
    for model, expected in (("sora-2", E.NONE), ("no-such-model", E.MODEL_NOT_FOUND)):
        config = {"document": {"apis": apis}, "probes": {"catalog": {"interval": "1d"}}}
        result = await bench.run(ProbeKind.CATALOG, simulator.base_url("videos"), "own", model, **config)
        assert result.error_class is expected
    assert simulator.actions() == ["models", "models"]


async def test_not_found_after_the_configured_sunset_is_retired(simulator: SimulatedProvider, bench: Bench) -> None:
    """A model that is gone after its configured end of life is retired, not suspended."""
    base_url = simulator.base_url("videos")
    result = await bench.run(ProbeKind.CATALOG, base_url, "videos", "no-such-model", sunset="2026-01-01")
    assert result.error_class is E.MODEL_RETIRED


@pytest.mark.parametrize("api", ["videos", "ark"])
async def test_an_announced_shutdown_date_is_read(simulator: SimulatedProvider, bench: Bench, api: str) -> None:
    """The shutdown date is read from the model's own route, and from its entry where there is only the list."""
    simulator.simulation.models["sora-2"] = simulator.simulation.models["sora-2"].__class__(
        "sora-2", shutdown_date="2026-09-24"
    )
    result = await bench.run(ProbeKind.CATALOG, simulator.base_url(api), api, "sora-2")
    assert (result.error_class, result.sunset_at) == (E.NONE, 1790208000.0)


def _lists(body: bytes) -> Callable[[Connection], Awaitable[None]]:
    """Return a provider that knows no route for one model, and answers the list."""

    async def behave(connection: Connection) -> None:
        is_list = connection.head.startswith(b"GET /models HTTP")
        missing = answer(b'{"error":{"message":"Invalid URL"}}', "404 Not Found")
        await connection.send(answer(body) if is_list else missing)

    return behave


LONG = json.dumps({"data": [{"id": "sora-2"}, *({"id": f"model-{n}", "text": "x" * 1000} for n in range(1200))]})


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        (b'{"data":[{"id":"sora-2"}]}', E.NONE),
        (b'{"models":[{"name":"models/sora-2"}]}', E.NONE),
        (b'{"data":["sora-2"]}', E.NONE),
        (b'[{"id":"sora-2"}]', E.NONE),
        (b'{"data":[]}', E.MODEL_NOT_FOUND),
        (b'{"data":[{"id":"sora-2-pro"},null,7,{}]}', E.MODEL_NOT_FOUND),
        (LONG.encode(), E.NONE),
        (LONG.replace('"sora-2"', '"other"').encode(), E.INVALID_RESPONSE),
        (b"<html>Welcome</html>", E.INVALID_REQUEST),
    ],
    ids=["openai", "google", "names", "bare", "empty", "odd", "long", "too-long", "page"],
)
async def test_lists_of_models_come_in_many_shapes(bench: Bench, body: bytes, error_class: ErrorClass) -> None:
    """The model is found in each shape of list, also in the beginning of one longer than what is read."""
    async with serve(_lists(body)) as server:
        result = await bench.run(ProbeKind.CATALOG, server.url, "videos", "sora-2")
    assert result.error_class is error_class, result


async def test_a_missing_key_is_our_fault(simulator: SimulatedProvider, bench: Bench) -> None:
    """A provider that asks for a key where none is configured gives ``authentication``."""
    document = {"provider": {"api_key_env": None}}
    result = await bench.run(ProbeKind.CATALOG, simulator.base_url("videos"), "videos", "MiniMax-H3", document=document)
    assert result.error_class is E.AUTHENTICATION


@pytest.mark.parametrize("api", ["kling", "copied"])
async def test_a_vendor_without_a_catalog_is_not_called(simulator: SimulatedProvider, bench: Bench, api: str) -> None:
    """A probe of a catalog that the API denies ends as one of our own mistakes, with nothing sent."""
    copied = {"catalog": None, "create": {"path": "/videos", "body": {"model": "{model}"}}}
    result = await bench.run(
        ProbeKind.CATALOG, simulator.base_url("videos"), api, "kling-v3", document={"apis": {"copied": copied}}
    )
    assert (result.error_class, result.detail) == (E.INVALID_REQUEST, f"the api {api} names no catalog")
    assert simulator.actions() == []
