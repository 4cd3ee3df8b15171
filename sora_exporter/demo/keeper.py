"""A process beside the demo that ends its programs and removes its folder after any end of the demo.

``python -m sora_exporter.demo.keeper FOLDER`` reads ``+N`` and ``-N`` lines, N being process groups that began and
ended. Its input ends when the demo closes it or dies, also by ``kill -9``; then it cleans up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

STOP_SECONDS = 6.0
"""How long a program may take to end before it is killed; the exporter deletes jobs that it paid for."""


def clean_up(folder: Path, groups: Iterable[int]) -> None:
    """End these process groups, then remove the folder they wrote to."""
    left = [group for group in groups if _send(group, signal.SIGTERM)]
    deadline = time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [group for group in left if _send(group, 0)]
    for group in left:
        _send(group, signal.SIGKILL)
    while folder.exists() and time.monotonic() < deadline + 1:
        shutil.rmtree(folder, ignore_errors=True)


def _send(group: int, number: int) -> bool:
    """Send a signal, and return whether the group still exists."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


def main() -> None:
    """Read the programs that the demo starts and ends, and clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    clean_up(Path(sys.argv[1]), groups)


if __name__ == "__main__":
    main()
