"""The event loop, signals, threads, and tasks whose failures are logged without stopping anything else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    import uvloop
except ImportError:  # There is no uvloop for Windows and PyPy.
    new_event_loop = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop

log = logging.getLogger(__name__)

Outcome = TypeVar("Outcome")


def run(coroutine: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Return the coroutine's result, run on the fastest event loop of the platform. Raises what it raises."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)


def on_signals(action: Callable[[], object], *names: str) -> None:
    """Call ``action`` in the running loop on each of these signals, except those that the platform does not have."""
    loop = asyncio.get_running_loop()
    for number in [getattr(signal, name) for name in names if hasattr(signal, name)]:
        try:
            loop.add_signal_handler(number, action)
        except NotImplementedError:
            # The loops of Windows have no signal handlers. Python's own run in the main thread, between two callbacks.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(action))


def in_background(work: Callable[[], Outcome], name: str) -> asyncio.Future[Outcome]:
    """Return the outcome to come of work in a daemon thread of its own.

    Unlike a pool's thread it delays neither other work nor the end of the process: without a listener it is abandoned.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Outcome] = loop.create_future()

    def finish(how: Callable[[], None]) -> None:
        if not outcome.cancelled():
            how()
            outcome.exception()  # The callers may have given up, and then the failure is not our fault.

    def run() -> None:
        how: Callable[[], None]
        try:
            how = partial(outcome.set_result, work())
        except Exception as error:  # noqa: BLE001 - raised where the outcome is awaited
            how = partial(outcome.set_exception, error)
        # If the loop is closed by now, the outcome is not needed any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, how)

    threading.Thread(target=run, name=name, daemon=True).start()
    return outcome


def start(coroutine: Coroutine[Any, Any, Outcome], name: str) -> asyncio.Task[Outcome]:
    """Return the running task; the caller keeps a reference to it."""
    task = asyncio.create_task(coroutine, name=name)
    task.add_done_callback(_report)
    return task


async def apart(coroutine: Coroutine[Any, Any, Outcome], name: str) -> asyncio.Task[Outcome]:
    """Return the task once it has ended, even by a bug of ours; cancelling the caller cancels the task."""
    task = start(coroutine, name)
    try:
        await asyncio.wait([task])
    finally:
        if task.cancel():
            await asyncio.wait([task])
    return task


def _report(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("internal error in task", extra={"task": task.get_name()}, exc_info=error)
