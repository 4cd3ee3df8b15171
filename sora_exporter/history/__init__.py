"""The past of the services: our own event log, and the series that a Prometheus recorded.

Changes of status come in and are kept in memory for readers and, durably, in the storage of the budget's ledger; events
go out to the status page, the API, the feed and the command ``events``. The log is bounded, survives restarts, and
loses nothing to ``kill -9``. Recorded series come in through Prometheus' HTTP API; daily bars and long-term figures of
each service go out to the pages, from memory. ``prometheus`` is also the way of ``report`` to the same API.
"""

from __future__ import annotations

from sora_exporter.history.event import Event
from sora_exporter.history.log import EventLog
from sora_exporter.history.store import EventStore

__all__ = ["Event", "EventLog", "EventStore"]
