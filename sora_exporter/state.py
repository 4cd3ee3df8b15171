"""What is known of every service, and the one place that decides a status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from sora_exporter.clock import Clock
from sora_exporter.config import Config, Service
from sora_exporter.lifecycle import after_sunset
from sora_exporter.reachability import Reachability, Witness
from sora_exporter.result import ErrorClass, ProbeResult, Status, Verdict
from sora_exporter.track import (
    FRESH_INTERVALS,
    MARKS_KEPT,
    NOT_ASKED,
    Distribution,
    Mark,
    ProbeTrack,
    ServiceTrack,
    Verdicts,
)

__all__ = ["MARKS_KEPT", "Distribution", "Mark", "ProbeTrack", "ServiceTrack", "State", "Verdicts", "route_of"]


class State:
    """The exporter's memory. ``record`` is its only writer; everything else reads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tracks: dict[str, ServiceTrack] = {}
        self._network = Reachability()

    def configure(self, config: Config) -> None:
        """Take over a configuration: a service that reaches the same model the same way keeps what is known of it."""
        known = {*config.providers, *(f"page:{name}" for name in config.status_pages)}
        self._network.keep_only(known, self._clock.monotonic())
        self._tracks = {service.id: self._configured(config, service) for service in config.services}

    def record(self, result: ProbeResult) -> None:
        """Take in one attempt. Of a service that is not configured any more, nothing is kept."""
        track = self._tracks.get(result.service_id)
        if track is None:
            return
        monotonic = self._clock.monotonic()
        self._advance(track, monotonic)
        track.discovered_sunset_at = result.sunset_at or track.discovered_sunset_at
        result = _in_the_light_of(track.sunset_at, result)
        probe = track.probes.get(result.probe)
        if probe is None:
            probe = track.probes[result.probe] = ProbeTrack(_usual_interval(track), is_configured=False)
        probe.record(result, monotonic)
        track.revision += 1
        if result.error_class not in NOT_ASKED or track.latest is None or track.latest.error_class in NOT_ASKED:
            track.latest = result
        if result.generation_seconds is not None:
            track.generations.observe(result.generation_seconds)
        if result.error_class not in NOT_ASKED:
            self.witness(track.service.provider, result.is_reached, probe.interval)
        track.weigh(monotonic)
        self._conclude(track, monotonic)

    def witness(self, name: str, is_reached: bool, interval: float) -> None:
        """Note whether a provider or an official page (``page:NAME``) could be reached at all."""
        monotonic = self._clock.monotonic()
        was_lost = self._network.is_lost(monotonic)
        self._network.note(name, Witness(is_reached, monotonic + FRESH_INTERVALS * interval), monotonic)
        if self._network.is_lost(monotonic) is not was_lost:
            for track in self._tracks.values():
                self._advance(track, monotonic)

    @property
    def services(self) -> Mapping[str, ServiceTrack]:
        """Every service's track by id, in the order of the configuration."""
        return self._tracks

    def verdict(self, service_id: str) -> Verdicts:
        """Return the service's status now; evidence that grew too old since the last attempt no longer counts."""
        return self._advance(self._tracks[service_id], self._clock.monotonic())

    def is_network_lost(self) -> bool:
        """Whether nothing at all can be reached: then it is our network, and no service is to blame."""
        return self._network.is_lost(self._clock.monotonic())

    def _configured(self, config: Config, service: Service) -> ServiceTrack:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        route = route_of(config, service)
        track = self._tracks.get(service.id)
        if track is None or track.route != route:
            track = ServiceTrack(service, route, Verdicts(Status.UNKNOWN, ErrorClass.NOT_PROBED, now, None))
        self._advance(track, monotonic)
        old, track.service, track.probes = track.probes, service, {}
        for kind, settings in service.probes.items():
            probe = track.probes[kind] = old.get(kind) or ProbeTrack(settings.interval)
            probe.interval, probe.is_configured = settings.interval, True
        track.video_price_usd = config.attempt_price_usd(service)
        track.revision += 1
        track.weigh(monotonic)
        self._conclude(track, monotonic)
        return track

    def _advance(self, track: ServiceTrack, monotonic: float) -> Verdicts:
        """Let evidence that grew too old fall away, at its own moment whoever looks when; return the verdict."""
        while track.until < monotonic:
            moment = math.nextafter(track.until, math.inf)
            track.weigh(moment)
            self._conclude(track, moment)
        if track.blames_network:
            self._conclude(track, monotonic)
        return track.verdict

    def _conclude(self, track: ServiceTrack, moment: float) -> None:
        evidence, before = track.evidence, track.verdict
        error_class = evidence.error_class if evidence else ErrorClass.NOT_PROBED
        if track.blames_network and self.is_network_lost():
            error_class = ErrorClass.LOCAL_NETWORK
        since = before.since
        if error_class.status is not before.status:
            since = self._clock.now() - (self._clock.monotonic() - moment)
        verdict = Verdicts(error_class.status, error_class, since, evidence or track.latest)
        if verdict != before:
            track.verdict = verdict


def route_of(config: Config, service: Service) -> tuple[str, ...]:
    """Return what a service reaches and how; what is known of one route says nothing of another."""
    provider = service.provider
    return provider, config.providers[provider].base_url, service.model, service.api, service.access


def _in_the_light_of(sunset_at: float | None, result: ProbeResult) -> ProbeResult:
    """Return the result, where "not found" after an end of life that was ever announced means retired."""
    verdict = after_sunset(Verdict(result.error_class, result.rule), sunset_at, result.started_at)
    if verdict.error_class is result.error_class:
        return result
    return replace(result, error_class=verdict.error_class, rule=verdict.rule)


def _usual_interval(track: ServiceTrack) -> float:
    return max((probe.interval for probe in track.probes.values()), default=60.0)
