"""Memory of a process that runs for months: freed blocks go back to the system, and what stays is left alone.

Other C libraries than glibc return memory by themselves.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

LARGE_BLOCK_BYTES: Final = 1024 * 1024
PAUSE_SECONDS: Final = 60.0
M_MMAP_THRESHOLD: Final = -3
"""The number of this setting in glibc's malloc.h."""


def return_large_blocks() -> None:
    """Have glibc return every large block at once when it is freed.

    Otherwise it keeps up to twice the size of the largest one: with 1,000 services, 10 MiB after a text of /metrics.
    """
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def leave_alone() -> None:
    """Keep the garbage collector from visiting again what exists by now: it lives as long as the process.

    A full collection of the loaded modules takes 80 ms, in which no answer is timed. PyPy has no such call.
    """
    if hasattr(gc, "freeze"):
        gc.freeze()


async def return_gaps(sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Have glibc return the free pages between small blocks, once a minute; it takes a millisecond or two.

    Remembered texts of all lengths come and go. With 1,000 services that fail, the gaps between them took 5 MiB.
    """
    while (malloc_trim := _of_glibc("malloc_trim")) is not None:
        await sleep(PAUSE_SECONDS)
        malloc_trim(0)


def _of_glibc(name: str) -> Any:
    """Return a function of glibc, None where the C library has none of this name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
