"""Prometheus' answers as findings of each service. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sora_exporter.history.prometheus import Series
from sora_exporter.report.findings import (
    LEAST_COVERAGE,
    LEAST_SECONDS,
    WEEK,
    Bar,
    Facts,
    Figures,
    Price,
    ServiceFindings,
    Window,
)
from sora_exporter.report.incidents import incidents
from sora_exporter.result import SEVERITY, Depth, ErrorClass, Status

RANKED: Final = tuple(status for status in Status if status is not Status.UNKNOWN)
"""Statuses by the number that the rules give them."""
CLASSES: Final = frozenset(ErrorClass)
DEPTHS: Final = frozenset(Depth)

Numbers = Mapping[str, Mapping[str, float]]
"""One number per question and service_id."""
Minutes = Mapping[str, Mapping[int, frozenset[str]]]
"""Per service_id and minute (Unix seconds), the error classes of its samples; empty where they have no such label."""
Sums = Mapping[str, Mapping[int, float]]
"""Per service_id, a sum of minutes at the end of each bar (Unix seconds)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers, by query; ``last`` is the window's last minute (Unix seconds)."""

    window: Window
    last: int
    series: Mapping[str, Sequence[Series]]
    numbers: Numbers
    minutes: Mapping[str, Minutes]
    sums: Mapping[str, Sums]


def numbers(answer: Iterable[Series]) -> dict[str, float]:
    """Return the finite value of each service in the answer to an instant query."""
    return {
        one.labels["service_id"]: one.value for one in answer if "service_id" in one.labels and math.isfinite(one.value)
    }


def described(answer: Iterable[Series]) -> dict[str, Facts]:
    """Return each service by its latest description; the value of a series is the time of that description."""
    found: dict[str, Facts] = {}
    for one in sorted(answer, key=lambda one: one.value):
        service_id = one.labels.get("service_id", "")
        name = one.labels.get("name") or service_id
        rest = (one.labels.get(label, "") for label in ("product", "access", "provider", "model", "api"))
        found[service_id] = Facts(service_id, name, *rest)
    return found


def service_findings(answers: Answers, facts: Facts) -> ServiceFindings:
    """Return the findings about one service."""
    service_id, window, last = facts.service_id, answers.window, answers.last
    status = _status(answers.numbers, service_id)
    since = answers.numbers["recorded_since"].get(service_id)
    recommended = answers.numbers["recommended"].get(service_id)
    classes = _classes(answers.minutes["error_classes"], service_id)
    start, coverage = last - window.seconds, answers.numbers["coverage"].get(service_id, 0.0)
    if status is Status.OPERATIONAL and coverage * window.seconds < LEAST_SECONDS:
        status = Status.UNKNOWN
    # A record that is a bar younger than the window shows in its chart; a minute or two are the exporter's start.
    young = since if since is not None and since > start + window.bar_seconds else None

    def number(question: str) -> float | None:
        return answers.numbers[question].get(service_id)

    return ServiceFindings(
        facts=facts,
        status=status,
        error_class=_error_class(answers.series["error_class"], service_id, status),
        is_recommended=None if recommended is None else recommended == 1 and not has_ended(number("sunset"), last),
        coverage=coverage,
        recorded_since=young,
        figures=_figures(answers, service_id, window.seconds if young is None else last - young),
        objective=number("objective"),
        price=_price(answers.series["price"], service_id),
        sunset=number("sunset"),
        incidents=incidents(answers.minutes["unavailable"].get(service_id, {}), classes, start, last),
        silences=incidents(answers.minutes["silent"].get(service_id, {}), classes, start, last),
        bars=_bars(answers, service_id),
        proven=_proven(answers.series["proven"], service_id, start),
    )


def _status(found: Numbers, service_id: str) -> Status | None:
    severity = found["severity"].get(service_id)
    if severity is not None:
        return RANKED[int(severity)]
    return Status.UNKNOWN if service_id in found["known"] else None


def _error_class(answer: Sequence[Series], service_id: str, status: Status | None) -> ErrorClass | None:
    """Return the class that most exporters give for this status, None if they give none."""
    given = [
        (one.value, ErrorClass(one.labels["error_class"]))
        for one in answer
        if one.labels.get("service_id") == service_id and one.labels.get("error_class") in CLASSES
    ]
    fitting = [(count, error_class) for count, error_class in given if error_class.status is status]
    return max(fitting, default=(0, None))[1]


def _proven(answer: Sequence[Series], service_id: str, start: int) -> Depth | None:
    """Return the deepest depth proven since the start of the window; a value is the time of a proof (Unix seconds)."""
    found = (
        Depth(one.labels["depth"])
        for one in answer
        if one.labels.get("service_id") == service_id and one.labels.get("depth") in DEPTHS and one.value >= start
    )
    return max(found, key=lambda depth: depth.rank, default=None)


def _price(answer: Sequence[Series], service_id: str) -> Price | None:
    prices = [
        Price(one.value, one.labels.get("unit", "")) for one in answer if one.labels.get("service_id") == service_id
    ]
    return min(prices, key=lambda price: price.unit, default=None)


def _classes(minutes: Minutes, service_id: str) -> dict[int, list[ErrorClass]]:
    return {
        minute: sorted((ErrorClass(name) for name in names if name in CLASSES), key=lambda one: SEVERITY[one.status])
        for minute, names in minutes.get(service_id, {}).items()
    }


def has_ended(sunset: float | None, at: float) -> bool:
    """Return whether an end of life has come at a moment; both are Unix time."""
    return sunset is not None and sunset <= at


def _figures(answers: Answers, service_id: str, recorded_seconds: float) -> Figures | None:
    """Return the figures; None if too little of the recorded time was observed or a recorded figure is missing."""
    found = {question: values.get(service_id) for question, values in answers.numbers.items()}
    coverage, availability = found["coverage"], found["availability"]
    episodes, hours = found["episodes"], found["hours"]
    if coverage is None or availability is None or episodes is None or hours is None:
        return None
    observed_seconds = coverage * answers.window.seconds
    if observed_seconds < max(LEAST_COVERAGE * recorded_seconds, LEAST_SECONDS):
        return None
    stars = found["stars"] if (found["coverage_of_stars"] or 0.0) >= LEAST_COVERAGE else None
    return Figures(
        availability=availability,
        episodes=round(episodes),
        episodes_per_week=episodes * WEEK / observed_seconds,
        risk_control_hours=hours,
        risk_control_share=hours * 3600 / observed_seconds,
        response_seconds=found["response"],
        stars=None if stars is None else round(stars),
    )


def _bars(answers: Answers, service_id: str) -> list[Bar]:
    length = answers.window.bar_seconds
    evidence = answers.sums["evidence"].get(service_id, {})
    available = answers.sums["available"].get(service_id, {})
    ends = range(answers.last - answers.window.seconds + length, answers.last + 1, length)
    return [
        Bar(
            end,
            available.get(end, 0.0) / seen if (seen := evidence.get(end)) else None,
            min(1.0, (seen or 0.0) * 60 / length),
        )
        for end in ends
    ]
