"""The dead man's switch: Alertmanager's silence is an alarm, and so is nothing else here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sora_exporter.clock import Clock
from sora_exporter.figures import minute
from sora_exporter.notify.figures import Heard
from sora_exporter.notify.texts import Message
from sora_exporter.notify.words import AlertWords

WATCHDOG = "SoraWatchdog"
Announce = Callable[[str, Callable[[AlertWords], Message]], None]
"""Sends a message to the receivers of the switch: an identity, and the message in the words of a language."""


class DeadmanSwitch:
    """Raises the alarm after so many seconds without a watchdog's message, and reports its return."""

    def __init__(self, after: float, clock: Clock, figures: Heard, announce: Announce) -> None:
        self._after, self._clock, self._figures, self._announce = after, clock, figures, announce
        self._heard_at, self._since = clock.monotonic(), clock.now()
        self._heard = asyncio.Event()

    def hear(self) -> None:
        """Take note of a watchdog's message."""
        silent_since, self._since = self._since, self._clock.now()
        self._heard_at, self._figures.at = self._clock.monotonic(), self._since
        if self._figures.is_silent:
            self._figures.is_silent = False
            self._announce(f"deadman back {self._since}", lambda words: _back(words, silent_since, self._since))
        self._heard.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._heard.clear()
            left = self._heard_at + self._after - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
                continue
            self._figures.is_silent = True
            self._announce(f"deadman lost {self._since}", lambda words: _lost(words, self._since, self._after))
            await self._heard.wait()


def _lost(words: AlertWords, since: float, after: float) -> Message:
    text = words("deadman_lost_text", began=minute(since), length=words.plain.span(after))
    return Message(_title(words, words("severity_critical"), "deadman_lost"), text, "critical")


def _back(words: AlertWords, since: float, until: float) -> Message:
    text = words("deadman_back_text", began=minute(since), ended=minute(until))
    return Message(_title(words, words("resolved"), "deadman_back"), text, "resolved")


def _title(words: AlertWords, severity: str, key: str) -> str:
    return words("subject", severity=severity, about="sora_exporter", summary=words(key))
