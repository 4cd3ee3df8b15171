"""The page of one service: every attempt still remembered, as evidence for a report to the provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sora_exporter.classify.user import line_for
from sora_exporter.evidence.state import ProbeTrack, ServiceTrack
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, dollars, moment
from sora_exporter.result import JOB_PHASES, PHASES, SEVERITY, ProbeResult, Status
from sora_exporter.web.pages.balance import balance_text
from sora_exporter.web.pages.document import Document, html_document
from sora_exporter.web.pages.official import official
from sora_exporter.web.pages.row import EVENTS_LISTED, Row, answer_of, line_of, row_of
from sora_exporter.web.pages.strip import Strip, strip
from sora_exporter.web.wording import Wording

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
    """One attempt with everything that is known of it; ``facts`` are its answer and circumstances in words."""

    at: Moment | None
    age: str
    status: Status
    name: str
    result: ProbeResult
    facts: Sequence[str]
    phases: Sequence[Phase]
    own_rule: str
    """A line for the configuration if no rule recognised the answer, else empty."""


@dataclass(frozen=True, slots=True)
class ProbeView:
    """One probe: its strip, its counts of attempts and failures, and the attempts still remembered, newest first."""

    strip: Strip
    attempts: str
    failures: str
    kept: Sequence[AttemptView]


def render_service(exporter: Exporter, service_id: str, words: Wording) -> Document:
    """Return a service's page, the probe in the worst state first; for an unknown service a page with 404."""
    now = exporter.clock.now()
    values = {"brand": exporter.config.title, "refresh_seconds": 0, "now": moment(now), "service_id": service_id}
    track = exporter.state.services.get(service_id)
    if track is None:
        missing = {**values, "title": words("missing_title"), "icon": Status.UNKNOWN}
        return html_document("missing.html", missing, exporter.config.page, words, http_status=404)
    row = row_of(exporter, line_of(exporter, track, exporter.state.status_of(service_id), words), words, EVENTS_LISTED)
    probes = [
        _probe_view(strip(probe, probed, words, now), probed, track.service.provider, now, words)
        for probe, probed in sorted(track.probes.items(), key=lambda item: -_severity(item[1]))
    ]
    shown = {
        **values,
        "title": track.service.title,
        "icon": row.line.status,
        "row": row,
        "facts_shown": _facts(exporter, track, row, now, words),
        "probes": probes,
    }
    return html_document("service.html", shown, exporter.config.page, words)


def _severity(probed: ProbeTrack) -> int:
    return SEVERITY[probed.latest.error_class.status if probed.latest else Status.UNKNOWN]


def _facts(exporter: Exporter, track: ServiceTrack, row: Row, now: float, words: Wording) -> Sequence[tuple[str, str]]:
    """Return the facts of the status page, and those that only a report to the provider needs."""
    service, balance = track.service, exporter.state.balances.get(track.service.provider)
    facts = [(words("id"), service.id), (words("product"), service.product), *row.facts, (words("api"), service.api)]
    if balance is not None:
        facts.append((words("balance"), balance_text(balance, now, words)))
    said = official(exporter, service, exporter.state.status_of(service.id), words)
    if said is not None:
        says = said.says or words("not_reported")
        facts.append((words("official_page"), words("said_by", said=says, page=said.page, component=said.component)))
    return facts


def _probe_view(drawn: Strip, probed: ProbeTrack, provider: str, now: float, words: Wording) -> ProbeView:
    kept = probed.kept()
    longest = max((sum(result.phases.values()) for result in kept), default=0.0)
    return ProbeView(
        strip=drawn,
        attempts=words("attempts", count=f"{probed.attempts:,}"),
        failures=words("failures", count=f"{probed.failures.total():,}"),
        kept=[_attempt(result, provider, longest, now, words) for result in kept],
    )


def _attempt(result: ProbeResult, provider: str, longest: float, now: float, words: Wording) -> AttemptView:
    http, *rule = answer_of(result, words)
    facts = [http, words.seconds(result.duration_seconds), result.request, *rule]
    if result.depth is not None:
        facts.append(words("proved", depth=words(f"depth_{result.depth}")))
    if result.cost_usd:
        facts.append(words("cost", amount=dollars(result.cost_usd)))
    return AttemptView(
        at=moment(result.started_at, milliseconds=True),
        age=words.ago(now - result.started_at),
        status=result.error_class.status,
        name=words.plain.error_classes[result.error_class].name,
        result=result,
        facts=[fact for fact in facts if fact],
        phases=_phases(result.phases, longest, words),
        own_rule="" if result.recognised else line_for(provider, result),
    )


def _phases(phases: Mapping[str, float], longest: float, words: Wording) -> list[Phase]:
    """Place the phases end to end in their order; ``longest`` is the duration that fills the whole bar."""
    laid, left = [], 0.0
    for name in sorted(phases, key=lambda name: ORDER.get(name, len(ORDER))):
        width = BAR * phases[name] / longest if longest else 0.0
        laid.append(Phase(name, round(left, 1), round(max(width, 2.0), 1), words.seconds(phases[name])))
        left += width
    return laid
