"""The state of our own network, judged by every attempt to reach another host."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Witness:
    """One attempt to reach a host; it counts until ``until`` (monotonic).

    ``is_ours`` marks a failure caused by a missing network or resolver on our side, not by any other host.
    """

    is_reached: bool
    until: float
    is_ours: bool = False


class Reachability:
    """Our own network as the latest attempts show it: it is lost when no host at all can be reached.

    A single unreachable provider proves nothing, unless the failure is certainly ours; at least two providers, or one
    and an official page, are needed. ``contact_at`` is the last time any host was reached, ``back_at`` the end of the
    last loss, both monotonic.
    """

    def __init__(self) -> None:
        self._witnesses: dict[str, Witness] = {}
        self._is_lost = False
        self._until = math.inf
        self.contact_at = self.back_at = -math.inf

    def note(self, name: str, witness: Witness, monotonic: float) -> None:
        """Take in the latest attempt to reach a host."""
        self._witnesses[name] = witness
        if witness.is_reached:
            self.contact_at = monotonic
            self.back_at = monotonic if self._is_lost else self.back_at
            self._is_lost, self._until = False, witness.until
        else:
            self._weigh(monotonic)

    def is_lost(self, monotonic: float) -> bool:
        """Return whether nothing at all can be reached."""
        if monotonic > self._until:
            self._weigh(monotonic)
        return self._is_lost

    def was_lost_since(self, moment: float, monotonic: float) -> bool:
        """Return whether the network was lost at some time since a moment; only the last of earlier losses is known."""
        return self.is_lost(monotonic) or moment < self.back_at

    def keep_only(self, names: set[str], monotonic: float) -> None:
        """Forget the hosts not named."""
        self._witnesses = {name: seen for name, seen in self._witnesses.items() if name in names}
        self._weigh(monotonic)

    def _weigh(self, monotonic: float) -> None:
        fresh = [seen for seen in self._witnesses.values() if monotonic <= seen.until]
        is_proved = len(fresh) >= 2 or any(seen.is_ours for seen in fresh)
        self._is_lost = is_proved and not any(seen.is_reached for seen in fresh)
        self._until = min((seen.until for seen in fresh), default=math.inf)
