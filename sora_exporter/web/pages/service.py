"""The page of one service: every attempt still remembered, as evidence for a report to the provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sora_exporter import __version__
from sora_exporter.classify.user import line_for
from sora_exporter.evidence.state import ProbeTrack
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, dollars, moment, seconds_text
from sora_exporter.plain_words import Words, plain_words
from sora_exporter.result import JOB_PHASES, PHASES, SEVERITY, ProbeResult, Status
from sora_exporter.web.pages.document import Document, html_document
from sora_exporter.web.pages.service_view import service_view
from sora_exporter.web.pages.strip import Strip, strip
from sora_exporter.web.wording import wording

ORDER = {phase: place for place, phase in enumerate((*PHASES[:3], *JOB_PHASES, *PHASES[3:]))}
BAR = 1000.0
"""Width of the longest attempt's bar, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of an attempt: its place in the bar, and in words."""

    name: str
    left: float
    width: float
    duration: str


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt with everything that is known of it."""

    at: Moment | None
    status: Status
    words: Words
    result: ProbeResult
    duration: str
    phases: Sequence[Phase]
    cost: str
    own_rule: str
    """A line for the configuration if no rule recognised the answer, else empty."""


@dataclass(frozen=True, slots=True)
class ProbeView:
    """One probe: its strip, its counts of attempts and failures, and the attempts still remembered, newest first."""

    strip: Strip
    attempts: int
    failures: int
    kept: Sequence[AttemptView]


def render_service(exporter: Exporter, service_id: str) -> Document:
    """Return a service's page, the probe in the worst state first; for an unknown service a page with 404."""
    now = exporter.clock.now()
    values = {"version": __version__, "refresh_seconds": 0, "now": moment(now, now), "service_id": service_id}
    track = exporter.state.services.get(service_id)
    if track is None:
        missing = {**values, "title": "No such service", "icon": Status.UNKNOWN}
        return html_document("missing.html", missing, exporter.config.page, wording("en"), http_status=404)
    view = service_view(exporter, track)
    probes = [
        _probe_view(strip(probe, probed, plain_words(), now), probed, view.service.provider, now)
        for probe, probed in sorted(track.probes.items(), key=lambda item: -_severity(item[1]))
    ]
    shown = {**values, "title": view.service.title, "icon": view.status, "view": view, "probes": probes}
    return html_document("service.html", shown, exporter.config.page, wording("en"))


def _severity(probed: ProbeTrack) -> int:
    return SEVERITY[probed.latest.error_class.status if probed.latest else Status.UNKNOWN]


def _probe_view(drawn: Strip, probed: ProbeTrack, provider: str, now: float) -> ProbeView:
    kept = probed.kept()
    longest = max((sum(result.phases.values()) for result in kept), default=0.0)
    attempts = [_attempt(result, provider, longest, now) for result in kept]
    return ProbeView(drawn, probed.attempts, probed.failures.total(), attempts)


def _attempt(result: ProbeResult, provider: str, longest: float, now: float) -> AttemptView:
    return AttemptView(
        at=moment(result.started_at, now, milliseconds=True),
        status=result.error_class.status,
        words=plain_words().error_classes[result.error_class],
        result=result,
        duration=seconds_text(result.duration_seconds),
        phases=_phases(result.phases, longest),
        cost=dollars(result.cost_usd) if result.cost_usd else "",
        own_rule="" if result.recognised else line_for(provider, result),
    )


def _phases(phases: Mapping[str, float], longest: float) -> list[Phase]:
    """Place the phases end to end in their order; ``longest`` is the duration that fills the whole bar."""
    laid, left = [], 0.0
    for name in sorted(phases, key=lambda name: ORDER.get(name, len(ORDER))):
        width = BAR * phases[name] / longest if longest else 0.0
        laid.append(Phase(name, round(left, 1), round(max(width, 2.0), 1), seconds_text(phases[name])))
        left += width
    return laid
