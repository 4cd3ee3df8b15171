"""The progress of a job while a caller waits, and a line of the terminal that shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from sora_exporter.config.apis.spec import State
from sora_exporter.fallback.outcome import VideoJob
from sora_exporter.figures import span


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a job at one moment.

    ``percent`` is 0 to 100, None if the vendor gives none; ``seconds`` is the time since the call of ``wait``.
    """

    job: VideoJob
    state: State
    percent: float | None
    seconds: float


ShowProgress = Callable[[Progress], object]


class ConsoleLine:
    """Shows the progress of a job: on one line of a terminal that changes, elsewhere on a new line for each state.

    ``stream`` is standard error unless another one is given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._state, self._columns = "", 0

    def __call__(self, progress: Progress) -> None:
        """Show one state of a job."""
        percent = f" {progress.percent:.0f} %" if progress.percent is not None else ""
        text = f"{progress.job.service_id}: {progress.state}{percent}, {span(progress.seconds)}"
        is_over = progress.state in ("done", "failed")
        if self._is_terminal:
            self._stream.write(f"\r{text.ljust(self._columns)}{chr(10) if is_over else ''}")
            self._columns = 0 if is_over else len(text)
        elif progress.state != self._state:
            self._stream.write(f"{text}\n")
        self._state = "" if is_over else progress.state
        self._stream.flush()
