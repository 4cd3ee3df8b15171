"""The programs of the demo: started, awaited, and ended with the demo in every case."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

from sora_exporter.demo import DemoError

READY_SECONDS = 120.0
ANSWER_SECONDS = 3.0
LAST_WORDS = 300
"""Characters of a program's last line that are shown when it ends by itself."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Children:
    """The running programs and the folder they write to; the end of the block ends both.

    A keeper beside this process ends both as well if this process is killed.
    """

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="sora-demo-"))
        self._services: dict[str, subprocess.Popen[str]] = {}
        self._tasks: dict[str, subprocess.Popen[str]] = {}
        keeper = [sys.executable, "-m", "sora_exporter.demo.keeper", str(self.folder)]
        self._keeper = subprocess.Popen(keeper, stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        for process in (*self._services.values(), *self._tasks.values()):
            process.wait()
        self._keeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str, command: Sequence[str], ready_url: str, **variables: str) -> None:
        """Start a program and return when its address answers. Raises DemoError."""
        with self._log(name).open("w", encoding="utf-8") as log:
            process = self._services[name] = self._launch(command, log.fileno(), log.fileno(), variables)
        if not wait_until(lambda: process.poll() is not None or answers(ready_url), READY_SECONDS):
            raise DemoError(f"{name} does not answer at {ready_url} within {READY_SECONDS:.0f} s")
        self.check()

    def begin(self, name: str, command: Sequence[str], hear: Callable[[str], None]) -> Callable[[], None]:
        """Start a program that ends by itself, passing on each line it prints. Call the result to wait for its end.
        Waiting raises DemoError when the program ends with a failure.
        """
        with self._log(name).open("w", encoding="utf-8") as log:
            process = self._tasks[name] = self._launch(command, subprocess.PIPE, log.fileno(), {})
        listener = threading.Thread(target=_relay, args=(process, hear), daemon=True)
        listener.start()

        def wait() -> None:
            listener.join()
            if process.wait() != 0:
                raise DemoError(f"{name}: {self._last_words(name)}")
            self._notify_keeper(f"-{self._tasks.pop(name).pid}")

        return wait

    def check(self) -> None:
        """Raise DemoError if a program that should go on has ended."""
        for name, process in self._services.items():
            if process.poll() is not None:
                raise DemoError(f"{name} ended by itself: {self._last_words(name)}")

    def _launch(
        self, command: Sequence[str], output: int, errors: int, variables: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self.folder), "NO_PROXY": "127.0.0.1", **variables}
        process = subprocess.Popen(  # noqa: S603 - our own command lines
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, text=True, env=environment,
            process_group=0,
        )  # fmt: skip
        self._notify_keeper(f"+{process.pid}")
        return process

    def _notify_keeper(self, line: str) -> None:
        if self._keeper.stdin is not None:
            self._keeper.stdin.write(f"{line}\n")
            self._keeper.stdin.flush()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text("utf-8", "replace").split("\n")
        return next((line.strip()[:LAST_WORDS] for line in reversed(lines) if line.strip()), "it said nothing")


def _relay(process: subprocess.Popen[str], hear: Callable[[str], None]) -> None:
    # The reader may be gone. The demo notices this itself at its next line.
    with process, contextlib.suppress(BrokenPipeError):
        for line in process.stdout or ():
            hear(line.rstrip("\n"))


def free_port(preferred: int) -> int:
    """Return the preferred port if it is free on loopback, else any free one. Raises DemoError."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as listener:
            return int(listener.getsockname()[1])
    raise DemoError("no free port on 127.0.0.1")


def wait_until(claim: Callable[[], bool], seconds: float) -> bool:
    """Return whether the claim came true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def fetch(url: str, body: bytes | None = None) -> bytes:
    """Return the answer of an address of this machine to GET, or to POST of JSON, without a proxy. Raises DemoError."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - our own address
    try:
        with _OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
            return bytes(answer.read())
    except (OSError, HTTPException) as error:
        raise DemoError(f"no answer from {url}: {error}") from None


def answers(url: str) -> bool:
    """Return whether an address of this machine answers with success."""
    with contextlib.suppress(DemoError):
        fetch(url)
        return True
    return False
