"""Many probes over every kind of fault in a short time: the growth of memory, leftovers, and the error classes.

``python tests/support/soak.py 100000`` prints the figures; the status is 1 when one of them is out of bounds.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.web.app import create_app
from support.faults.server import BEFORE_REQUEST, FAULTS, serve

LIMIT_BYTES = 10 * 1024 * 1024
WARM_UP = 0.2
"""The share of the probes before memory is measured: caches, histories and connections are full by then."""
AT_ONCE = 8
TIMEOUT = "250ms"
SLOW = (
    "silence", "header byte by byte", "body byte by byte", "endless tiny chunks", "1xx flood", "endless body",
    "1 GiB body", "gzip bomb", "endless headers", "event stream of nothing", "deep JSON", "deep JSON error",
)  # fmt: skip
"""Faults that take a whole timeout or much processor time come once for SHARE times of each other one."""
SHARE = 40
PROGRESS = 10_000


@dataclass
class Figures:
    """The results of a soak; sizes in bytes."""

    probes: int
    seconds: float
    growth: int
    resident: int
    files: int
    tasks: int
    classes: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """True if nothing grew beyond its bound or was left behind, and no probe failed because of a bug."""
        is_clean = self.files <= 0 and self.tasks == 0 and not self.classes[ErrorClass.INTERNAL]
        return self.growth < LIMIT_BYTES and is_clean

    def __str__(self) -> str:
        return (
            f"{self.probes} probes in {self.seconds:.0f} s ({self.probes / self.seconds:.0f}/s), "
            f"resident {self.resident / 2**20:.1f} MiB, growth after warm-up {self.growth / 2**20:.2f} MiB, "
            f"descriptors left {self.files}, tasks left {self.tasks}\n{dict(self.classes.most_common())}"
        )


def resident() -> int:
    """Return this process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Return how many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))


def configuration(urls: dict[str, str]) -> Config:
    """Return one provider and one service for each fault."""
    names = {fault: f"f-{number}" for number, fault in enumerate(urls)}
    probes: dict[str, Any] = {kind: {"interval": "300d", "timeout": TIMEOUT} for kind in ("catalog", "canary")}
    return Config.model_validate(
        {
            "providers": {
                names[fault]: {"base_url": f"{url}/v1", "api_key_env": "SOAK_KEY", "max_concurrent": AT_ONCE}
                for fault, url in urls.items()
            },
            "services": [
                {"id": name, "product": "p", "access": "reverse", "provider": name, "model": "sora-2",
                 "api": "chat" if "event stream" in fault else "videos", "probes": probes}
                for fault, name in names.items()
            ],
        }
    )  # fmt: skip


def order(count: int) -> Iterator[str]:
    """Yield so many faults by turns, the slow ones seldom."""
    quick = [fault for fault in FAULTS if fault not in SLOW]
    round_ = [fault for number in range(SHARE) for fault in (*quick, SLOW[number % len(SLOW)])]
    return islice(cycle(round_), count)


async def soak(count: int, directory: Path) -> Figures:
    """Run so many free probes through a whole exporter and return what they left behind."""
    os.environ["SOAK_KEY"] = "sk-of-the-soak"
    clock, classes, started = SystemClock(), Counter[str](), time.monotonic()
    async with AsyncExitStack() as stack:
        servers = {
            fault: await stack.enter_async_context(serve(fault, scheme="https" if fault in BEFORE_REQUEST else "http"))
            for fault in FAULTS
        }
        ledger = stack.enter_context(closing(Ledger.open(directory, exclusive=True, now=clock.now)))
        # The servers are in this process too: their descriptors and tasks do not count.
        files, tasks = open_files(), len(asyncio.all_tasks())
        exporter = Exporter(configuration({f: server.url for f, server in servers.items()}), None, ledger, clock)
        services = dict(zip(servers, exporter.config.services, strict=True))
        create_app(exporter)
        await exporter.start()
        jobs, done, warm = order(count), 0, 0

        async def work() -> None:
            nonlocal done, warm
            for fault in jobs:
                kind = ProbeKind.CANARY if "event stream" in fault else ProbeKind.CATALOG
                result = await exporter.scheduler.attempt(services[fault], kind)
                classes[result.error_class if result is not None else "none at all"] += 1
                servers[fault].requests.clear()
                done += 1
                if done == int(count * WARM_UP):
                    gc.collect()
                    warm = resident()
                if done % PROGRESS == 0:
                    print(f"{done} probes, resident {resident() / 2**20:.1f} MiB", flush=True)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        gc.collect()
        growth = resident() - warm
        await exporter.stop()
        for _ in range(100):
            await asyncio.sleep(0.01)
        left = len(asyncio.all_tasks()) - tasks
        return Figures(count, time.monotonic() - started, growth, resident(), open_files() - files, left, classes)


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    with TemporaryDirectory() as storage:
        found = asyncio.run(soak(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(storage)))
    print(found)
    sys.exit(not found.is_good)
