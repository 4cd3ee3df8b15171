"""One service as the pages show it, with every value in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_exporter.config import Service
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.evidence.state import ServiceStatus, ServiceTrack
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, amount_text, dollars, moment, seconds_text, share, span
from sora_exporter.plain_words import PlainWords, Words, plain_words
from sora_exporter.result import ErrorClass, ProbeResult, Status
from sora_exporter.web.pages.official import disagreement
from sora_exporter.web.pages.strip import Strip, strip
from sora_exporter.web.wording import wording


@dataclass(frozen=True, slots=True)
class Official:
    """The status on the official page of the component that covers a service.

    ``says`` is empty if the page does not report it. ``disagreement`` is empty if nothing contradicts our evidence.
    """

    page: str
    component: str
    says: str
    disagreement: str


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one video and its parts, or of one second if the length of a video is not known."""

    label: str
    amount: str
    made_of: str = ""


@dataclass(frozen=True, slots=True)
class BalanceView:
    """The provider's balance at the last good reading; ``fault`` is the reason if the latest reading failed."""

    amount: str
    is_low: bool
    read_at: Moment | None
    fault: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A probe whose newest attempt says nothing about the service but may keep us from using it, and the advice."""

    error_class: ErrorClass
    explained: Words
    evidence: str
    quoted: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service as the pages show it; an absent text is empty.

    ``proof`` is the fresh attempt that reached deepest.
    """

    service: Service
    status: Status
    words: Words
    since: Moment | None
    error_class: ErrorClass
    explained: Words | None
    evidence: str
    quoted: str
    response: str
    last_attempt: Moment | None
    proof: ProbeResult | None
    proven_at: Moment | None
    price: Price | None
    balance: BalanceView | None
    objective: str
    sunset: Moment | None
    is_past_sunset: bool
    official: Official | None
    obstacles: Sequence[Obstacle]
    strips: Sequence[Strip]


def service_view(exporter: Exporter, track: ServiceTrack) -> ServiceView:
    """Return a service in its current state."""
    now, words, service = exporter.clock.now(), plain_words(), track.service
    balances = exporter.state.balances
    verdict = exporter.state.status_of(service.id)
    latest, sunset_at = track.latest, track.sunset_at
    is_explained = verdict.error_class is not ErrorClass.NONE
    return ServiceView(
        service=service,
        status=verdict.status,
        words=words.statuses[verdict.status],
        since=moment(verdict.since, now),
        error_class=verdict.error_class,
        explained=words.explained(verdict.error_class, verdict.rule) if is_explained else None,
        evidence=_evidence(verdict.decided_by, now) if is_explained else "",
        quoted=verdict.detail if is_explained else "",
        response=seconds_text(latest.response_seconds if latest else None),
        last_attempt=moment(latest.started_at if latest else None, now),
        proof=track.proof,
        proven_at=moment(track.proof.started_at + track.proof.duration_seconds if track.proof else None, now),
        price=_price(track),
        balance=balance_view(balances[service.provider], now) if service.provider in balances else None,
        objective=share(service.objective / 100) if service.objective else "",
        sunset=moment(sunset_at, now),
        is_past_sunset=sunset_at is not None and sunset_at <= now,
        official=official(exporter, service, verdict),
        obstacles=obstacles(track, verdict, now),
        strips=_strips(track, words, now),
    )


def _strips(track: ServiceTrack, words: PlainWords, now: float) -> Sequence[Strip]:
    return [strip(probe, probed, words, now) for probe, probed in track.probes.items()]


def obstacles(track: ServiceTrack, verdict: ServiceStatus, now: float) -> list[Obstacle]:
    """Return the obstacles that a service's status does not already show, one per class."""
    found = {each.error_class: each for each in track.obstacles if each.error_class is not verdict.error_class}
    words = plain_words()
    return [Obstacle(error_class, words.explained(error_class, each.rule), _evidence(each, now), each.detail)
            for error_class, each in found.items()]  # fmt: skip


def _evidence(decided: ProbeResult | None, now: float) -> str:
    """Name the attempt that decided, its rule and its age."""
    if decided is None:
        return ""
    http = f"HTTP {decided.http_status}" if decided.http_status else "no HTTP answer"
    rule = f", rule {decided.rule}" if decided.rule else ""
    return f"{decided.probe} probe, {span(now - decided.started_at)} ago: {http}{rule}"


def _price(track: ServiceTrack) -> Price | None:
    price, per_video = track.service.price_usd, track.video_price_usd
    if price is None:
        return None
    if price.per_second is None:
        return Price("Price per video", dollars(price.per_request or 0.0))
    if per_video is None:
        return Price("Price per second", dollars(price.per_second))
    made_of = f"{per_video / price.per_second:g} s × {dollars(price.per_second)}/s"
    return Price("Price per video", dollars(per_video), made_of)


def balance_view(track: BalanceTrack, now: float) -> BalanceView:
    """Return a provider's balance."""
    good, latest = track.good, track.latest
    fault = f"{latest.error_class}: {latest.detail}" if latest and latest.value is None else ""
    amount = amount_text(good.value, good.unit) if good and good.value is not None else ""
    return BalanceView(amount, track.is_low, moment(good.at if good else None, now), fault)


def official(exporter: Exporter, service: Service, verdict: ServiceStatus) -> Official | None:
    """Return a service's status on its official page; None if no page is configured for it."""
    meant = service.status_page
    if meant is None:
        return None
    state = exporter.pages.states.get(meant.page)
    report = state.report if state else None
    said = report.components.get(meant.component) if report else None
    name = report.component_names.get(meant.component, meant.component) if report else meant.component
    contradiction = wording("en").optional(disagreement(exporter, service, verdict))
    return Official(meant.page, name, said.replace("_", " ") if said else "", contradiction)
