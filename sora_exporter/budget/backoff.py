"""The growing waits of services whose paid attempts make no job, so that a dead route drains no budget."""

from __future__ import annotations

from collections.abc import Callable

from sora_exporter.budget.jobs import logged_if_not_stored
from sora_exporter.budget.ledger import Ledger

LONGEST_WAIT_SECONDS = 86400.0
MOST_DOUBLINGS = 20


class Backoff:
    """The wait before each service's next paid attempt; stored in the ledger, so that a restart does not shorten it.

    ``now`` returns Unix time.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], float]) -> None:
        self._ledger, self._now = ledger, now
        self._fruitless = dict(ledger.fruitless())
        self._worked: dict[tuple[str, str], bool] = {}

    def wait_seconds(self, service_id: str, interval: float) -> float:
        """Return how long the next paid attempt still waits; ``interval`` is the usual one of the probe, in seconds."""
        attempts, ended_at = self._fruitless.get(service_id, (0, 0.0))
        if attempts == 0:
            return 0.0
        doubled = interval * 2.0 ** min(attempts, MOST_DOUBLINGS)
        wait = min(doubled, LONGEST_WAIT_SECONDS)
        # After the clock stepped back the attempt seems to lie in the future.
        return min(max(ended_at + wait - self._now(), 0.0), wait)

    def read_again(self) -> None:
        """Read the ledger again for the attempts of other processes; if that fails, nothing changes."""
        with logged_if_not_stored("paid attempts without a job not read"):
            self._fruitless = dict(self._ledger.fruitless())

    def paid(self, service_id: str, *, is_fruitless: bool) -> None:
        """Note a paid attempt whose request was sent: one that made no job, or one that made a job."""
        if not is_fruitless:
            self._forget(service_id)
            return
        attempts = self._fruitless.get(service_id, (0, 0.0))[0] + 1
        self._fruitless[service_id] = attempts, self._now()
        with logged_if_not_stored("paid attempts without a job", service_id):
            self._ledger.note_fruitless(service_id, attempts, self._now())

    def free(self, service_id: str, probe: str, *, is_success: bool) -> None:
        """Note a free attempt; one that succeeds after a failure ends the wait."""
        if is_success and self._worked.get((service_id, probe)) is False:
            self._forget(service_id)
        self._worked[service_id, probe] = is_success

    def _forget(self, service_id: str) -> None:
        if self._fruitless.pop(service_id, None) is not None:
            with logged_if_not_stored("paid attempts make jobs again", service_id):
                self._ledger.forget_fruitless(service_id)
