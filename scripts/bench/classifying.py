"""The CPU time of one classification: of recorded answers, and of hostile bodies as they grow."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bench.classify import CORPUS, HOSTILE, SIZES, seconds_for
from sora_exporter.result import Answer

FIELDS = ("endpoint", "access", "http_status", "headers", "body", "transport_error")


@dataclass(frozen=True)
class Classifying:
    """CPU seconds of a recorded answer, and how much longer the worst hostile body of eight times the size takes."""

    seconds: float
    growth: float


def measure_classifying() -> Classifying:
    """Classify the whole corpus, and each kind of hostile body small and large."""
    lines = [
        json.loads(line)
        for path in sorted(CORPUS.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    answers = [Answer(**{name: line.get(name) for name in FIELDS}) for line in lines]
    growth = [_seconds(build(SIZES[-1])) / _seconds(build(SIZES[0])) for build in HOSTILE.values()]
    return Classifying(seconds_for(answers), max(growth))


def _seconds(body: str) -> float:
    return seconds_for([Answer(http_status=500, body=body)])
