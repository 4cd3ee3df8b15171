"""The monitor for asyncio."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.probing import SimulatedProvider

from sora_exporter import AsyncMonitor, Monitor
from sora_exporter.monitor import Change
from sora_exporter.result import Status


async def test_the_asynchronous_monitor_awaits_its_caller(config: Path, simulator: SimulatedProvider) -> None:
    """With asyncio a coroutine function is awaited, and everything else is the same."""
    seen = asyncio.Event()

    async def note(_change: Change) -> None:
        await asyncio.sleep(0)
        seen.set()

    others = asyncio.all_tasks()
    async with AsyncMonitor(config, on_change=note) as monitor:
        await monitor.check("sora-2-official")
        async with asyncio.timeout(20):
            await seen.wait()
        assert monitor.status("sora-2-official").status is Status.OPERATIONAL
    assert asyncio.all_tasks() <= others
    assert simulator.created() == 0


async def test_before_and_after_it_runs_a_monitor_says_so(config: Path) -> None:
    """A call on a monitor that does not run, or not any more, is refused in plain words; closing twice is fine."""
    with pytest.raises(RuntimeError, match=r"the monitor does not run: use it in `async with`"):
        AsyncMonitor(config).status("sora-2-official")
    monitor = Monitor(config)
    monitor.close()
    monitor.close()
    with pytest.raises(RuntimeError, match="the monitor is closed: make a new one"):
        monitor.status("sora-2-official")
