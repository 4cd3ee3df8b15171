"""An event loop in a thread of its own: it runs calls, and ends with its owner."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from sora_exporter.loop_thread import LoopThread

NAME = "sora-of-the-tests"


class Owner:
    """The owner of a thread, which counts how often the last call was awaited."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        ended = self.ended

        async def last() -> None:
            ended.append("last")

        self.thread = LoopThread(self, NAME, "thing", last)


def alive() -> list[str]:
    """Return the names of the threads that run now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(NAME)]


async def where(*arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the name of the thread that runs, and the arguments."""
    return threading.current_thread().name, arguments


def test_calls_run_in_the_thread() -> None:
    """A call is awaited in the loop's thread with its arguments; its error reaches the caller."""
    owner = Owner()

    async def broken() -> None:
        raise ZeroDivisionError

    name, arguments = owner.thread.run(where, 1, 2)
    assert (name.startswith(NAME), arguments) == (True, (1, 2))
    with pytest.raises(ZeroDivisionError):
        owner.thread.run(broken)
    owner.thread.close()


def test_closing_awaits_the_last_call_once() -> None:
    """The last call is awaited before the loop ends; closing again does nothing, and later calls are refused."""
    owner = Owner()
    owner.thread.close()
    owner.thread.close()
    assert (owner.ended, alive()) == (["last"], [])
    with pytest.raises(RuntimeError, match="the thing is closed: make a new one"):
        owner.thread.run(where)


def test_a_call_under_way_ends_with_the_thread() -> None:
    """A call that waits while another thread closes ends with an error in plain words."""
    owner, begun = Owner(), threading.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    def close() -> None:
        begun.wait(10)
        owner.thread.close()

    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(RuntimeError, match="the thing was closed during the call"):
        owner.thread.run(wait)
    closing.join(10)


def test_the_thread_ends_with_its_owner() -> None:
    """Once nothing refers to the owner, the last call is awaited and the thread ends."""
    owner = Owner()
    ended = owner.ended
    del owner
    gc.collect()
    assert (ended, alive()) == (["last"], [])
