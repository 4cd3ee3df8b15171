"""The simulated provider's state: peer, behaviours, balance, jobs, and the journal of its requests."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .answers import Answers
from .behaviours import BEHAVIOURS, Behaviour
from .gateways import Peer, find_peer
from .jobs import Job
from .scenarios import MODELS, Model, Scenario

JOURNAL_ENTRIES = 100_000
UNITS_PER_USD = 500_000
"""new-api counts money in these units."""


@dataclass
class Simulation:
    """One provider. ``clock`` gives Unix seconds; ``sleep`` waits for seconds of that same clock."""

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    answers: Answers
    render_seconds: float = 2.0
    seed: int = 0
    scenario: str = ""
    peer: Peer = field(default_factory=find_peer)
    granted_usd: float = 100.0
    models: dict[str, Model] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    journal: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=JOURNAL_ENTRIES))
    _created: int = 0
    _requests: Counter[str] = field(default_factory=Counter)

    def enter(self, scenario: Scenario) -> None:
        """Put every model into the state of this scenario."""
        self.scenario = scenario.name
        self.models = {
            name: model if scenario.shutdown_dates else replace(model, shutdown_date=None)
            for name, model in {**self.models, **MODELS}.items()
        }
        self.behaviours = {name: scenario.behaviour_of(name) for name in self.models}

    def meet(self, model: str) -> Behaviour:
        """Return the behaviour this request meets; with a share below 1 the misses are spread evenly."""
        behaviour = self.behaviours[model]
        number = self._requests[model] + self.seed
        self._requests[model] += 1
        is_hit = math.floor((number + 1) * behaviour.share) > math.floor(number * behaviour.share)
        return behaviour if is_hit else BEHAVIOURS["operational"]

    @property
    def spent_usd(self) -> float:
        """US dollars that the journal's requests cost."""
        return round(sum(float(entry["cost_usd"]) for entry in self.journal), 6)

    def amounts(self) -> dict[str, float]:
        """Return the caller's money as the balance calls give it; nothing is left under ``our_empty_balance``."""
        used = self.granted_usd if self.peer.condition == "our_empty_balance" else self.spent_usd
        amounts = {"granted": self.granted_usd, "used": used, "left": round(max(self.granted_usd - used, 0.0), 6)}
        units = {f"{name}_units": round(usd * UNITS_PER_USD) for name, usd in amounts.items()}
        return {**{f"{name}_usd": usd for name, usd in amounts.items()}, **units, "used_cents": round(used * 100, 4)}

    def price(self, model: str, seconds: float) -> float:
        """Return the US dollars that one create of this model costs."""
        entry = self.models[model]
        return round(entry.price_per_request + entry.price_per_second * seconds, 6)

    def accept(self, api: str, prefix: str, request: Mapping[str, Any], behaviour: Behaviour, **facts: Any) -> Job:
        """Create a job; ``facts`` are cost_usd and base_url. Its id depends on seed and number only."""
        self._created += 1
        identity = prefix + hashlib.sha256(f"{self.seed}/job/{self._created}".encode()).hexdigest()[:32]
        error = self.answers.job_error(behaviour.answer) if behaviour.stage == "job" and behaviour.answer else {}
        job = Job(
            identity,
            api,
            request["model"],
            request,
            behaviour,
            error,
            created_at=self.clock(),
            render_seconds=self.render_seconds,
            **facts,
        )
        self.jobs[identity] = job
        return job

    def record(self, method: str, path: str, **facts: Any) -> None:
        """Write one request into the journal; ``facts`` are further members of the entry."""
        entry = {
            "time": self.clock(),
            "action": None,
            "method": method,
            "path": path,
            "http_status": None,
            "model": None,
            "job_id": None,
            "behaviour": None,
            "reached_maker": False,
            "cost_usd": 0.0,
        }
        self.journal.append({**entry, **facts})
