"""An application's own client, observed: everything it sends and gets is as before, and is counted."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import prometheus_client.values
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from support.probing import SimulatedProvider
from support.shop import OFFICIAL, REVERSE, Shop, config_of, service

from sora_exporter import observe
from sora_exporter.config import Config
from sora_exporter.result import Depth
from sora_exporter.traffic import observed

KEY = "sk-of-the-application-0123456789"
ORDER = {"model": "sora-2", "prompt": "A boat", "seconds": "4"}
CHAT = {"model": "sora_video2", "stream": True, "messages": [{"role": "user", "content": "A boat"}]}


@pytest.fixture
def shop(simulator: SimulatedProvider, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Two routes at the simulated provider."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    return Shop(simulator)


@pytest.fixture
def config(shop: Shop) -> Config:
    """The two routes to Sora 2 at the simulated provider."""
    return shop.config


@pytest.fixture
def registry() -> CollectorRegistry:
    """The application's registry."""
    return CollectorRegistry()


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    """Each library whose clients are observed."""
    return request.param


@pytest.fixture
def client(library: Any, config: Config, registry: CollectorRegistry, shop: Shop) -> Iterator[httpx2.Client]:
    """An observed client."""
    with library.Client(base_url=shop.simulator.base_url("videos"), headers={"Authorization": f"Bearer {KEY}"}) as made:
        yield observe(made, config, registry=registry)


def counts(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """Return the requests counted so far by service and outcome."""
    return {
        (sample.labels["service_id"], sample.labels["outcome"]): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "sora_client_requests_total" and sample.value
    }


def depth(registry: CollectorRegistry, service_id: str) -> Depth | None:
    """Return the deepest depth that the traffic proved."""
    found = [
        Depth(sample.labels["depth"])
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "sora_client_proven_timestamp_seconds" and sample.labels["service_id"] == service_id
    ]
    return max(found, key=lambda one: one.rank, default=None)


def test_an_order_and_its_video_are_counted(client: httpx2.Client, registry: CollectorRegistry) -> None:
    """A job proves acceptance, polls count nothing, and the whole video proves delivery."""
    job = client.post("/videos", json=ORDER).json()
    assert (counts(registry), depth(registry, OFFICIAL)) == ({(OFFICIAL, "success"): 1}, Depth.ACCEPTED)
    assert client.get(f"/videos/{job['id']}").json()["status"] == "completed"
    assert len(client.get(f"/videos/{job['id']}/content").content) > 64
    assert (counts(registry), depth(registry, OFFICIAL)) == ({(OFFICIAL, "success"): 1}, Depth.DELIVERED)


def test_a_form_is_an_order_too(client: httpx2.Client, registry: CollectorRegistry) -> None:
    """The model of a multipart form is read from its fields; the file in it is left alone."""
    sent = client.post("/videos", data=ORDER, files={"input_reference": ("boat.png", b"\x89PNG")})
    assert (sent.status_code, counts(registry)) == (200, {(OFFICIAL, "success"): 1})


@pytest.mark.parametrize(
    ("behaviour", "outcome", "proven"),
    [
        ("unavailable", "unavailable", Depth.AUTHENTICATED),
        ("content_policy", "content_policy", None),
        ("captcha", "captcha", None),
        ("rate_limited", "rate_limited", Depth.AUTHENTICATED),
    ],
)
def test_a_refusal_is_classified_as_by_a_probe(
    client: httpx2.Client, registry: CollectorRegistry, shop: Shop, behaviour: str, outcome: str, proven: Depth | None
) -> None:
    """The application gets the refusal as it came; its class and its depth are counted by the rules of the probes."""
    shop.behave(OFFICIAL, behaviour)
    assert client.post("/videos", json=ORDER).status_code >= 400
    assert counts(registry) == {(OFFICIAL, outcome): 1}
    assert proven is None or depth(registry, OFFICIAL) is proven


def test_the_sdk_of_openai_is_observed(shop: Shop, config: Config, registry: CollectorRegistry) -> None:
    """A client of the SDK, and its copies with other options, count each attempt, retries included."""
    shop.behave(OFFICIAL, "overloaded")
    with openai.OpenAI(api_key=KEY, base_url=shop.simulator.base_url("videos"), max_retries=0) as sdk:
        assert observe(sdk, config, registry=registry) is sdk
        for _ in range(2):
            with pytest.raises(openai.APIStatusError):
                sdk.with_options(timeout=20).post("/videos", cast_to=httpx2.Response, body=ORDER)
    assert counts(registry) == {(OFFICIAL, "overloaded"): 2}


def test_a_stream_passes_unchanged(shop: Shop, config: Config, registry: CollectorRegistry) -> None:
    """An observed stream gives the pieces of an unobserved one, and proves acceptance at its end."""
    texts = []
    for is_observed in (False, True):
        with openai.OpenAI(api_key=KEY, base_url=shop.simulator.base_url("chat"), max_retries=0) as sdk:
            sdk = observe(sdk, config, registry=registry) if is_observed else sdk
            pieces = sdk.chat.completions.create(**CHAT)  # type: ignore[call-overload]
            texts.append([bool(piece.choices) and bool(piece.choices[0].delta) for piece in pieces])
    assert texts[0] == texts[1]
    assert (counts(registry), depth(registry, REVERSE)) == ({(REVERSE, "success"): 1}, Depth.ACCEPTED)


async def test_asyncio_is_observed_alike(shop: Shop, config: Config, registry: CollectorRegistry) -> None:
    """The asynchronous SDK: a job, and a stream that the application leaves at its first piece."""
    async with openai.AsyncOpenAI(api_key=KEY, base_url=shop.simulator.base_url("videos"), max_retries=0) as sdk:
        observe(sdk, config, registry=registry)
        await sdk.post("/videos", cast_to=httpx2.Response, body=ORDER)
        shop.simulator.simulation.render_seconds = 3600.0
        async with asyncio.timeout(20):
            stream: Any = await sdk.chat.completions.create(**CHAT)  # type: ignore[call-overload]
            await anext(aiter(stream))
            await stream.close()
    assert counts(registry)[OFFICIAL, "success"] == 1
    assert depth(registry, REVERSE) in (None, Depth.AUTHENTICATED)


@pytest.mark.parametrize("is_read", [True, False], ids=["read to its end", "left"])
async def test_a_stream_of_an_asynchronous_client_is_observed(
    library: Any, shop: Shop, config: Config, registry: CollectorRegistry, is_read: bool
) -> None:
    """A stream that is read to its end counts as an order; one that the application leaves proves no acceptance."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        library.AsyncClient(base_url=shop.simulator.base_url("videos"), headers=headers) as client,
        observe(client, config, registry=registry).stream("POST", "/videos", json=ORDER) as response,
    ):
        if is_read:
            assert b'"object"' in await response.aread()
    assert ((OFFICIAL, "success") in counts(registry)) is is_read
    assert (depth(registry, OFFICIAL) is Depth.ACCEPTED) is is_read


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_each_piece_arrives_before_the_next_is_made(
    library: Any, config: Config, registry: CollectorRegistry, encoding: str
) -> None:
    """No byte waits: the application has each piece before the provider sends another; compression does not matter."""
    made: list[int] = []
    body = b'{"id": "video_1", "status": "queued"}'
    body = gzip.compress(body) if encoding == "gzip" else body
    pieces = [body[start : start + 8] for start in range(0, len(body), 8)]

    class Slow(library.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for number, piece in enumerate(pieces):
                made.append(number)
                yield piece

    def answer(_request: Any) -> Any:
        return library.Response(200, headers={"Content-Encoding": encoding}, stream=Slow())

    base_url = config.providers["relay"].base_url
    with library.Client(transport=library.MockTransport(answer), base_url=base_url) as client:
        observe(client, config, registry=registry)
        with client.stream("POST", "/videos", json=ORDER) as response:
            for number, piece in enumerate(response.iter_raw()):
                assert (piece, made) == (pieces[number], list(range(number + 1)))
        assert response.elapsed.total_seconds() >= 0
    assert (counts(registry), depth(registry, OFFICIAL)) == ({(OFFICIAL, "success"): 1}, Depth.ACCEPTED)


@pytest.mark.parametrize(
    "send",
    [
        lambda client: client.post("/videos", json={**ORDER, "model": "another"}),
        lambda client: client.get("/models"),
        lambda client: client.get("/videos/video_of_another_program/content"),
        lambda client: client.post("/videos", content=b"no JSON"),
    ],
)
def test_other_requests_are_not_counted(
    client: httpx2.Client, registry: CollectorRegistry, send: Callable[[httpx2.Client], httpx2.Response]
) -> None:
    """Another model, another call and a body that names no model belong to no service."""
    send(client)
    assert counts(registry) == {}
    assert depth(registry, OFFICIAL) is None


@pytest.mark.usefixtures("shop")
def test_a_failed_connection_is_counted_and_raised(library: Any, registry: CollectorRegistry) -> None:
    """The application gets the error of its own library; the class is that of the probes."""
    nowhere = config_of("http://127.0.0.1:9/v1", service(OFFICIAL))
    with library.Client() as client, pytest.raises(library.ConnectError):
        observe(client, nowhere, registry=registry).post("http://127.0.0.1:9/v1/videos", json=ORDER)
    assert counts(registry) == {(OFFICIAL, "connection"): 1}


def test_a_slow_provider_is_a_timeout(library: Any, config: Config, registry: CollectorRegistry) -> None:
    """A time-out of the application's own is counted as one."""

    def late(request: Any) -> Any:
        raise library.ReadTimeout("", request=request)

    base_url = config.providers["relay"].base_url
    with (
        library.Client(transport=library.MockTransport(late), base_url=base_url) as client,
        pytest.raises(library.ReadTimeout),
    ):
        observe(client, config, registry=registry).post("/videos", json=ORDER)
    assert counts(registry) == {(OFFICIAL, "timeout"): 1}


@pytest.mark.parametrize("step", ["read_order", "fields_of"])
def test_a_fault_of_ours_stays_with_us(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    """If the observation breaks, the application still gets its answer; one line names the place and no secret."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError(KEY)

    monkeypatch.setattr(observed, step, broken)
    caplog.set_level(logging.DEBUG)
    for _ in range(3):
        assert client.post("/videos", json=ORDER).json()["object"] == "video"
    lines = [record for record in caplog.records if record.message == "internal error in observation"]
    assert [line.error for line in lines] == ["ZeroDivisionError"]  # type: ignore[attr-defined]
    assert KEY not in caplog.text


def test_no_key_is_kept(client: httpx2.Client) -> None:
    """Nothing of ours refers to the key of the application once its request is over."""
    client.post("/videos", json=ORDER)
    observer = client.send.__closure__[0].cell_contents  # type: ignore[attr-defined]
    assert KEY not in repr(vars(observer)) + repr(
        [vars(value) for value in vars(observer).values() if hasattr(value, "__dict__")]
    )


def test_several_processes_share_their_metrics(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Shop
) -> None:
    """In prometheus_client's multiprocess mode counters add up, and a proof has its latest time and no pid."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    pid = [1]
    monkeypatch.setattr(
        prometheus_client.values, "ValueClass", prometheus_client.values.MultiProcessValue(lambda: pid[0])
    )
    registry = CollectorRegistry()
    with httpx2.Client(base_url=shop.simulator.base_url("videos")) as client:
        observe(client, config, registry=registry)
        for process in (1, 2):
            pid[0] = process
            client.post("/videos", json=ORDER, headers={"Authorization": f"Bearer {KEY}"})
    collected = CollectorRegistry()
    MultiProcessCollector(collected, str(tmp_path))
    assert counts(collected) == {(OFFICIAL, "success"): 2}
    proven = [s for family in collected.collect() for s in family.samples if s.name.startswith("sora_client_proven")]
    assert {frozenset(sample.labels) for sample in proven} == {frozenset({"service_id", "depth"})}
    assert depth(collected, OFFICIAL) is Depth.ACCEPTED


@pytest.mark.parametrize("wrong", [object(), None, "https://api.example/v1"])
def test_another_kind_of_client_is_refused(wrong: object) -> None:
    """A value that is not a client is a TypeError that names the accepted ones."""
    with pytest.raises(TypeError, match="observe takes a client of openai, httpx or httpx2, not"):
        observe(wrong)


def test_a_client_is_observed_once(client: httpx2.Client, config: Config, registry: CollectorRegistry) -> None:
    """A second line around the same client would count twice, and is refused."""
    with pytest.raises(ValueError, match="the client is observed already"):
        observe(client, config, registry=registry)
