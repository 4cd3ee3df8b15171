"""The event log of a running exporter: in memory for every reader, and on the disk with each change."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from sora_exporter.budget.storage import StorageError
from sora_exporter.history.event import Event
from sora_exporter.history.store import EVENTS_KEPT, EventStore
from sora_exporter.history.uptime import Uptime, uptime
from sora_exporter.logs import LogOnce
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Status

log = logging.getLogger(__name__)

STANDSTILL_SECONDS = 300.0
"""After a longer time without an exporter, its status at the end of the last one says nothing about that time."""
WATCH_SECONDS = 60.0
"""How often a log without changes notes that the services are still watched."""


class EventLog:
    """The last EVENTS_KEPT events. ``now`` returns Unix time.

    ``store`` is None for a log in memory alone. Changes are noted at once in memory; ``write`` puts all of them on the
    disk in one transaction, and keeps them for the next call if that fails. Then it takes in what other exporters have
    stored about the services of this one.
    """

    def __init__(self, store: EventStore | None, now: Callable[[], float], kept: int = EVENTS_KEPT) -> None:
        self._store, self._now, self._kept = store, now, kept
        self._retention: float | None = None
        self._newest = 0
        self._events: dict[int, Event] = {}
        self._by_service: defaultdict[str, dict[int, Event]] = defaultdict(dict)
        self._unwritten: set[int] = set()
        self._watched: Collection[str] = ()
        self._written_at = -WATCH_SECONDS
        self.watched_at: float | None = None
        """When the exporter before this one last watched the services (Unix time); None if there was none."""
        self._unkept = LogOnce(log, "events not written", over="events written again")

    def read(self, elsewhere: Collection[str] = ()) -> None:
        """Take in the stored events. Raises StorageError when they cannot be read.

        Events that lasted when the last exporter stopped go on, unless it stopped long ago. Events of the services
        ``elsewhere``, which other exporters watch, are left alone.
        """
        if self._store is None:
            return
        for event in self._store.read():
            self._newest = event.id
            if event.service_id not in elsewhere:
                self._keep(event)
        watched_at = self.watched_at = self._store.watched_at()
        if watched_at is not None and self._now() - watched_at > STANDSTILL_SECONDS:
            for event in self.lasting():
                self._end(event, watched_at)
        self._trim()

    def note(
        self,
        service_id: str,
        status: Status,
        error_class: ErrorClass,
        at: float,
        *,
        probe: ProbeKind | None = None,
        depth: Depth | None = None,
        detail: str = "",
    ) -> None:
        """Note that a service is in a status since ``at`` (Unix time); nothing changes if it already was."""
        before = self.latest(service_id)
        if before is not None and before.ended_at is None:
            if before.status is status:
                return
            self._end(before, at)
        self._newest += 1
        self._put(Event(self._newest, service_id, status, error_class, probe, depth, detail, at))
        self._trim()

    def keep_only(self, service_ids: Collection[str], retention: float | None = None) -> None:
        """End the events of services that are no longer watched, and keep ended ones for so many seconds from now on.

        ``retention`` is None for no limit but the number of events.
        """
        self._watched, self._retention = service_ids, retention
        for event in self.lasting():
            if event.service_id not in service_ids:
                self._end(event, self._now())

    def write(self) -> None:
        """Put every noted change on the disk, and now and then that the services are still watched."""
        now = self._now()
        limit = now - self._retention if self._retention is not None else 0.0
        self._forget(limit)
        is_due = abs(now - self._written_at) >= WATCH_SECONDS
        if self._store is None or not (self._unwritten or is_due):
            return
        try:
            written = self._store.write([self._events[number] for number in sorted(self._unwritten)], now, limit)
        except StorageError as error:
            self._unkept.on(str(error))
            return
        self._unwritten.clear()
        self._written_at = now
        self._unkept.off()
        self._renumber(written.events)
        for event in written.others:
            if event.service_id in self._watched:
                self._take_in(event)

    def latest(self, service_id: str) -> Event | None:
        """Return a service's newest event, which may have ended."""
        events = self._by_service.get(service_id)
        return next(reversed(events.values()), None) if events else None

    def of(self, service_id: str, start: float = 0.0) -> Sequence[Event]:
        """Return the events of a service that lasted at ``start`` (Unix time) or later, the newest first."""
        return _since(self._by_service.get(service_id, {}), start)

    def since(self, start: float) -> Sequence[Event]:
        """Return the events of all services that lasted at ``start`` (Unix time) or later, the newest first."""
        return _since(self._events, start)

    def lasting(self) -> Sequence[Event]:
        """Return the events that have not ended, the oldest first."""
        return [event for event in self._events.values() if event.ended_at is None]

    def uptime(self, service_id: str, start: float, end: float) -> Uptime:
        """Return the uptime of a service between two moments (Unix time)."""
        return uptime(self.of(service_id, start), start, end)

    def _end(self, event: Event, at: float) -> None:
        # The clock may have stepped back since the beginning.
        self._put(replace(event, ended_at=max(at, event.began_at)))

    def _renumber(self, stored: Mapping[int, Event]) -> None:
        """Put events as they are stored in the place of those noted here."""
        changed = {number: event for number, event in stored.items() if self._events.get(number) != event}
        for number in changed:
            if (event := self._events.pop(number, None)) is not None:
                del self._by_service[event.service_id][number]
        for event in changed.values():
            self._keep(event)
        self._newest = max(self._newest, *(event.id for event in stored.values()), 0)

    def _take_in(self, event: Event) -> None:
        """Keep an event that another exporter has stored; it ends the one before."""
        before = self.latest(event.service_id)
        if before is not None and before.ended_at is None:
            self._keep(replace(before, ended_at=max(event.began_at, before.began_at)))
        self._newest = max(self._newest, event.id)
        self._keep(event)

    def _put(self, event: Event) -> None:
        self._keep(event)
        if self._store is not None:
            self._unwritten.add(event.id)

    def _keep(self, event: Event) -> None:
        self._events[event.id] = self._by_service[event.service_id][event.id] = event

    def _trim(self) -> None:
        """Drop the oldest ended events beyond the number that is kept."""
        while len(self._events) > self._kept:
            oldest = next((event for event in self._events.values() if event.ended_at is not None), None)
            if oldest is None:
                return
            self._drop(oldest)

    def _forget(self, limit: float) -> None:
        """Drop the events that ended before a moment in Unix time."""
        began_before = takewhile(lambda event: event.began_at < limit, self._events.values())
        for event in [event for event in began_before if event.ended_at is not None and event.ended_at < limit]:
            self._drop(event)

    def _drop(self, event: Event) -> None:
        del self._events[event.id], self._by_service[event.service_id][event.id]
        self._unwritten.discard(event.id)


def _since(events: dict[int, Event], start: float) -> Sequence[Event]:
    return [event for event in reversed(events.values()) if event.ended_at is None or event.ended_at >= start]
