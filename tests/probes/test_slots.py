"""How many probes run at once: per provider and in total, paid ones apart, and with limits that change."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from support.clock import settle
from support.watched import config, service

from sora_exporter.config import Config
from sora_exporter.probes.slots import Slots


def limited(most: int, total: int | None = None) -> Config:
    """Return a configuration of one provider with this limit, and perhaps one in total."""
    providers = {"relay": {"base_url": "https://relay.example/v1", "max_concurrent": most}}
    more = {} if total is None else {"max_concurrent_probes": total}
    return config(service(), providers=providers, **more)


async def entered(slots: Slots, tries: int, leaving: AsyncExitStack, *, is_paid: bool = False) -> list[int]:
    """Start so many probes; return, now and later, which of them are inside."""
    inside: list[int] = []

    async def run(number: int) -> None:
        async with slots.within("relay", is_paid):
            inside.append(number)
            await asyncio.Event().wait()

    for number in range(tries):
        task = asyncio.create_task(run(number))
        leaving.callback(task.cancel)
    await settle()
    return inside


@pytest.mark.parametrize(("most", "total", "expected"), [(2, None, [0, 1]), (3, 1, [0]), (1, 5, [0])])
async def test_the_smaller_limit_holds(most: int, total: int | None, expected: list[int]) -> None:
    """No more probes run than the provider and the total allow, in the order they came."""
    async with AsyncExitStack() as leaving:
        assert await entered(Slots(limited(most, total)), 4, leaving) == expected


async def test_paid_probes_take_no_slot_of_free_ones() -> None:
    """Free and paid probes have the limit each for themselves."""
    slots = Slots(limited(1))
    async with AsyncExitStack() as leaving:
        assert await entered(slots, 2, leaving, is_paid=True) == [0]
        assert await entered(slots, 2, leaving) == [0]


async def test_a_reload_changes_the_limit_for_waiting_probes() -> None:
    """A higher limit lets waiting probes in at once; a lower one admits none until enough have left."""
    slots = Slots(limited(1))
    async with AsyncExitStack() as leaving:
        inside = await entered(slots, 3, leaving)
        slots.apply(limited(2))
        await settle()
        assert inside == [0, 1]
        slots.apply(limited(1))
        await settle()
        assert inside == [0, 1]
