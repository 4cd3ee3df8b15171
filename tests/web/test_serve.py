"""Following the configuration file."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_exporter.web.serve import reload_on_change


async def test_the_configuration_is_reloaded_once_for_each_change_of_its_file(tmp_path: Path) -> None:
    """A changed, a replaced and a lost file are each reloaded once; a look that finds nothing new does nothing."""
    file, reloads, seen = tmp_path / "sora.yml", [], []
    file.write_text("a")

    def changes() -> Iterator[None]:
        yield
        yield file.write_text("longer") and None
        yield
        (tmp_path / "new.yml").write_text("other!")
        yield (tmp_path / "new.yml").replace(file) and None
        yield file.unlink()
        yield

    steps = changes()

    async def sleep(seconds: float) -> None:
        seen.append((seconds, len(reloads)))
        try:
            next(steps)
        except StopIteration:
            raise asyncio.CancelledError from None

    async def reload() -> None:
        reloads.append(1)

    with pytest.raises(asyncio.CancelledError):
        await reload_on_change(reload, file, 30.0, sleep)
    assert seen == [(30.0, 0), (30.0, 0), (30.0, 1), (30.0, 1), (30.0, 2), (30.0, 3), (30.0, 3)]


BLOCKS = """
import ctypes
from sora_exporter.web.serve import LARGE_BLOCK_BYTES, return_large_blocks
return_large_blocks()
bytearray(8 * LARGE_BLOCK_BYTES)
block = bytearray(4 * LARGE_BLOCK_BYTES)
address = ctypes.addressof(ctypes.c_char.from_buffer(block))
(heap,) = [line.split()[0] for line in open("/proc/self/maps") if line.endswith("[heap]\\n")]
first, last = (int(end, 16) for end in heap.split("-"))
print(first <= address < last)
"""


@pytest.mark.processes
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_large_blocks_do_not_stay_in_the_heap() -> None:
    """A large block lies outside a new process' heap, which seldom shrinks, although a larger one was freed before."""
    done = subprocess.run([sys.executable, "-c", BLOCKS], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
