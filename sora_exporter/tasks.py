"""Tasks that end alone: a fault of ours in one is logged and ends no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Outcome = TypeVar("Outcome")


def start(coroutine: Coroutine[Any, Any, Outcome], name: str) -> asyncio.Task[Outcome]:
    """Return the running task; the caller keeps it."""
    task = asyncio.create_task(coroutine, name=name)
    task.add_done_callback(_report)
    return task


async def apart(coroutine: Coroutine[Any, Any, Outcome], name: str) -> asyncio.Task[Outcome]:
    """Return the task once it has ended, even by a fault of ours; cancelling the caller cancels the task."""
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
