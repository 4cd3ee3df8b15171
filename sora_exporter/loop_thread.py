"""An event loop in a thread of its own, for the clients of programs without asyncio."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from typing import Any, TypeVar

from anyio.from_thread import start_blocking_portal

T = TypeVar("T")


class LoopThread:
    """Runs calls in its loop until it is closed. ``what`` names its owner in messages.

    It also ends at the exit of the program and once nothing refers to its owner: a thread that is not stopped keeps
    the program from ending. ``last`` is awaited before the loop ends.
    """

    def __init__(self, owner: object, name: str, what: str, last: Callable[[], Awaitable[None]]) -> None:
        self._what, self._is_closed, self._gate = what, False, threading.Lock()
        thread = ExitStack()
        self._portal = thread.enter_context(start_blocking_portal(name=name))
        thread.callback(self._portal.call, self._portal.stop, True)
        thread.callback(self._portal.call, last)
        self._end = weakref.finalize(owner, thread.close)

    def run(self, call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Return what an awaited call returns. Raises RuntimeError once the thread is closed, also during a call."""
        if self._is_closed:
            raise RuntimeError(self._refusal)
        try:
            future = self._portal.start_task_soon(call, *arguments)
        except RuntimeError:
            raise RuntimeError(self._refusal) from None
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError(f"the {self._what} was closed during the call") from None
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop and its thread; calls under way in other threads end with RuntimeError."""
        with self._gate:
            self._is_closed = True
            self._end()

    @property
    def _refusal(self) -> str:
        return f"the {self._what} is closed: make a new one"
