"""The engine of ``notify``: notifications in, messages of every receiver out, and the dead man's switch beside them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import Clock
from sora_exporter.notify.deadman import WATCHDOG, DeadmanSwitch
from sora_exporter.notify.delivery import Delivery, Send
from sora_exporter.notify.figures import Figures
from sora_exporter.notify.queue import Queue, QueueFull
from sora_exporter.notify.settings import NotifySettings, Receiver
from sora_exporter.notify.texts import Message, language_of, render
from sora_exporter.notify.webhook import Notification
from sora_exporter.notify.words import SOURCE_LANGUAGE, AlertWords, alert_words
from sora_exporter.tasks import start

LONGEST_END = 30.0
"""Seconds that the messages under way have at the end."""

log = logging.getLogger(__name__)


class Outgoing(Protocol):
    """The services behind the receivers."""

    def sender(self, receiver: Receiver) -> Send:
        """Return the function that sends the receiver's messages."""


class Notifier:
    """Accepts notifications and delivers them; made and used within one event loop."""

    def __init__(self, settings: NotifySettings, outgoing: Outgoing, queue: Queue, clock: Clock) -> None:
        self._settings, self._queue = settings, queue
        self._receivers: Mapping[str, Receiver] = {one.name: one for one in settings.receivers}
        self.figures = Figures(list(self._receivers), has_deadman=settings.deadman is not None)
        counts = self.figures.receivers
        self._deliveries = {
            one.name: Delivery(one.name, outgoing.sender(one), queue, settings.queue.age, clock, counts[one.name])
            for one in settings.receivers
        }
        self._switch = (
            DeadmanSwitch(settings.deadman.after, clock, self.figures.deadman, self._announce)
            if settings.deadman is not None and self.figures.deadman is not None
            else None
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver, with what waited on the disk, and to watch for Alertmanager's silence."""
        self._tasks = [start(one.run(), f"notify {name}") for name, one in self._deliveries.items()]
        if self._switch is not None:
            self._watching = start(self._switch.run(), "notify deadman")

    async def stop(self) -> None:
        """End the deliveries after the messages under way; what waits stays on the disk."""
        for delivery in self._deliveries.values():
            delivery.end()
        if self._watching is not None:
            self._watching.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LONGEST_END)

    def knows(self, receiver: str) -> bool:
        """Whether there is a receiver of this name."""
        return receiver in self._receivers

    @property
    def has_deadman(self) -> bool:
        """Whether there is a dead man's switch."""
        return self._switch is not None

    def accept(self, receiver: str, notification: Notification) -> None:
        """Store a notification for a receiver; it is on the disk on return. Raises QueueFull and StorageError."""
        language = self._receivers[receiver].language or language_of(notification)
        self._put(receiver, identity(notification), render(notification, language, self._settings.grafana_url or ""))

    def hear(self, notification: Notification) -> bool:
        """Take note of Alertmanager's sign of life; returns whether the notification is one."""
        names = {alert.labels.get("alertname") for alert in notification.those("firing")}
        if self._switch is None or WATCHDOG not in names:
            return False
        self._switch.hear()
        return True

    def _put(self, receiver: str, identity: str, message: Message) -> None:
        counts = self.figures.receivers[receiver]
        try:
            is_new = self._queue.put(receiver, identity, message)
        except QueueFull:
            counts.refused += 1
            raise
        counts.accepted += is_new
        counts.repeated += not is_new
        counts.queued += is_new
        self._deliveries[receiver].wake()

    def _announce(self, identity: str, message: Callable[[AlertWords], Message]) -> None:
        """Store a message of the dead man's switch for its receivers."""
        for name in self._settings.deadman.receivers if self._settings.deadman is not None else ():
            words = alert_words(self._receivers[name].language or SOURCE_LANGUAGE)
            try:
                self._put(name, identity, message(words))
            except (QueueFull, StorageError) as error:
                log.error("message not stored", extra={"receiver": name, "error": str(error)})


def identity(notification: Notification) -> str:
    """Return what a repetition of the notification has in common with it: its group, and its alerts' states."""
    alerts = sorted((one.fingerprint, one.status, one.starts_at.isoformat()) for one in notification.alerts)
    return hashlib.blake2b(json.dumps([notification.group_key, alerts]).encode(), digest_size=16).hexdigest()
