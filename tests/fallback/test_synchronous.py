"""The client for programs without asyncio: threads, endings, and the same errors."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry
from support.probing import SimulatedProvider
from support.shop import MODELS, OFFICIAL, REVERSE, config_of
from support.waiting import wait_until

from sora_exporter.config import ConfigError
from sora_exporter.fallback import AllRoutesFailed, AmbiguousSubmit, AsyncFallbackClient, FallbackClient, RequestRefused

THREAD = "sora-fallback"


def threads() -> list[threading.Thread]:
    """The clients' threads and their loops' helpers."""
    return [thread for thread in threading.enumerate() if thread.name.startswith((THREAD, "asyncio_"))]


@pytest.fixture
def client(simulator: SimulatedProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[FallbackClient]:
    """A client of the two routes; afterwards none of its threads is left."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    simulator.simulation._requests.clear()
    with FallbackClient(config_of(simulator.base_url("videos")), registry=CollectorRegistry()) as found:
        yield found
    assert threads() == []


def test_many_threads_share_a_client(client: FallbackClient, simulator: SimulatedProvider) -> None:
    """Fifty calls from ten threads make fifty jobs, each with its whole video."""
    with ThreadPoolExecutor(10) as pool:
        jobs = list(pool.map(client.create_video, [f"Boat {number}" for number in range(50)]))
        contents = list(pool.map(client.download, jobs))
    assert len({job.job_id for job in jobs}) == simulator.created() == 50
    assert all(len(content) > 64 for content in contents)


def test_errors_keep_their_type(client: FallbackClient, simulator: SimulatedProvider) -> None:
    """Every error arrives as what it is, with its attempts."""
    for behaviour, error in (
        ("content_policy", RequestRefused),
        ("answer_lost", AmbiguousSubmit),
        ("suspended", AllRoutesFailed),
    ):
        for model in MODELS.values():
            simulator.behave(model, behaviour)
        with pytest.raises(error) as raised:
            client.create_video("A paper boat")
        assert raised.value.attempts[0].service_id == OFFICIAL
    with pytest.raises(ValueError, match="the prompt is empty"):
        client.create_video("")


def test_it_ends_once_and_says_so(client: FallbackClient) -> None:
    """Closing twice, also from several threads at once, is fine; a call afterwards is refused in plain words."""
    job = client.create_video("A paper boat")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: client.close(), range(4)))
    assert threads() == []
    for call in (lambda: client.create_video("Another"), lambda: client.wait(job), lambda: client.download(job)):
        with pytest.raises(RuntimeError, match="the fallback client is closed: make a new one"):
            call()


def test_closing_ends_the_calls_of_other_threads(client: FallbackClient, simulator: SimulatedProvider) -> None:
    """A call that waits for an answer ends with a clear error; no other route is tried."""
    simulator.behave(MODELS[OFFICIAL], "hang")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.create_video, "A paper boat")
        wait_until(lambda: simulator.simulation._requests[MODELS[OFFICIAL]] > 0)
        client.close()
        with pytest.raises(RuntimeError, match="closed during the call"):
            call.result(5)
    wait_until(lambda: simulator.created() == 1)
    assert simulator.actions() == ["create"]


def test_an_open_stream_ends_with_the_client(client: FallbackClient, simulator: SimulatedProvider) -> None:
    """A stream that would go on for an hour keeps neither the client nor its thread."""
    simulator.simulation.render_seconds = 3600.0
    client.create_video("A paper boat", prefer="reverse")
    client.close()
    wait_until(lambda: not threads())
    assert threads() == []


def test_an_interrupted_call_tries_no_other_route(client: FallbackClient, simulator: SimulatedProvider) -> None:
    """Ctrl-C during a call raises KeyboardInterrupt at once; no other route gets the job, and the client goes on."""
    simulator.behave(MODELS[OFFICIAL], "hang")
    main = threading.main_thread().ident or 0

    def interrupt() -> None:
        wait_until(lambda: simulator.simulation._requests[MODELS[OFFICIAL]] > 0)
        signal.pthread_kill(main, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        client.create_video("A paper boat")
    interrupting.join()
    wait_until(lambda: simulator.created() == 1)
    assert simulator.actions() == ["create"]
    assert client.create_video("A paper boat", prefer=[REVERSE]).service_id == REVERSE


async def test_it_works_beside_a_running_loop(client: FallbackClient) -> None:
    """In a notebook, whose thread runs a loop, a call works as in any program, also from a worker thread."""
    assert client.create_video("A paper boat").service_id == OFFICIAL
    job = await asyncio.to_thread(client.create_video, "A paper boat")
    assert len(await asyncio.to_thread(client.download, job)) > 64


def test_a_bad_configuration_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the configuration raises ConfigError before any thread starts."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        FallbackClient()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-unused")
    with pytest.raises(ValueError, match="on_ambiguous='maybe'"):
        FallbackClient(on_ambiguous="maybe")  # type: ignore[arg-type]
    assert threads() == []


@pytest.mark.parametrize("name", ["__init__", "create_video", "wait", "download"])
def test_both_clients_are_called_alike(name: str) -> None:
    """Parameters, defaults and types are the same with and without asyncio."""
    signatures = [inspect.signature(getattr(kind, name)) for kind in (FallbackClient, AsyncFallbackClient)]
    assert signatures[0] == signatures[1]
