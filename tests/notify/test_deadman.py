"""The dead man's switch on a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.clock import HandClock, settle

from sora_exporter.notify.deadman import DeadmanSwitch
from sora_exporter.notify.figures import Heard
from sora_exporter.notify.texts import Message
from sora_exporter.notify.words import AlertWords, alert_words
from sora_exporter.tasks import start
from sora_exporter.words import languages

AFTER = 300.0


async def test_silence_is_an_alarm_and_its_end_a_notice(clock: HandClock) -> None:
    """Nothing is sent while the watchdog comes in time; its silence is one alarm, and its return one notice."""
    said: list[Message] = []
    identities: list[str] = []

    def announce(identity: str, message: Callable[[AlertWords], Message]) -> None:
        identities.append(identity)
        said.append(message(alert_words("en")))

    figures = Heard()
    switch = DeadmanSwitch(AFTER, clock, figures, announce)
    task = start(switch.run(), "deadman")
    for _ in range(10):
        await clock.advance(AFTER - 1)
        switch.hear()
    await settle()
    assert (said, figures.is_silent, figures.at) == ([], False, clock.now())
    await clock.advance(AFTER * 5)
    assert [one.title for one in said] == ["[CRITICAL] sora_exporter: No sign of life from Alertmanager"]
    assert "for more than 5 min, since 2026-01-28 00:49 UTC" in said[0].body
    assert figures.is_silent
    switch.hear()
    assert said[1].title == "[RESOLVED] sora_exporter: Alertmanager is heard again"
    assert "from 2026-01-28 00:49 to 2026-01-28 01:14 UTC" in said[1].body
    await clock.advance(AFTER * 2)
    assert [one.severity for one in said] == ["critical", "resolved", "critical"]
    assert len(set(identities)) == 3
    task.cancel()


@pytest.mark.parametrize("language", languages())
async def test_the_alarm_is_in_the_readers_language(clock: HandClock, language: str) -> None:
    """The alarm has the words of the language and the length of the silence."""
    said: list[Message] = []
    switch = DeadmanSwitch(AFTER, clock, Heard(), lambda _, message: said.append(message(alert_words(language))))
    task = start(switch.run(), "deadman")
    await clock.advance(AFTER)
    assert alert_words(language)("deadman_lost") in said[0].title
    assert alert_words(language).plain.span(AFTER) in said[0].body
    task.cancel()
