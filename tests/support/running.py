"""Our own programs as processes on free ports: the simulated provider and the exporter, each until its block ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from support import forking, plain_http

KEY = "sk-0123456789abcdefghijklmnop"
PROGRAM = [sys.executable, "-m", "sora_exporter"]
START_SECONDS = 120
"""The limit for a hang: on a busy machine a start takes long."""
ADDRESS = re.compile(r"""(?: address=|"address": ")(https?://[^\s"]+)/""")
"""The field of the exporter's first line that holds its own address, in logfmt or JSON."""
STATUS_PAGES = {
    "SORA_OPENAI_STATUS_URL": "{provider}/status/openai",
    "SORA_GOOGLE_STATUS_URL": "{provider}/status/google",
}


def environment(provider: str, **more: str) -> dict[str, str]:
    """Return this process's variables with those that make the built-in services watch a simulated provider."""
    pages = {name: url.format(provider=provider) for name, url in STATUS_PAGES.items()}
    return {**os.environ, "OPENAI_BASE_URL": f"{provider}/v1", "OPENAI_API_KEY": KEY, **pages, **more}


def run(*arguments: str, env: Mapping[str, str] | None = None, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run sora-exporter to its end, with ``text`` as its standard input."""
    return forking.run(arguments, env, text)


@dataclass
class Running:
    """A running program; ``lines`` holds its lines on stderr until now."""

    process: subprocess.Popen[str] | forking.Forked
    url: str = ""
    lines: list[str] = field(default_factory=list)
    _reader: threading.Thread | None = None

    def get(self, path: str, **options: object) -> httpx2.Response:
        """GET a path of the program."""
        return plain_http.get(self.url + path, timeout=60, **options)  # type: ignore[arg-type]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait, and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        if self._reader is not None:
            self._reader.join(timeout=60)
        return code

    @property
    def said(self) -> str:
        """Everything that it has written to stderr."""
        return "".join(self.lines)


@contextmanager
def simulator(scenario: str = "january-2026") -> Iterator[str]:
    """Run the simulated provider; yields its address."""
    with forking.start(["simulate", "--port=0", f"--scenario={scenario}"], None) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


def _started(
    command: Sequence[str], flags: Sequence[str], env: Mapping[str, str]
) -> subprocess.Popen[str] | forking.Forked:
    if not command:
        return forking.start(flags, env)
    return subprocess.Popen(
        [*command, *flags], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


@contextmanager
def exporter(
    storage: Path | None,
    *arguments: str,
    env: Mapping[str, str],
    command: Sequence[str] = (),
    subcommand: str = "serve",
) -> Iterator[Running]:
    """Run ``serve`` on a free port from the moment it names its address; kills it at the end of the block.

    ``command`` starts the program in another way than by forking.
    """
    where = [] if storage is None else [f"--storage.path={storage}"]
    flags = [subcommand, "--web.listen-address=127.0.0.1:0", *where, *arguments]
    with _started(command, flags, env) as process:
        running, named = Running(process), threading.Event()

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                running.lines.append(line)
                if not running.url and (found := ADDRESS.search(line)):
                    running.url = found[1]
                    named.set()
            named.set()

        running._reader = threading.Thread(target=read, daemon=True)
        running._reader.start()
        try:
            assert named.wait(START_SECONDS), "the exporter does not start"
            assert running.url, running.said
            yield running
        finally:
            process.kill()
            running._reader.join(timeout=60)
