"""What is known of every service: the latest evidence, a bounded memory, and the one place that decides a status."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.result import SEVERITY, ErrorClass, ProbeKind, ProbeResult, Status

FRESH_INTERVALS = 2.5
MARKS_KEPT, RESULTS_KEPT, FAILURES_KEPT = 40, 6, 20
PROBE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 300.0)
GENERATION_BUCKETS = (5.0, 10.0, 20.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 600.0, 900.0, 1800.0)

NOT_ASKED = frozenset({ErrorClass.BUDGET_EXHAUSTED, ErrorClass.INTERNAL})
"""Classes of attempts that never reached the provider: what was known before still stands until it is too old."""

UNREACHED = frozenset({ErrorClass.CONNECTION, ErrorClass.DNS, ErrorClass.TIMEOUT})
DEPTH = {probe: depth for depth, probe in enumerate(ProbeKind)}


class Distribution:
    """A histogram's counts: one per bucket (the last is +Inf), and the sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def cumulative(self) -> Iterator[tuple[str, float]]:
        """Yield (upper bound, count of all values up to it), the way histograms are exposed."""
        total = 0
        for bound, count in zip((*map(_bound, self.bounds), "+Inf"), self.counts, strict=True):
            total += count
            yield bound, float(total)


def _bound(value: float) -> str:
    return repr(float(value))


@dataclass(frozen=True, slots=True)
class Mark:
    """One attempt as a small mark in a strip: when (Unix time), and what it was."""

    at: float
    error_class: ErrorClass


@dataclass
class ProbeTrack:
    """Everything remembered of one probe of one service. ``*_at`` without other word are monotonic seconds."""

    interval: float
    latest: ProbeResult | None = None
    evidence: ProbeResult | None = None
    evidence_at: float = 0.0
    attempts: int = 0
    failures: Counter[ErrorClass] = field(default_factory=Counter)
    durations: Distribution = field(default_factory=lambda: Distribution(PROBE_BUCKETS))
    marks: deque[Mark] = field(default_factory=lambda: deque(maxlen=MARKS_KEPT))
    results: deque[ProbeResult] = field(default_factory=lambda: deque(maxlen=RESULTS_KEPT))
    failed: deque[ProbeResult] = field(default_factory=lambda: deque(maxlen=FAILURES_KEPT))

    def record(self, result: ProbeResult, monotonic: float) -> None:
        """Count one attempt and keep it; failures stay longer than successes."""
        self.attempts += 1
        self.durations.observe(result.duration_seconds)
        self.latest = result
        self.marks.append(Mark(result.started_at, result.error_class))
        self.results.append(result)
        if not result.is_success:
            self.failures[result.error_class] += 1
            self.failed.append(result)
        if result.error_class not in NOT_ASKED or self.evidence is None or self.evidence.error_class in NOT_ASKED:
            self.evidence, self.evidence_at = result, monotonic

    def fresh_evidence(self, monotonic: float) -> ProbeResult | None:
        """Return the evidence that still counts, or None."""
        is_fresh = monotonic - self.evidence_at <= FRESH_INTERVALS * self.interval
        return self.evidence if self.evidence is not None and is_fresh else None

    def kept(self) -> list[ProbeResult]:
        """Return the attempts still remembered, newest first."""
        both = {id(result): result for result in (*self.results, *self.failed)}
        return sorted(both.values(), key=lambda result: result.started_at, reverse=True)


@dataclass
class ServiceTrack:
    """Everything remembered of one service. ``since`` is Unix time."""

    service: Service
    probes: dict[ProbeKind, ProbeTrack]
    status: Status = Status.UNKNOWN
    since: float = 0.0
    latest: ProbeResult | None = None
    discovered_sunset_at: float | None = None
    generations: Distribution = field(default_factory=lambda: Distribution(GENERATION_BUCKETS))

    @property
    def sunset_at(self) -> float | None:
        """The end of life: as configured, else as the provider announced it. Unix time."""
        return self.service.sunset_at or self.discovered_sunset_at


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A service's status now, the class behind it and the attempt that decided it (None: nothing did)."""

    status: Status
    error_class: ErrorClass
    since: float
    decided_by: ProbeResult | None

    @property
    def up(self) -> float | None:
        """1 if the service gives what is asked of it, 0 if not, None while nothing can be said of it."""
        if self.status in (Status.UNKNOWN, Status.RETIRED):
            return None
        return float(self.status is Status.OPERATIONAL or self.error_class is ErrorClass.SLOW)


@dataclass
class Witness:
    """When a host was last tried and whether a connection came about; monotonic seconds."""

    at: float
    is_reached: bool
    interval: float


class State:
    """The exporter's memory. ``record`` is its only writer; everything else reads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tracks: dict[str, ServiceTrack] = {}
        self._witnesses: dict[str, Witness] = {}

    def configure(self, config: Config) -> None:
        """Take over a configuration: a service that reaches the same model the same way keeps what is known of it."""
        now = self._clock.now()
        old = self._tracks
        self._tracks = {}
        for service in config.services:
            track = old.get(service.id)
            if track is None or _route(track.service) != _route(service):
                track = ServiceTrack(service, {}, since=now)
            track.service = service
            kept = {probe: track.probes[probe] for probe in service.probes if probe in track.probes}
            track.probes = {
                probe: kept.get(probe) or ProbeTrack(settings.interval) for probe, settings in service.probes.items()
            }
            for probe, settings in service.probes.items():
                track.probes[probe].interval = settings.interval
            self._tracks[service.id] = track
        known = {*config.providers, *(f"page:{name}" for name in config.status_pages)}
        self._witnesses = {name: seen for name, seen in self._witnesses.items() if name in known}

    def record(self, result: ProbeResult) -> None:
        """Take in one attempt. Of a service that is not configured any more, nothing is kept."""
        track = self._tracks.get(result.service_id)
        if track is None:
            return
        monotonic = self._clock.monotonic()
        probe = track.probes.setdefault(result.probe, ProbeTrack(_usual_interval(track)))
        probe.record(result, monotonic)
        track.latest = result
        track.discovered_sunset_at = result.sunset_at or track.discovered_sunset_at
        if result.generation_seconds is not None:
            track.generations.observe(result.generation_seconds)
        if result.error_class not in NOT_ASKED:
            self.witness(track.service.provider, result.is_reached, probe.interval)
        self._advance(track)

    def witness(self, name: str, is_reached: bool, interval: float) -> None:
        """Note whether a provider or an official page (``page:NAME``) could be reached at all."""
        self._witnesses[name] = Witness(self._clock.monotonic(), is_reached, interval)

    @property
    def services(self) -> Mapping[str, ServiceTrack]:
        """Every service's track by id, in the order of the configuration."""
        return self._tracks

    def verdict(self, service_id: str) -> Verdicts:
        """Return the service's status now; evidence that grew too old since the last attempt no longer counts."""
        return self._advance(self._tracks[service_id])

    def is_network_lost(self) -> bool:
        """Whether nothing at all can be reached: then it is our network, and no service is to blame.

        One unreachable provider alone proves nothing; two, or one and an official page, are the least.
        """
        monotonic = self._clock.monotonic()
        fresh = [seen for seen in self._witnesses.values() if monotonic - seen.at <= FRESH_INTERVALS * seen.interval]
        return len(fresh) >= 2 and not any(seen.is_reached for seen in fresh)

    def _advance(self, track: ServiceTrack) -> Verdicts:
        status, error_class, decided_by = self._judge(track)
        if status is not track.status:
            track.status, track.since = status, self._clock.now()
        return Verdicts(status, error_class, track.since, decided_by)

    def _judge(self, track: ServiceTrack) -> tuple[Status, ErrorClass, ProbeResult | None]:
        """The most severe status that fresh evidence shows; of equals the deeper probe's, which proves more."""
        monotonic = self._clock.monotonic()
        fresh = [found for probe in track.probes.values() if (found := probe.fresh_evidence(monotonic))]
        if not fresh:
            return Status.UNKNOWN, ErrorClass.NOT_PROBED, track.latest
        decisive = max(fresh, key=lambda result: (SEVERITY[result.error_class.status], DEPTH[result.probe]))
        error_class = decisive.error_class
        if error_class in UNREACHED and not decisive.is_reached and self.is_network_lost():
            error_class = ErrorClass.LOCAL_NETWORK
        return error_class.status, error_class, decisive


def _route(service: Service) -> tuple[str, ...]:
    return service.provider, service.model, service.api, service.access


def _usual_interval(track: ServiceTrack) -> float:
    return max((probe.interval for probe in track.probes.values()), default=60.0)
