"""A circuit breaker per route: a route that failed several times in a row is skipped for a while, then tried once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sora_exporter.result import ErrorClass

OPENS_AFTER = 3
OPEN_SECONDS = 30.0
NOT_THE_ROUTES_FAULT = frozenset({ErrorClass.NONE, ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})


@dataclass
class Circuit:
    """The faults of one route in a row; the circuit is closed below OPENS_AFTER."""

    faults: int = 0
    next_trial_at: float = 0.0


class Breaker:
    """Every route's circuit, on the monotonic clock given."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._circuits: dict[str, Circuit] = {}

    def admits(self, service_id: str) -> bool:
        """Return whether the route may be tried now; an open circuit admits one caller per OPEN_SECONDS."""
        circuit = self._circuits.get(service_id)
        if circuit is None or circuit.faults < OPENS_AFTER:
            return True
        if self._monotonic() < circuit.next_trial_at:
            return False
        circuit.next_trial_at = self._monotonic() + OPEN_SECONDS
        return True

    def note(self, service_id: str, error_class: ErrorClass) -> None:
        """Note the outcome of an attempt."""
        circuit = self._circuits.setdefault(service_id, Circuit())
        circuit.faults = 0 if error_class in NOT_THE_ROUTES_FAULT else circuit.faults + 1
        circuit.next_trial_at = self._monotonic() + OPEN_SECONDS
