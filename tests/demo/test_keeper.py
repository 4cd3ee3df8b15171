"""The process beside the demo that cleans up after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.alive import is_alive

from sora_exporter.demo.children import wait_until

DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(99)
"""
OWNER = """
import sys
from sora_exporter.demo.children import Children
with Children() as children:
    wait = children.begin("deaf", [sys.executable, "-c", sys.argv[1]], lambda line: print(line, flush=True))
    print(children.folder, flush=True)
    wait()
"""

pytestmark = pytest.mark.processes


def test_a_program_that_ignores_the_end_is_killed_after_the_demo() -> None:
    """The owner dies by kill -9, its program ignores SIGTERM: both program and folder are gone a little later."""
    with subprocess.Popen([sys.executable, "-c", OWNER, DEAF], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, process = Path(owner.stdout.readline().strip()), int(owner.stdout.readline())
        assert is_alive(process)
        assert folder.is_dir()
        os.kill(owner.pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(process) and not folder.exists(), 15)
