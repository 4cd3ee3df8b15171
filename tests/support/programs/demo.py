"""``sora-exporter demo`` as a person starts it: what it prints, and everything that belongs to it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.programs.launch import eventually
from support.running import PROGRAM

RUNS = "Ctrl-C stops everything"
"""The end of the last line of a start."""
MOST_SECONDS = 300
"""The limit for a hang."""


@dataclass
class Demo:
    """A demo under way; ``said`` grows line by line, ``scratch`` is where its files and its processes' TMPDIR are."""

    process: subprocess.Popen[str]
    scratch: Path
    said: list[str] = field(default_factory=list)

    def has_said(self, words: str) -> bool:
        """Return whether a line with these words has come."""
        return any(words in line for line in self.said)

    def wait_for(self, words: str, seconds: float = MOST_SECONDS) -> None:
        """Wait for a line with these words; fails at once when the demo ends without it."""
        eventually(lambda: self.has_said(words) or self.process.poll() is not None, seconds)
        assert self.has_said(words), "".join(self.said)

    def url(self, name: str) -> str:
        """Return the address that it showed for a program."""
        return next(found[1] for line in self.said if (found := re.match(rf"  {name} +(http://\S+?)/ ", line)))

    def end(self, number: int) -> int:
        """Send a signal to the demo alone and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def leftovers(self) -> list[str]:
        """Return the files and the processes of the demo that are still there."""
        needle = f"TMPDIR={self.scratch}".encode()
        found = [str(path) for path in self.scratch.rglob("*")]
        return found + ["\0".join(line) for _, line, environment in _processes() if needle in environment]

    def processes(self, *words: str) -> list[int]:
        """Return the pids of the processes with these words among their arguments."""
        return [pid for pid, line, _ in _processes() if {*words} <= {*line}]


def _processes() -> Iterator[tuple[int, list[str], bytes]]:
    """Yield pid, arguments and environment of every process that can be read."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                line = (entry / "cmdline").read_text("utf-8", "replace")
                yield int(entry.name), line.split("\0"), (entry / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


@contextmanager
def demo(scratch: Path, *arguments: str, path: str = os.environ["PATH"]) -> Iterator[Demo]:
    """Run the demo with this search path; nothing of it is left at the end of the block."""
    scratch.mkdir()
    env = {**os.environ, "PATH": path, "TMPDIR": str(scratch), "http_proxy": "http://127.0.0.1:9"}
    with subprocess.Popen(
        [*PROGRAM, "demo", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        running = Demo(process, scratch)
        assert process.stdout is not None
        reader = threading.Thread(target=lambda: running.said.extend(process.stdout or ()))
        reader.start()
        try:
            yield running
        finally:
            process.kill()
            process.wait()
            reader.join()
    eventually(lambda: not running.leftovers(), 20)


def only(directory: Path, *programs: str) -> str:
    """Return a search path on which only these programs are."""
    directory.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found, name
        (directory / name).symlink_to(found)
    return str(directory)
