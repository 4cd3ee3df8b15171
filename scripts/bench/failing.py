"""A thousand services whose every probe fails with another long text: the most memory that remembered faults take."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.often import ATTEMPTS
from bench.process import resident_mib
from bench.programs import KEY, Upstream, exporter
from bench.requests import Scraper

SERVICES = 1000
ROUNDS = 9
"""More failures of each probe than are remembered."""
PROBES = {"catalog": "20s", "canary": "20s"}
CHARACTERS = 2500
LETTERS = "".join(map(chr, range(0x4E00, 0x9FA5)))
LOOK_SECONDS = 5


@dataclass(frozen=True)
class Failing:
    """MiB in memory after so many attempts."""

    resident_mib: float
    attempts: int


def measure_failing(directory: Path) -> Failing:
    """Let all probes fail until each has failed more often than is remembered."""
    place = directory / "failing"
    place.mkdir()
    with hostile() as upstream, exporter(place, upstream, SERVICES, PROBES) as running:
        scraper = Scraper(running.url)
        while (attempts := sum(scraper.values("/metrics", ATTEMPTS))) < SERVICES * len(PROBES) * ROUNDS:
            time.sleep(LOOK_SECONDS)
        scraper.get("/")
        scraper.get("/api/v1/status")
        return Failing(resident_mib(running.process.pid), int(attempts))


@contextmanager
def hostile() -> Iterator[Upstream]:
    """Run the provider that fails; yields its address."""
    with subprocess.Popen([sys.executable, "-m", "bench.failing"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            yield Upstream(url, {**os.environ, "BENCH_API_KEY": KEY})
        finally:
            process.kill()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of a connection with a server error and a text of its own."""
    chance = random.Random()
    while head := await _head(reader):
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
        message = "".join(chance.choices(LETTERS, k=CHARACTERS))
        body = json.dumps({"error": {"message": message}}, ensure_ascii=False).encode()
        writer.write(b"HTTP/1.1 500 E\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        writer.write(body)


async def _head(reader: asyncio.StreamReader) -> bytes:
    """Return the head of the next request; nothing once the client has gone."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def serve() -> None:
    """Serve until killed; prints the port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
