"""Child programs of the demo: started, waited for, and gone when the demo is, however it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY_SECONDS = 30.0
STOP_SECONDS = 6.0
PR_SET_PDEATHSIG = 1


class ChildError(Exception):
    """A program that did not start; the text names it, its last words and its log."""


def free_port(preferred: int = 0) -> int:
    """Return the preferred port if it is free on loopback, else any free one."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as listener:
            return int(listener.getsockname()[1])
    raise ChildError("no free port on 127.0.0.1")


def _die_with_parent() -> None:
    """Ask Linux to end this child when the demo dies, even by SIGKILL; elsewhere only the demo itself cleans up."""
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Children:
    """The running programs, stopped in the opposite order of their start."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: Sequence[str], ready_url: str, environment: Mapping[str, str]) -> None:
        """Start a program and return when its address answers. Raises ChildError."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command lines
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment},
                preexec_fn=_die_with_parent,
            )
        self._running.append((name, process))
        if not wait_until(lambda: process.poll() is not None or answers(ready_url), READY_SECONDS) or process.poll():
            raise ChildError(f"{name} did not start: {_last_line(log)}")

    def dead(self) -> list[str]:
        """Return the names of programs that ended by themselves."""
        return [name for name, process in self._running if process.poll() is not None]

    def stop(self) -> None:
        """End every program and wait for it; what does not listen is killed."""
        for _, process in reversed(self._running):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for _, process in reversed(self._running):
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()


def wait_until(claim: Callable[[], bool], seconds: float) -> bool:
    """Return whether the claim came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def answers(url: str) -> bool:
    """Whether a local address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of our own
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
