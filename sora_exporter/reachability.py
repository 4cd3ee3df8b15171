"""Whether our own network is there, told by every attempt to reach anybody."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Witness:
    """Whether a connection to a host came about, and until when (monotonic) that counts."""

    is_reached: bool
    until: float


class Reachability:
    """What the latest attempts say of our own network: it is lost when nothing at all can be reached.

    One unreachable provider alone proves nothing; two, or one and an official page, are the least.
    """

    def __init__(self) -> None:
        self._witnesses: dict[str, Witness] = {}
        self._is_lost = False
        self._until = math.inf

    def note(self, name: str, witness: Witness, monotonic: float) -> None:
        """Take in the latest attempt to reach a host."""
        self._witnesses[name] = witness
        if witness.is_reached:
            self._is_lost, self._until = False, witness.until
        else:
            self._weigh(monotonic)

    def is_lost(self, monotonic: float) -> bool:
        """Whether nothing at all can be reached."""
        if monotonic > self._until:
            self._weigh(monotonic)
        return self._is_lost

    def keep_only(self, names: set[str], monotonic: float) -> None:
        """Forget the hosts not named."""
        self._witnesses = {name: seen for name, seen in self._witnesses.items() if name in names}
        self._weigh(monotonic)

    def _weigh(self, monotonic: float) -> None:
        fresh = [seen for seen in self._witnesses.values() if monotonic <= seen.until]
        self._is_lost = len(fresh) >= 2 and not any(seen.is_reached for seen in fresh)
        self._until = min((seen.until for seen in fresh), default=math.inf)
