"""The spend of the probes, read from the ledger and kept in memory for scrapes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.storage import StorageError
from sora_exporter.clock import Clock
from sora_exporter.logs import LogOnce
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult

log = logging.getLogger(__name__)

NOT_KEPT = "storage"
"""The rule of a paid probe that was not run because its cost could not be recorded."""


class Spending:
    """The ledger's sums in USD as last read; scrapes read these, never the ledger.

    ``today`` is None while the ledger cannot be read.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._unread = LogOnce(log, "ledger not readable", over="ledger readable again")
        self._unkept = LogOnce(log, "paid probes stopped", over="paid probes run again")
        self.today: float | None = None
        self.by_service: Mapping[str, float] = MappingProxyType({})

    def read(self) -> None:
        """Read the sums again. Raises StorageError when the ledger cannot be read."""
        self.today, self.by_service = self._ledger.spent_usd(), self._ledger.spent_by_service()
        self._unread.off()

    def refresh(self) -> None:
        """Read the sums again if the ledger can be read."""
        try:
            self.read()
        except StorageError as error:
            self.unreadable(error)

    def unreadable(self, error: StorageError) -> None:
        """Note that the ledger cannot be read now."""
        self.today = None
        self._unread.on(str(error))

    def note(self, result: ProbeResult) -> None:
        """Note an attempt: one that may have cost money changes the sums."""
        is_order = result.probe.is_paid and result.error_class is not ErrorClass.BUDGET_EXHAUSTED
        if result.rule == NOT_KEPT:
            self._unkept.on(result.detail)
        elif is_order:
            self._unkept.off()
        if is_order or result.cost_usd:
            self.refresh()

    def last_paid(self, service_id: str, probe: ProbeKind) -> float | None:
        """Return when a paid probe last ran, by any process, in our Unix time, or None; now if that cannot be read.

        The scheduler then waits a whole interval, as if money had just been spent.
        """
        try:
            last = self._ledger.last_attempt(service_id, probe)
            return None if last is None else last - self._ledger.now() + self._clock.now()
        except StorageError as error:
            self.unreadable(error)
            return self._clock.now()
