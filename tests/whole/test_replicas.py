"""Three real exporters on one real PostgreSQL, under kills, restarts of the database and cuts between them."""

from __future__ import annotations

import json
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support import forking, plain_http
from support.choice import Choice
from support.programs import postgresql
from support.programs.launch import eventually
from support.programs.postgresql import Postgresql
from support.quick_api import quick_api
from support.running import ADDRESS, environment, simulator

from sora_exporter.budget.storage import DatabaseUrl

REPLICAS = 3
PRICE_USD = 0.04
PROBES = {
    "catalog": {"interval": "10s", "timeout": "5s"},
    "submit": {"interval": "2h", "timeout": "10s"},
    "generate": {"interval": "2h", "timeout": "20s"},
}
"""Each order may be placed once, since its interval is longer than the test."""
LONGEST_LIFE_SECONDS = 1.0
APIS = {"quick": {"catalog": {"path": "/models/{model}"}, **quick_api(0.1)}}


def written(provider: str, services_count: int) -> str:
    """Return the configuration that all replicas have: the limit allows half of the orders of so many services."""
    services = [
        {
            "id": f"paid-{number}", "product": "paid", "access": "official", "provider": "relay", "model": "sora-2",
            "api": "quick", "price_usd": {"per_request": PRICE_USD}, "probes": PROBES,
        }
        for number in range(services_count)
    ]  # fmt: skip
    relay = {"base_url": f"{provider}/v1", "api_key_env": "OPENAI_API_KEY", "max_concurrent": 2}
    return (
        f"budget_usd_per_day: {services_count * PRICE_USD}\nproviders: {json.dumps({'relay': relay})}\n"
        f"services: {json.dumps(services)}\napis: {json.dumps(APIS)}"
    )


class Replicas:
    """Three exporters of one configuration and one database."""

    def __init__(self, provider: str, place: DatabaseUrl, folder: Path, services: int) -> None:
        self._provider, self._place, self._folder = provider, place, folder
        (folder / "sora.yml").write_text(written(provider, services), encoding="utf-8")
        self._running: list[forking.Forked] = []
        self._known = [0] * REPLICAS
        self._running = [self._start(number) for number in range(REPLICAS)]

    def _start(self, number: int) -> forking.Forked:
        arguments = ["serve", f"--config.file={self._folder / 'sora.yml'}", f"--storage.url={self._place.url}",
                     "--web.listen-address=127.0.0.1:0"]  # fmt: skip
        self._known[number] = len(self.log(number))
        with (self._folder / f"log-{number}").open("a") as log:
            return forking.start(arguments, environment(self._provider), stdout=log, stderr=log)

    def log(self, number: int) -> str:
        """Return everything that a replica has logged."""
        file = self._folder / f"log-{number}"
        return file.read_text("utf-8") if file.exists() else ""

    def address(self, number: int) -> re.Match[str] | None:
        """Return the address of a replica once it serves."""
        return ADDRESS.search(self.log(number)[self._known[number] :])

    def kill(self, number: int) -> None:
        """Kill a replica and start it again; one that could not start for want of the database is started again too."""
        self._running[number].kill()
        assert self._running[number].wait(60) in (-signal.SIGKILL, 2), self.log(number)
        self._running[number] = self._start(number)

    def see_to(self) -> None:
        """Start those again that could not start while the database was away."""
        for number, process in enumerate(self._running):
            if process.poll() is not None:
                assert process.returncode == 2, self.log(number)
                self._running[number] = self._start(number)

    def serves(self, number: int) -> bool:
        """Whether a replica serves; those that could not start are started again."""
        self.see_to()
        return self.address(number) is not None

    def metrics(self, number: int) -> str:
        """Return a replica's metrics, which it answers whatever has happened to the database."""
        found = eventually(partial(self.address, number), every=0.02)
        answer = plain_http.get(f"{found[1]}/metrics", timeout=20)
        assert answer.status_code == 200
        return answer.text

    def is_up(self, number: int, *, database: int) -> bool:
        """Whether a replica says that its storage is up (1) or not (0)."""
        return f"\nsora_exporter_storage_up {database}.0\n" in self.metrics(number)

    def end(self) -> None:
        """End all by SIGTERM."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        assert {process.wait(60) for process in self._running} <= {0, -signal.SIGTERM, 2}


@pytest.fixture
def provider() -> Iterator[str]:
    """A provider whose videos are done at once."""
    with simulator("operational") as address:
        plain_http.post(f"{address}/control/timing", json={"render_seconds": 0.2}).raise_for_status()
        yield address


def control(provider: str, path: str) -> Any:
    """Return a document of the simulated provider's control."""
    return plain_http.get(f"{provider}/control/{path}", timeout=20).json()


def orders(provider: str) -> int:
    """Return the number of videos that the provider has charged."""
    return sum(1 for entry in control(provider, "journal") if entry["cost_usd"])


def attempts(place: DatabaseUrl) -> list[tuple[str, str, int | None]]:
    """Return service, probe and settled cost of every reservation."""
    with psycopg.connect(place.url) as db:
        return [(row[0], row[1], row[2]) for row in db.execute("SELECT service_id, probe, settled FROM reservation")]


def torment(replicas: Replicas, server: Postgresql, faults: list[Callable[[], None]], kills: int) -> None:
    """Kill replicas at random moments of their lives; between the kills let the faults of the database happen."""
    chance, every = random.Random(kills), kills // len(faults)
    for number in range(kills):
        victim = chance.randrange(REPLICAS)
        if chance.random() > 0.2:
            eventually(partial(replicas.serves, victim), every=0.02)
        time.sleep(chance.random() * LONGEST_LIFE_SECONDS)
        replicas.kill(victim)
        if faults and number % every == every - 1:
            for other in range(REPLICAS):
                eventually(partial(replicas.serves, other), every=0.02)
            faults.pop(0)()
            eventually(server.accepts, every=0.02)
            replicas.see_to()


@pytest.mark.programs
def test_three_exporters_spend_once_whatever_dies(tmp_path: Path, provider: str, short_or_long: Choice) -> None:
    """The limit holds, each order is placed at most once by all together, and no job is left.

    The short form makes four kills, restarts the database and freezes it; the full form makes a hundred kills and, as
    root, cuts the wire between the exporters and the database for longer than the server keeps a session.
    """
    kills, services, is_long = short_or_long(4, 100), short_or_long(30, 300), short_or_long(False, True)
    limit_usd = services * PRICE_USD
    with ExitStack() as opened:
        space = opened.enter_context(postgresql.network()) if is_long else ""
        server = opened.enter_context(postgresql.postgresql(space))
        place = server.place()
        replicas = Replicas(provider, place, tmp_path, services)
        opened.callback(replicas.end)

        def restart() -> None:
            server.stop()
            server.start()

        def crash() -> None:
            server.stop(signal.SIGQUIT)
            server.start()

        def freeze() -> None:
            server.freeze(is_frozen=True)
            try:
                eventually(partial(replicas.is_up, 0, database=0))
            finally:
                server.freeze(is_frozen=False)

        def cut() -> None:
            postgresql.connect(is_connected=False)
            for number in range(REPLICAS):
                eventually(partial(replicas.is_up, number, database=0))
            time.sleep(40)
            postgresql.connect(is_connected=True)

        torment(replicas, server, [restart, freeze] if not is_long else [restart, cut, crash, freeze], kills)
        for number in range(REPLICAS):
            eventually(partial(replicas.serves, number), every=0.02)
            eventually(partial(replicas.is_up, number, database=1))
        eventually(lambda: not control(provider, "jobs"), 200)
        placed, known = orders(provider), attempts(place)
    pairs = [(service_id, probe) for service_id, probe, settled in known]
    spent = sum(PRICE_USD * 1e6 if settled is None else settled for _, _, settled in known)
    assert len(pairs) == len(set(pairs))
    assert kills <= placed <= sum(settled != 0 for _, _, settled in known)
    assert placed * PRICE_USD <= limit_usd + 1e-9
    assert spent <= limit_usd * 1e6
