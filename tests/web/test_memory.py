"""Freed memory goes back to the system, and loaded modules are not collected."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys

import pytest

from sora_exporter.web.memory import PAUSE_SECONDS, return_gaps

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do so by themselves"),
]

BLOCKS = """
import ctypes
from sora_exporter.web.memory import LARGE_BLOCK_BYTES, return_large_blocks
return_large_blocks()
bytearray(8 * LARGE_BLOCK_BYTES)
block = bytearray(4 * LARGE_BLOCK_BYTES)
address = ctypes.addressof(ctypes.c_char.from_buffer(block))
(heap,) = [line.split()[0] for line in open("/proc/self/maps") if line.endswith("[heap]\\n")]
first, last = (int(end, 16) for end in heap.split("-"))
print(first <= address < last)
"""
LEFT_ALONE = """
import gc
from sora_exporter.web.memory import leave_alone
gc.disable()
before = len(gc.get_objects())
leave_alone()
print(before > 10_000, len(gc.get_objects()) < 100)
"""
GAPS = """
import asyncio
from sora_exporter.web.memory import return_gaps

def resident_kib():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))

async def sleep(_):
    if found:
        raise asyncio.CancelledError
    found.append(resident_kib())

blocks, found = [bytes(2000) for _ in range(20_000)], []
kept = blocks[::10]
del blocks
try:
    asyncio.run(return_gaps(sleep))
except asyncio.CancelledError:
    print(found[0] - resident_kib() > 20_000)
"""


def printed(script: str) -> str:
    """Return what a new process prints that runs the script."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_a_collection_visits_nothing_that_was_there_before() -> None:
    """Of tens of thousands of loaded objects the collector visits none again."""
    assert printed(LEFT_ALONE) == "True True\n"


def test_large_blocks_do_not_stay_in_the_heap() -> None:
    """A large block lies outside a new process' heap, which seldom shrinks, although a larger one was freed before."""
    assert printed(BLOCKS) == "False\n"


def test_gaps_between_small_blocks_do_not_stay_resident() -> None:
    """Of 40 MB in small blocks, nine tenths of which are freed, at least half go back while the others are in use."""
    assert printed(GAPS) == "True\n"


async def test_gaps_are_returned_once_a_minute() -> None:
    """Between two times lies the pause."""
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await return_gaps(sleep)
    assert pauses == [PAUSE_SECONDS] * 3
