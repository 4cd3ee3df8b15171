"""An invented month of one service, from a seed: the error class of each minute, and the totals.

The exact totals (availability, episodes, hours) are the ground truth in the tests of rules, dashboards and reports.
Pure: no clock, no files; the same arguments give the same history on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from random import Random

from sora_exporter.result import ErrorClass, Status

MINUTES_A_DAY = 24 * 60
CALM_MINUTES = 180
"""An episode of risk control ends after so many minutes without any."""
_APART_MINUTES = 30
"""The shortest pause between two incidents, and after the last one."""

_RISK_CONTROL_CLASSES = (ErrorClass.RISK_CONTROL, ErrorClass.RATE_LIMITED, ErrorClass.CAPTCHA)


@dataclass(frozen=True, slots=True)
class ServiceStory:
    """One service as the exporter would export it, and the plan of its month.

    ``availability`` is the ratio to reach over the minutes with evidence. ``episodes`` of risk control begin in thirty
    days and take ``risk_control_share`` of the failed minutes; the rest goes to incidents of ``faults``, most of them
    short. ``unknown_minutes`` are silent (our own balance), half of them in the middle of an episode if there is one.
    """

    id: str
    name: str
    product: str
    access: str
    provider: str
    model: str
    api: str
    availability: float
    objective: float | None = None
    price_usd: float = 0.0
    price_unit: str = "second"
    sunset: float | None = None
    response_seconds: float = 2.0
    episodes: int = 0
    risk_control_share: float = 0.0
    faults: Sequence[ErrorClass] = (ErrorClass.OVERLOADED, ErrorClass.SERVER_ERROR, ErrorClass.TIMEOUT)
    unknown_minutes: int = 0

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of sora_service_info beside service_id."""
        return {
            "name": self.name,
            "product": self.product,
            "access": self.access,
            "provider": self.provider,
            "model": self.model,
            "api": self.api,
        }


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of one error class, from its first minute up to the one after its last, in Unix seconds."""

    start: int
    end: int
    error_class: ErrorClass


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The history of one service: the error class of each minute, the last of them at ``end`` (Unix seconds)."""

    service: ServiceStory
    end: int
    minutes: Sequence[ErrorClass]
    responses: Sequence[float] = field(repr=False)
    """Response time in seconds of each minute; meaningless where the minute was not available."""

    @property
    def start(self) -> int:
        """Unix seconds of the first minute."""
        return self.end - 60 * (len(self.minutes) - 1)

    @property
    def times(self) -> range:
        """Unix seconds of every minute."""
        return range(self.start, self.end + 60, 60)

    @property
    def evidence_minutes(self) -> int:
        return sum(is_evidence(error_class) for error_class in self.minutes)

    @property
    def available_minutes(self) -> int:
        return sum(is_available(error_class) for error_class in self.minutes)

    @property
    def availability(self) -> float:
        """Available minutes per minute with evidence, 0 to 1."""
        return self.available_minutes / self.evidence_minutes

    @property
    def coverage(self) -> float:
        """Minutes with evidence per minute, 0 to 1."""
        return self.evidence_minutes / len(self.minutes)

    @property
    def episodes(self) -> int:
        """The number of episodes of risk control that began; neither silence nor a short calm ends one."""
        return self.risk_control_minutes.count(0)

    @property
    def risk_control_hours(self) -> float:
        """Hours of the episodes, each counted whole."""
        return sum(max(minutes, 1) for minutes in self.risk_control_minutes if minutes is not None) / 60

    @property
    def risk_control_minutes(self) -> list[int | None]:
        """For each minute of risk control, the minutes since the one before; 0 where an episode begins, else None."""
        before, since = -CALM_MINUTES, list[int | None]()
        for minute, error_class in enumerate(self.minutes):
            pause = minute - before
            is_limited = error_class.status is Status.RISK_CONTROL
            since.append((pause if pause < CALM_MINUTES else 0) if is_limited else None)
            before = minute if is_limited else before
        return since

    @property
    def incidents(self) -> list[Incident]:
        """Every stretch that was not operational, oldest first; silent ones too."""
        stretches: list[Incident] = []
        start = self.start
        for error_class, run in groupby(self.minutes):
            end = start + 60 * sum(1 for _ in run)
            if error_class is not ErrorClass.NONE:
                stretches.append(Incident(start, end, error_class))
            start = end
        return stretches


def is_evidence(error_class: ErrorClass) -> bool:
    """Return whether a minute of this class counts in the denominator of availability."""
    return error_class.status not in (Status.UNKNOWN, Status.RETIRED)


def is_available(error_class: ErrorClass) -> bool:
    """Return whether a minute of this class counts in the numerator of availability."""
    return error_class.status is Status.OPERATIONAL or error_class is ErrorClass.SLOW


def invent_history(service: ServiceStory, end: float, days: int = 30, seed: int = 0) -> ServiceHistory:
    """Return ``days`` of minutes up to ``end`` (Unix seconds, rounded down to the minute) that go as the story says."""
    random = Random(f"{seed} {service.id}")  # noqa: S311 - reproducible, not secret
    total = days * MINUTES_A_DAY
    unknown = service.unknown_minutes * days // 30
    failed = round((1 - service.availability) * (total - unknown))
    minutes = _lay_out(list(_stretches(service, failed, unknown, days, random)), total)
    return ServiceHistory(service, int(end) // 60 * 60, minutes, _response_times(service, total, random))


def _stretches(
    service: ServiceStory, failed: int, unknown: int, days: int, random: Random
) -> Iterator[tuple[float, list[ErrorClass]]]:
    """Yield the stretches of faults and silence, placed between 0 and 1: ``failed`` and ``unknown`` minutes in total.

    Stretches of one kind are spread evenly, so that every week has its share.
    """
    episodes = round(service.episodes * days / 30)
    in_risk_control = round(failed * service.risk_control_share) if episodes else 0
    silent = [ErrorClass.QUOTA_EXHAUSTED] * (unknown // 2 if episodes else 0)
    for place, length in _portions(in_risk_control, episodes, random):
        episode = [random.choice(_RISK_CONTROL_CLASSES)] * length
        yield place, [*episode[: length // 2], *silent, *episode[length // 2 :]]
        unknown -= len(silent)
        silent = []
    yield random.random(), [ErrorClass.QUOTA_EXHAUSTED] * unknown
    rest = failed - in_risk_control
    for place, length in _portions(rest, min(rest, max(1, days // 4)), random):
        yield place, [random.choice(service.faults)] * length


def _portions(amount: int, count: int, random: Random) -> list[tuple[float, int]]:
    """Return ``count`` whole parts of ``amount`` of different lengths, each at least 1, with places between 0 and 1."""
    weights = [random.uniform(0.4, 1.6) for _ in range(count)]
    bounds = [round((amount - count) * sum(weights[:number]) / sum(weights, 1e-9)) for number in range(count)]
    lengths = [after - before + 1 for before, after in pairwise([*bounds, amount - count])]
    return [((number + random.random()) / count, length) for number, length in enumerate(lengths)]


def _lay_out(stretches: Sequence[tuple[float, Sequence[ErrorClass]]], total: int) -> list[ErrorClass]:
    """Return ``total`` minutes with the stretches at their places, never closer together than two may be."""
    free = total - sum(len(stretch) for _, stretch in stretches) - _APART_MINUTES * (len(stretches) + 1)
    if free < 0:
        raise ValueError(f"{total} minutes are too short for {len(stretches)} incidents")
    minutes: list[ErrorClass] = []
    gone = 0
    for place, stretch in sorted(stretches, key=lambda placed: placed[0]):
        minutes += [ErrorClass.NONE] * (int(place * free) - gone + _APART_MINUTES)
        minutes += stretch
        gone = int(place * free)
    return minutes + [ErrorClass.NONE] * (total - len(minutes))


def _response_times(service: ServiceStory, total: int, random: Random) -> list[float]:
    """Return a response time in seconds for each minute: a slow wave with noise on it, two decimals."""
    level, times = 0.0, []
    for _ in range(total):
        level = 0.98 * level + random.uniform(-0.05, 0.05)
        times.append(round(service.response_seconds * (1 + level), 2))
    return times
