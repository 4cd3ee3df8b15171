"""The state of every service, and the one place that decides a status."""

from __future__ import annotations

import errno
import math
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace

from sora_exporter.classify.sunset import after_sunset
from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.config.maintenance import open_window
from sora_exporter.config.makers import is_relay
from sora_exporter.config.target import target_of
from sora_exporter.evidence.balance import BalanceTrack, balances_of
from sora_exporter.evidence.histogram import FREE_PROBE_BUCKETS, PAID_PROBE_BUCKETS, Distribution
from sora_exporter.evidence.own_network import Reachability, Witness
from sora_exporter.evidence.track import (
    CREATES,
    FAILURES_KEPT,
    FRESH_INTERVALS,
    NO_EVIDENCE,
    NOT_ASKED,
    ProbeTrack,
    ServiceStatus,
    ServiceTrack,
    is_relays_key,
    is_unreached,
    is_usable,
    of_relays_key,
)
from sora_exporter.result import BalanceReading, Depth, ErrorClass, ProbeKind, ProbeResult, Status, Verdict

__all__ = ["ProbeTrack", "ServiceStatus", "ServiceTrack", "State"]

OWN_ERRNOS = frozenset({socket.EAI_AGAIN, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH})
"""Errors of the system for a missing network, route or resolver: no request left this machine."""
ERRNO = re.compile(r"\[Errno (-?\d+)\]")


Changed = Callable[[str, ServiceStatus, ServiceStatus], None]
"""Gets a service's id and what it had and has now when its status changes."""


def _unheard(_service_id: str, _before: ServiceStatus, _after: ServiceStatus) -> None:
    """Nothing listens."""


class State:
    """The exporter's memory. ``record`` is its only writer; everything else reads.

    ``changed`` is called with every change of a service's status, also of one by evidence that grew too old.
    ``failures_kept`` is the number of failed attempts kept for each probe.
    """

    def __init__(self, clock: Clock, changed: Changed = _unheard, failures_kept: int = FAILURES_KEPT) -> None:
        self._clock, self._changed, self._failures_kept = clock, changed, failures_kept
        self._tracks: dict[str, ServiceTrack] = {}
        self._network = Reachability()
        self._is_lost = False
        self._relays: frozenset[str] = frozenset()
        self._key_accepted_until: dict[str, float] = {}
        self.balances: dict[str, BalanceTrack] = {}

    def configure(self, config: Config) -> None:
        """Apply a configuration: a service whose target did not change keeps its evidence."""
        self._relays = frozenset(name for name, provider in config.providers.items() if is_relay(provider))
        self._key_accepted_until.clear()
        known = {*config.providers, *(f"page:{name}" for name in config.status_pages)}
        self._network.keep_only(known, self._clock.monotonic())
        self.balances = balances_of(config, self.balances)
        self._tracks = {service.id: self._configured(config, service) for service in config.services}
        self._notice(self._clock.monotonic())

    def record(self, result: ProbeResult) -> None:
        """Record one attempt; it is dropped if its service is no longer configured."""
        track = self._tracks.get(result.service_id)
        if track is None:
            return
        monotonic = self._clock.monotonic()
        self._advance(track, monotonic)
        track.hear(result)
        result = _in_the_light_of(track.sunset_at, result)
        probe = track.probes.get(result.probe)
        if probe is None:
            probe = track.probes[result.probe] = self._new_probe(
                result.probe, _usual_interval(track), is_configured=False
            )
        if result.error_class not in NO_EVIDENCE:
            is_ours = is_unreached(result) and _is_ours(result)
            self._testify(track.service.provider, result.is_reached, probe.interval, is_ours=is_ours)
        if is_unreached(result) and self._network.was_lost_since(monotonic - result.duration_seconds, monotonic):
            result = replace(result, error_class=ErrorClass.LOCAL_NETWORK)
        result = self._whose_key(track, result, monotonic)
        track.prove(result)
        probe.record(result, monotonic, self._network.contact_at)
        track.revision += 1
        if result.error_class not in NOT_ASKED or track.latest is None or track.latest.error_class in NOT_ASKED:
            track.latest = result
        if result.generation_seconds is not None:
            track.generations.observe(result.generation_seconds)
        track.weigh(monotonic)
        self._conclude(track, monotonic)
        if result.probe is ProbeKind.CATALOG:
            self._note_key(track, result, monotonic + FRESH_INTERVALS * probe.interval)

    def recall(self, found: ProbeResult, since: float) -> None:
        """Take up a fault that lasted, since a moment in Unix time, when the exporter before this one stopped.

        It counts until the probe's next attempt or until it is too old, so a success of a shallower probe does not
        clear it. The fault of a paid probe is left out: its next attempt may be hours away, and the cause may have gone
        with the old configuration.
        """
        track = self._tracks.get(found.service_id)
        probe = track.probes.get(found.probe) if track is not None else None
        if track is None or probe is None or found.probe.is_paid:
            return
        now, monotonic = self._clock.now(), self._clock.monotonic()
        probe.evidence, probe.evidence_at = found, monotonic - (now - found.started_at)
        track.revision += 1
        track.weigh(monotonic)
        if track.evidence is found:
            track.latest = found
            self._conclude(track, monotonic - (now - since))

    def _whose_key(self, track: ServiceTrack, result: ProbeResult, monotonic: float) -> ProbeResult:
        """Return the attempt; a key refused for a create request is the relay's own if its catalog accepted ours."""
        is_accepted = monotonic <= self._key_accepted_until.get(track.service.provider, -math.inf)
        is_create = result.probe in CREATES
        return of_relays_key(result) if is_accepted and is_create and is_relays_key(result) else result

    def _note_key(self, track: ServiceTrack, result: ProbeResult, until: float) -> None:
        """Note whether a relay's catalog accepted our key, which shows whose key an earlier refusal concerned."""
        provider = track.service.provider
        if result.error_class is ErrorClass.AUTHENTICATION:
            self._key_accepted_until.pop(provider, None)
        elif result.is_success and provider in self._relays:
            # A refusal met while the key is known to be accepted was already judged in that light.
            is_known = self._clock.monotonic() <= self._key_accepted_until.get(provider, -math.inf)
            self._key_accepted_until[provider] = until
            for other in () if is_known else self._tracks.values():
                if other.service.provider == provider and any(map(is_relays_key, other.evidence_of(CREATES))):
                    other.blame_relay()
                    other.weigh(self._clock.monotonic())
                    self._conclude(other, self._clock.monotonic())

    def renew_key(self, provider: str) -> None:
        """Withdraw what a provider's former key met: refusals of it, of its rights or its quota, and its balance."""
        monotonic = self._clock.monotonic()
        if (balance := self.balances.get(provider)) is not None:
            self.balances[provider] = BalanceTrack(balance.provider, balance.cheapest_usd)
        for track in self._tracks.values():
            if track.service.provider == provider:
                self._advance(track, monotonic)
                track.key_since = self._clock.now()
                track.revision += 1
                track.weigh(monotonic)
                self._conclude(track, monotonic)

    def note_balance(self, provider: str, reading: BalanceReading) -> None:
        """Note one reading of a provider's balance; it is dropped if that balance is no longer configured."""
        balance = self.balances.get(provider)
        if balance is None:
            return
        monotonic = self._clock.monotonic()
        balance.record(reading, monotonic)
        if reading.is_reached:
            self._testify(provider, True, balance.interval, is_ours=False)
        for track in self._tracks.values():
            if track.service.provider == provider:
                self._advance(track, monotonic)
                if reading.value is not None and balance.can_pay(monotonic):
                    track.payable_at = reading.at
                if reading.value is not None:
                    track.prove_at(Depth.AUTHENTICATED, reading.at)
                track.weigh(monotonic)
                self._conclude(track, monotonic)

    def witness(self, name: str, is_reached: bool, interval: float) -> None:
        """Note whether a provider or an official page (``page:NAME``) could be reached at all."""
        self._testify(name, is_reached, interval, is_ours=False)

    def now(self) -> float:
        """Return the time of the state's clock (Unix time)."""
        return self._clock.now()

    @property
    def services(self) -> Mapping[str, ServiceTrack]:
        """Every service's track by id, in the order of the configuration."""
        return self._tracks

    def status_of(self, service_id: str) -> ServiceStatus:
        """Return the service's status now; evidence that grew too old since the last attempt no longer counts."""
        monotonic = self._clock.monotonic()
        self._notice(monotonic)
        return self._advance(self._tracks[service_id], monotonic)

    def is_network_lost(self) -> bool:
        """Return whether no host can be reached, so that the fault is our network and not a service."""
        self._notice(self._clock.monotonic())
        return self._is_lost

    def _testify(self, name: str, is_reached: bool, interval: float, *, is_ours: bool) -> None:
        monotonic = self._clock.monotonic()
        self._network.note(name, Witness(is_reached, monotonic + FRESH_INTERVALS * interval, is_ours), monotonic)
        self._notice(monotonic)

    def _notice(self, monotonic: float) -> None:
        """Update every service when our network goes down or recovers; failures during a loss are attributed to us."""
        is_lost = self._network.is_lost(monotonic)
        if is_lost is self._is_lost:
            return
        for track in self._tracks.values():
            self._advance(track, monotonic)
        self._is_lost = is_lost
        for track in self._tracks.values():
            if is_lost:
                track.excuse(self._network.contact_at)
                track.weigh(monotonic)
            self._conclude(track, monotonic)

    def _new_probe(self, kind: ProbeKind, interval: float, *, is_configured: bool = True) -> ProbeTrack:
        durations = Distribution(PAID_PROBE_BUCKETS if kind.is_paid else FREE_PROBE_BUCKETS)
        return ProbeTrack(interval, is_configured, durations=durations, failures_kept=self._failures_kept)

    def _configured(self, config: Config, service: Service) -> ServiceTrack:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        target = target_of(config, service)
        track = self._tracks.get(service.id)
        if track is None or track.target != target:
            track = ServiceTrack(service, target, ServiceStatus(Status.UNKNOWN, ErrorClass.NOT_PROBED, now, None))
        self._advance(track, monotonic)
        old, track.service, track.probes = track.probes, service, {}
        for kind, settings in service.probes.items():
            probe = track.probes[kind] = old.get(kind) or self._new_probe(kind, settings.interval)
            probe.interval, probe.is_configured = settings.interval, True
        track.maintenance = tuple(work for work in config.maintenance if work.covers(service.id))
        track.window = open_window(track.maintenance, now)
        track.video_price_usd = config.attempt_price_usd(service)
        track.revision += 1
        track.weigh(monotonic)
        self._conclude(track, monotonic)
        return track

    def _advance(self, track: ServiceTrack, monotonic: float) -> ServiceStatus:
        """Drop evidence that is too old, as of the moment it became so; return the status."""
        while track.until < monotonic:
            moment = math.nextafter(track.until, math.inf)
            track.weigh(moment)
            self._conclude(track, moment)
        if track.maintenance:
            self._open_or_close(track, monotonic)
        return track.status

    def _open_or_close(self, track: ServiceTrack, monotonic: float) -> None:
        """Begin or end planned maintenance, as of the planned moment."""
        now, before = self._clock.now(), track.window
        window = open_window(track.maintenance, now)
        if window != before:
            turn = window.start if window else before.end if before else now
            track.window = window
            self._conclude(track, monotonic - max(now - max(turn, track.status.since), 0.0))

    def _conclude(self, track: ServiceTrack, moment: float) -> None:
        evidence, before = self._as_paid(track, moment), track.status
        error_class = evidence.error_class if evidence else ErrorClass.NOT_PROBED
        if track.is_cut_off and self._is_lost:
            error_class = ErrorClass.LOCAL_NETWORK
        planned = track.window if error_class is not ErrorClass.MODEL_RETIRED else None
        if planned is not None:
            error_class = ErrorClass.MAINTENANCE
        since = before.since
        if error_class.status is not before.status:
            since = self._clock.now() - (self._clock.monotonic() - moment)
        decided_by = evidence or track.latest if planned is None else None
        status = ServiceStatus(error_class.status, error_class, since, decided_by, planned)
        if status != before:
            track.status = status
        if status.status is not before.status:
            self._changed(track.service.id, before, status)

    def _as_paid(self, track: ServiceTrack, moment: float) -> ProbeResult | None:
        """Return a service's evidence; a usable one becomes ``quota_exhausted`` if the balance covers no video."""
        evidence, balance = track.evidence, self.balances.get(track.service.provider)
        if evidence is None or balance is None or not is_usable(evidence):
            return evidence
        return balance.unpaid(evidence) if balance.can_pay(moment) is False else evidence


def _in_the_light_of(sunset_at: float | None, result: ProbeResult) -> ProbeResult:
    """Return the result; "not found" after an announced end of life becomes retired."""
    has_no_route = result.http_status == 404 and result.request.startswith("POST ")
    judged = Verdict(result.error_class, result.rule)
    verdict = after_sunset(judged, sunset_at, result.started_at, has_no_route=has_no_route)
    if verdict.error_class is result.error_class:
        return result
    return replace(result, error_class=verdict.error_class, rule=verdict.rule)


def _is_ours(result: ProbeResult) -> bool:
    """Return whether every system error in a failure means that we have no network."""
    said = {int(number) for number in ERRNO.findall(result.excerpt)}
    return bool(said) and said <= OWN_ERRNOS


def _usual_interval(track: ServiceTrack) -> float:
    return max((probe.interval for probe in track.probes.values()), default=60.0)
