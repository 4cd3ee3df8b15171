"""The remembered attempts of a service and of each of its probes: bounded, counted, and weighed for a status."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field, replace

from sora_exporter.config import Service
from sora_exporter.config.maintenance import Maintenance, Window
from sora_exporter.config.target import Target
from sora_exporter.evidence.histogram import FREE_PROBE_BUCKETS, GENERATION_BUCKETS, Distribution
from sora_exporter.evidence.marks import Marks
from sora_exporter.result import (
    DETAIL_CHARACTERS,
    SEVERITY,
    Depth,
    ErrorClass,
    ProbeKind,
    ProbeResult,
    Status,
    shared,
)

FRESH_INTERVALS = 2.5
"""Evidence older than this many of its probe's intervals does not count."""
SUCCESSES_KEPT, FAILURES_KEPT = 4, 5
WHOLE_EXCERPTS, SHORT_CHARACTERS = 1, 100
"""How many of the newest failures keep all words; older ones keep a beginning, of the excerpt only without a detail."""

NOT_ASKED = frozenset({ErrorClass.BUDGET_EXHAUSTED, ErrorClass.INTERNAL})
"""Classes of attempts that sent no request to the provider."""

NO_EVIDENCE = NOT_ASKED | {ErrorClass.LOCAL_NETWORK}
"""Classes that are not evidence about the provider: earlier evidence still counts until it is too old."""

YIELDING = NO_EVIDENCE | {ErrorClass.SLOW}
"""Classes that yield to others of the same status: a service that is slow and faulty shows the fault."""

UNREACHED = frozenset({ErrorClass.CONNECTION, ErrorClass.DNS, ErrorClass.TIMEOUT})
DEPTH = {probe: depth for depth, probe in enumerate(ProbeKind)}

PLANNED = "planned"
"""The rule of a status that follows from planned maintenance."""
RECALLED = "recalled"
"""The rule of a fault that was found before a restart, by which no new answer was judged."""
WHOSE_KEY = "whose-key"
"""The rule for a refused key that is the relay's own."""
CREATES = frozenset({ProbeKind.CANARY, ProbeKind.SUBMIT, ProbeKind.GENERATE})
"""The probes that send a create request."""
OWN_FAULTS = frozenset({ErrorClass.AUTHENTICATION, ErrorClass.PERMISSION, ErrorClass.QUOTA_EXHAUSTED})
OWN_FAULTS_OF = {
    ProbeKind.CATALOG: OWN_FAULTS,
    ProbeKind.CANARY: OWN_FAULTS,
    # A canary is invalid on purpose; the refusal of a valid order is our fault.
    ProbeKind.SUBMIT: OWN_FAULTS | {ErrorClass.INVALID_REQUEST},
    ProbeKind.GENERATE: OWN_FAULTS | {ErrorClass.INVALID_REQUEST},
}
"""The classes that keep us from using a route now, although it may work for others."""


@dataclass(eq=False, slots=True)
class ProbeTrack:
    """The memory of one probe of one service. ``*_at`` are monotonic seconds, ``interval`` seconds.

    ``is_configured`` is False for a probe that was run although the configuration does not name it. ``before`` is
    the evidence that counts again if the later one turns out to be our own network's fault.
    """

    interval: float
    is_configured: bool = True
    latest: ProbeResult | None = None
    latest_at: float = 0.0
    evidence: ProbeResult | None = None
    evidence_at: float = 0.0
    before: ProbeResult | None = None
    before_at: float = 0.0
    attempts: int = 0
    failed_attempts: int = 0
    unrecognised: int = 0
    failures: Counter[ErrorClass] = field(default_factory=Counter)
    durations: Distribution = field(default_factory=lambda: Distribution(FREE_PROBE_BUCKETS))
    marks: Marks = field(default_factory=Marks)
    # Lists: a deque reserves room for 64 entries, and there are two for every probe.
    succeeded: list[ProbeResult] = field(default_factory=list)
    failed: list[ProbeResult] = field(default_factory=list)
    failures_kept: int = FAILURES_KEPT

    def record(self, result: ProbeResult, monotonic: float, contact_at: float = -math.inf) -> None:
        """Count one attempt and keep it; failures are kept longer than successes.

        ``contact_at`` is when any host was last reached.
        """
        self.attempts += 1
        if result.error_class not in NOT_ASKED:
            self.durations.observe(result.duration_seconds)
        self.latest, self.latest_at = result, monotonic
        if result.error_class not in NO_EVIDENCE:
            if not self._is_suspect(contact_at):
                self.before, self.before_at = self.evidence, self.evidence_at
            self.evidence, self.evidence_at = result, monotonic
        self.marks.add(result.started_at, result.error_class)
        if result.is_success:
            self.succeeded = [*self.succeeded, result][-SUCCESSES_KEPT:]
            return
        self.failed_attempts += 1
        self.failures[result.error_class] += 1
        self.unrecognised += not result.recognised
        self.failed = [*self.failed, result][-self.failures_kept :]
        if len(self.failed) > WHOLE_EXCERPTS:
            older = self.failed[-WHOLE_EXCERPTS - 1]
            beginning = shared(older.detail[:SHORT_CHARACTERS])
            shorter = replace(older, detail=beginning, excerpt="" if beginning else older.excerpt[:SHORT_CHARACTERS])
            self.failed[-WHOLE_EXCERPTS - 1] = shorter
            self.before = shorter if self.before is older else self.before

    def excuse(self, contact_at: float) -> None:
        """Attribute unreached attempts since the last contact to our own network; the evidence before counts again."""
        if not self._is_suspect(contact_at) or (suspect := self.evidence) is None:
            return
        self._restate(suspect, replace(suspect, error_class=ErrorClass.LOCAL_NETWORK))
        self.evidence, self.evidence_at = self.before, self.before_at

    def attribute(self, refused: ProbeResult, blamed: ProbeResult) -> None:
        """Replace the evidence, and everything remembered of it, by another judgement."""
        self._restate(refused, blamed)
        self.evidence = blamed

    def _restate(self, old: ProbeResult, new: ProbeResult) -> None:
        """Replace an attempt in the memory of the newest one."""
        if self.latest is old:
            self.latest = new
        if self.failed and self.failed[-1] is old:
            self.failed[-1] = new
        self.marks.restate(old.started_at, new.error_class)

    def _is_suspect(self, contact_at: float) -> bool:
        return self.evidence is not None and is_unreached(self.evidence) and self.evidence_at > contact_at

    def testimony(self, moment: float) -> tuple[ProbeResult | None, float]:
        """Return this probe's evidence at a moment, and until when it counts; both moments are monotonic.

        An attempt that sent no request counts only without other evidence, because it at least has a reason.
        """
        for result, at in ((self.evidence, self.evidence_at), (self.latest, self.latest_at)):
            # The next attempt of a probe that waits longer than usual comes after its wait.
            wait = result.wait_seconds if result is not None else 0.0
            until = at + max(FRESH_INTERVALS * self.interval, wait + self.interval)
            if result is not None and moment <= until:
                return result, until
        return None, math.inf

    def obstacle(self, moment: float) -> ProbeResult | None:
        """Return the newest attempt if it is fresh at a monotonic moment and says nothing about the service."""
        latest = self.latest
        is_fresh = moment <= self.latest_at + FRESH_INTERVALS * self.interval
        return latest if latest and is_fresh and latest.error_class.status is Status.UNKNOWN else None

    def kept(self) -> list[ProbeResult]:
        """Return the attempts still remembered, newest first."""
        return sorted((*self.succeeded, *self.failed), key=lambda result: result.started_at, reverse=True)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service's current status, the error class behind it and the attempt that decided it, if any.

    ``since`` is Unix time. ``planned`` is the window of planned maintenance that decided instead of an attempt.
    """

    status: Status
    error_class: ErrorClass
    since: float
    decided_by: ProbeResult | None
    planned: Window | None = None

    @property
    def rule(self) -> str:
        """The rule that decided, empty if none did."""
        if self.planned is not None:
            return PLANNED
        return self.decided_by.rule if self.decided_by else ""

    @property
    def detail(self) -> str:
        """The words of the answer that decided, or the reason for the planned maintenance; may be empty."""
        if self.planned is not None:
            return self.planned.why
        return self.decided_by.detail if self.decided_by else ""

    @property
    def up(self) -> float | None:
        """1 if the service is usable, 0 if not, None while unknown or retired."""
        if self.status in (Status.UNKNOWN, Status.RETIRED):
            return None
        return float(self.status is Status.OPERATIONAL or self.error_class is ErrorClass.SLOW)


@dataclass(frozen=True, slots=True)
class Announcement:
    """An end of life, when it was first announced (both Unix time), and the probe whose answers announce it."""

    sunset_at: float
    at: float
    probe: ProbeKind


@dataclass(eq=False, slots=True)
class ServiceTrack:
    """The memory of one service. ``evidence`` decides its status and holds until the monotonic ``until``.

    ``target`` is the service's target when it was remembered; ``revision`` grows with every change.
    ``obstacles`` are fresh attempts that say nothing about the service but may keep us from using it, such as an empty
    balance. ``is_cut_off`` is set while the only evidence of a probe is the loss of our own network.
    ``video_price_usd`` is the price of one video, None if price or length is unknown. ``proof`` is the fresh attempt
    that reached deepest; ``proven`` is the last time of a proof by depth (Unix time). ``payable_at`` is the last time
    the provider's balance covered a video (Unix time): an older answer that our quota is used up no longer counts.
    ``key_since`` is when another key came into use (Unix time): older refusals of a key, its rights or its quota do
    not count. ``maintenance`` is the planned work on the service, ``window`` the open window of it.
    """

    service: Service
    target: Target
    status: ServiceStatus
    maintenance: tuple[Maintenance, ...] = ()
    window: Window | None = None
    probes: dict[ProbeKind, ProbeTrack] = field(default_factory=dict)
    evidence: ProbeResult | None = None
    until: float = math.inf
    latest: ProbeResult | None = None
    revision: int = 0
    announced: Announcement | None = None
    obstacles: tuple[ProbeResult, ...] = ()
    is_cut_off: bool = False
    video_price_usd: float | None = None
    proof: ProbeResult | None = None
    proven: dict[Depth, float] = field(default_factory=dict)
    payable_at: float = -math.inf
    key_since: float = -math.inf
    generations: Distribution = field(default_factory=lambda: Distribution(GENERATION_BUCKETS))

    @property
    def sunset_at(self) -> float | None:
        """The end of life: as configured, else as the provider announced it. Unix time."""
        return self.service.sunset_at or (self.announced.sunset_at if self.announced else None)

    def hear(self, result: ProbeResult) -> None:
        """Note the end of life that an answer announces, or that it no longer repeats a past one.

        A date announced in advance outlasts answers that no longer find the model, but not a success. A date that was
        already past counts only while the answers of its probe repeat it, so a single forged answer retires nothing.
        """
        if result.sunset_at is not None:
            if self.announced is None or self.announced.sunset_at != result.sunset_at:
                self.announced = Announcement(result.sunset_at, result.started_at, result.probe)
        elif (said := self.announced) is not None and said.probe is result.probe and result.http_status is not None:
            is_past = said.sunset_at <= result.started_at
            if is_past and (result.is_success or said.sunset_at <= said.at):
                self.announced = None

    def excuse(self, contact_at: float) -> None:
        """Attribute unreached attempts of every probe since the last contact to our own network."""
        for probe in self.probes.values():
            latest = probe.latest
            probe.excuse(contact_at)
            if self.latest is latest:
                self.latest = probe.latest
        self.revision += 1

    def prove(self, result: ProbeResult) -> None:
        """Note the time for each depth that an attempt proved: its own, and all shallower ones."""
        if result.depth is not None:
            self.prove_at(result.depth, result.started_at + result.duration_seconds)

    def prove_at(self, deepest: Depth, at: float) -> None:
        """Note that a depth and all shallower ones were proven at a moment in Unix time."""
        for depth in Depth:
            if depth.rank <= deepest.rank:
                self.proven[depth] = max(at, self.proven.get(depth, at))

    def evidence_of(self, kinds: Container[ProbeKind]) -> list[ProbeResult]:
        """Return the evidence of the probes of these kinds."""
        found = (probe.evidence for kind, probe in self.probes.items() if kind in kinds)
        return [result for result in found if result is not None]

    def blame_relay(self) -> None:
        """Attribute refused keys of create requests to the relay: it accepted our key for its catalog."""
        for kind, probe in self.probes.items():
            refused = probe.evidence
            if kind in CREATES and refused is not None and is_relays_key(refused):
                blamed = of_relays_key(refused)
                if self.latest is refused:
                    self.latest = blamed
                probe.attribute(refused, blamed)
        self.revision += 1

    def weigh(self, moment: float) -> None:
        """Find the evidence at a monotonic moment: the most severe; among equals that of the deeper probe.

        If that is a success, a fault of ours in the deepest attempt takes precedence: the route refuses us.
        The obstacles are found as well: a probe's latest attempt is never older than its evidence.
        """
        spoken = [probe.testimony(moment) for probe in self.probes.values()]
        self.until = min((until for _, until in spoken), default=math.inf)
        fresh = [result for result, _ in spoken if result is not None and not self._is_outdated(result)]
        self.evidence = max(fresh, key=_weight, default=None)
        sent = [result for result in fresh if result.error_class not in NO_EVIDENCE]
        deepest = max(sent, key=lambda result: DEPTH[result.probe], default=None)
        if self.evidence is not None and is_usable(self.evidence) and deepest is not None and is_own_fault(deepest):
            self.evidence = deepest
        self.proof = max((result for result in sent if result.depth is not None), key=_proof, default=None)
        self.is_cut_off = any(result and result.error_class is ErrorClass.LOCAL_NETWORK for result, _ in spoken)
        found = (probe.obstacle(moment) for probe in self.probes.values())
        self.obstacles = tuple(
            obstacle for obstacle in found if obstacle is not None and not self._is_outdated(obstacle)
        )

    def _is_outdated(self, result: ProbeResult) -> bool:
        """Return whether a new key is in use since a refusal, or the balance covered a video since a used-up quota."""
        is_paid = result.error_class is ErrorClass.QUOTA_EXHAUSTED and result.started_at < self.payable_at
        return is_paid or (result.error_class in OWN_FAULTS and result.started_at < self.key_since)


def is_unreached(result: ProbeResult) -> bool:
    """Return whether no host was reached, which our own network may have caused."""
    return result.error_class in UNREACHED and not result.is_reached


def is_usable(result: ProbeResult) -> bool:
    """Return whether an attempt shows a service that can be used: operational, or only slow."""
    return result.error_class.status is Status.OPERATIONAL or result.error_class is ErrorClass.SLOW


def is_own_fault(result: ProbeResult) -> bool:
    """Return whether the provider refuses us: our key, our rights, our money or our request."""
    return result.error_class in OWN_FAULTS_OF[result.probe]


def is_relays_key(result: ProbeResult) -> bool:
    """Return whether a refused key may be the relay's own: the refusal is not one of the relay's own rules."""
    return result.error_class is ErrorClass.AUTHENTICATION and result.refused_by != "gateway"


def of_relays_key(refused: ProbeResult) -> ProbeResult:
    """Return the refusal as one of the relay's own key, which no customer can fix."""
    detail = f"the relay's own key is refused; ours is accepted: {refused.detail}"[:DETAIL_CHARACTERS]
    depth = Depth.AUTHENTICATED
    return replace(refused, error_class=ErrorClass.UNAVAILABLE, rule=WHOSE_KEY, detail=detail, depth=depth)


def _proof(result: ProbeResult) -> tuple[int, float]:
    return (result.depth.rank if result.depth is not None else -1), result.started_at


def _weight(result: ProbeResult) -> tuple[int, bool, int]:
    error_class = result.error_class
    return SEVERITY[error_class.status], error_class not in YIELDING, DEPTH[result.probe]
