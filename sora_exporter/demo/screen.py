"""The output of the demo: lines that stay, and on a terminal one below them that is rewritten."""

from __future__ import annotations

import shutil
from threading import Lock
from typing import TextIO

from sora_exporter.report.terminal import cut

_ERASE = "\r\x1b[K"


class Screen:
    """An output stream, usable from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._passing = ""
        self._lock = Lock()

    def show(self, line: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._write(f"{line}\n")

    def update(self, line: str) -> None:
        """Write a line that the next update replaces; without a terminal it stays. Empty: nothing is under way."""
        with self._lock:
            if self._is_terminal:
                # A line that wraps could not be erased.
                self._passing = cut(line, shutil.get_terminal_size().columns - 1)
                self._write("")
            elif line:
                self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(f"{_ERASE}{text}{self._passing}" if self._is_terminal else text)
        self._stream.flush()
