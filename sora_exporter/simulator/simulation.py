"""The simulated provider's state: behaviours, jobs and the journal of what was asked of it."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .answers import Answers
from .behaviours import BEHAVIOURS, Behaviour
from .jobs import Job
from .scenarios import MODELS, Model, Scenario

JOURNAL_ENTRIES = 100_000


@dataclass
class Simulation:
    """One provider. ``clock`` gives Unix seconds; ``sleep`` waits for seconds of that same clock."""

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    answers: Answers
    render_seconds: float = 2.0
    seed: int = 0
    scenario: str = ""
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

    def price(self, model: str, seconds: float) -> float:
        """US dollars one create of this model costs."""
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
            "cost_usd": 0.0,
        }
        self.journal.append({**entry, **facts})
