"""A Prometheus that answers from a script, without any connection."""

from __future__ import annotations

from collections.abc import Mapping

from sora_exporter.history.prometheus import Access, PrometheusApi, PrometheusError, Series
from support.clock import MIDNIGHT

DAY = 86_400


class ScriptedPrometheus(PrometheusApi):
    """Answers by the first key that a query contains; ``refusal`` replaces every answer."""

    def __init__(self, numbers: Mapping[str, Mapping[str, float]], days: Mapping[str, Mapping[int, float]]) -> None:
        super().__init__(Access("http://prometheus.example"))
        self.numbers, self.days = numbers, days
        self.refusal = ""
        self.asked: list[str] = []

    def _require(self, expression: str) -> None:
        self.asked.append(expression)
        if self.refusal:
            raise PrometheusError(self.refusal)

    async def query(self, expression: str, at: float) -> list[Series]:
        """Return a number per service."""
        self._require(expression)
        found = next((numbers for key, numbers in self.numbers.items() if key in expression), {})
        return [Series({"service_id": service_id}, [(at, value)]) for service_id, value in found.items()]

    async def query_range(self, expression: str, start: float, end: float, step_seconds: int) -> list[Series]:
        """Return one service's series, ``alpha``: a number at the end of each day."""
        self._require(expression)
        found = next((days for key, days in self.days.items() if key in expression), {})
        moments = range(int(start), int(end) + 1, step_seconds)
        samples = [(float(at), found[at // DAY * DAY]) for at in moments if at // DAY * DAY in found]
        return [Series({"service_id": "alpha"}, samples)] if samples else []


def two_days_on_record() -> ScriptedPrometheus:
    """Two whole days on record, the second one with a fault, and twelve good hours of today."""
    return ScriptedPrometheus(
        {
            "ratio24h": {"alpha": 0.99},
            "ratio30d": {"alpha": 0.95, "beta": 1.0},
            "stars": {"alpha": 4.0},
            "episodes": {"alpha": 3.0},
            "control_hours": {"alpha": 7.5},
            "available:hourly": {"alpha": 720.0},
            "evidence:hourly": {"alpha": 720.0},
        },
        {
            "available:hourly": {MIDNIGHT - DAY: 1440.0, MIDNIGHT: 720.0},
            "evidence:hourly": {MIDNIGHT - DAY: 1440.0, MIDNIGHT: 1440.0},
        },
    )
