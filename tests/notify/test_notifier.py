"""The engine of ``notify`` beside its routes: identities, languages and a full disk."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.clock import HandClock
from support.notifications import alert, notification

from sora_exporter.notify.delivery import Send
from sora_exporter.notify.notifier import Notifier, identity
from sora_exporter.notify.queue import Queue
from sora_exporter.notify.settings import NotifySettings, Receiver
from sora_exporter.notify.texts import Message
from sora_exporter.notify.webhook import Notification


class Silent:
    """Services that are never called."""

    def sender(self, receiver: Receiver) -> Send:
        async def send(_: Message) -> None:
            raise AssertionError(receiver.name)

        return send


def parsed(*alerts: dict[str, Any], group: str = "g") -> Notification:
    """Return a notification of these alerts."""
    return Notification.model_validate(notification(*alerts, group=group))


def test_a_repetition_has_the_same_identity() -> None:
    """The order of the alerts and their texts do not matter; another state, alert or group is another notification."""
    one, two = alert(name="a"), {**alert(name="b"), "fingerprint": "f2"}
    again = {**one, "annotations": {"summary": "other words"}, "endsAt": "2026-01-28T09:00:00Z"}
    first = identity(parsed(one, two))
    assert identity(parsed(two, again)) == first
    others = [parsed(one), parsed(one, {**two, "status": "resolved"}), parsed(one, two, group="h"),
              parsed(one, {**two, "startsAt": "2026-01-28T09:00:00Z"})]  # fmt: skip
    assert len({first, *map(identity, others)}) == 5


async def test_an_alarm_that_finds_its_queue_full_is_logged(
    tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The dead man's switch has no sender that would repeat: what cannot be stored is an error line."""
    settings = NotifySettings.model_validate({
        "receivers": [{"name": "team", "url": "json://x"}], "deadman": {"receivers": ["team"]},
    })  # fmt: skip
    with closing(Queue.open(tmp_path, 1, clock.now)) as queue, caplog.at_level(logging.ERROR):
        notifier = Notifier(settings, Silent(), queue, clock)
        notifier.accept("team", parsed(alert()))
        assert not notifier.hear(parsed(alert()))
        assert notifier.hear(parsed(alert(alertname="SoraWatchdog")))
        notifier._announce("deadman lost", lambda words: Message(words("deadman_lost"), ""))
    assert [(one.getMessage(), vars(one)["receiver"]) for one in caplog.records] == [("message not stored", "team")]
