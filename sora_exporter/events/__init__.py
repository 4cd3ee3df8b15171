"""The event log: which service was in which status, from when to when, and why.

Changes of status come in; they are kept in memory for readers and, durably, in the storage of the budget's ledger.
Events go out to the status page, the API, the feed and the command ``events``. The log is bounded, survives restarts,
and loses nothing to ``kill -9``.
"""

from __future__ import annotations

from sora_exporter.events.event import Event
from sora_exporter.events.log import EventLog
from sora_exporter.events.store import EventStore

__all__ = ["Event", "EventLog", "EventStore"]
