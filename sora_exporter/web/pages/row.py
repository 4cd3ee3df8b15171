"""A service as one row of the status page, and what it shows when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.config import Service
from sora_exporter.evidence.state import ServiceStatus, ServiceTrack
from sora_exporter.evidence.track import RECALLED
from sora_exporter.exporter import Exporter
from sora_exporter.figures import Moment, dollars, moment, percent, share
from sora_exporter.history import Event
from sora_exporter.history.service import WINDOWS, ServiceHistory
from sora_exporter.history.uptime import Uptime
from sora_exporter.result import ErrorClass, ProbeResult, Status
from sora_exporter.web.pages.bars import Bars, day_bars, minute_bar
from sora_exporter.web.pages.official import disagreement
from sora_exporter.web.wording import Wording, wording
from sora_exporter.words import Words

WHOLE_DAY = 0.98
"""The observed share of 24 hours from which on a figure is about all of them."""
EVENT_DAYS = 30
EVENTS_SHOWN, EVENTS_LISTED = 8, 200
"""The incidents of a service in its row, and on its page."""
SHORT, LONG = "24h", "30d"
"""The window of the figure in a row, without and with a history."""


class Line(NamedTuple):
    """A service on one line. ``why`` names the class behind its status and those beside it; it may be empty.

    ``is_working`` is True if it gives what is asked for, perhaps slowly.
    """

    service: Service
    status: Status
    name: str
    why: str
    disagreement: str
    is_working: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """One event in words; ``ended`` is None while it lasts."""

    service_id: str
    title: str
    status: Status
    name: str
    why: str
    began: Moment | None
    ended: Moment | None
    length: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason in words, the provider's own words, and what to do about it. ``is_aside`` if it decides no status.

    ``evidence`` names the attempt behind it; empty if there was none.
    """

    status: Status
    error_class: ErrorClass
    words: Words
    quoted: str
    is_aside: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Row:
    """A service with its past. ``figure`` is its availability over ``window``, ``stars`` None without a record.

    ``facts`` are labels with their values; ``past`` are windows with their figures; ``more_events`` are not shown.
    """

    line: Line
    lasting: str
    since: Moment | None
    bars: Bars
    figure: str
    is_measured: bool
    window: str
    stars: int | None
    troubles: Sequence[Trouble]
    past: Sequence[tuple[str, str]]
    today: Bars | None
    facts: Sequence[tuple[str, str]]
    events: Sequence[EventView]
    more_events: int


def line_of(exporter: Exporter, track: ServiceTrack, verdict: ServiceStatus, words: Wording) -> Line:
    """Return a service on one line."""
    reasons = (verdict.error_class, *[each.error_class for each in track.obstacles])
    return Line(
        service=track.service,
        status=verdict.status,
        name=words.plain.statuses[verdict.status].name,
        why=_named(reasons, words.language) if track.latest is not None or verdict.planned else "",
        disagreement=words.optional(disagreement(exporter, track.service, verdict)),
        is_working=verdict.up == 1.0,
    )


@lru_cache(maxsize=1024)
def _named(reasons: tuple[ErrorClass, ...], language: str) -> str:
    """Return the names of error classes, each once; a thousand services have few combinations of them."""
    words = wording(language)
    names = dict.fromkeys(words.plain.error_classes[each].name for each in reasons if each is not ErrorClass.NONE)
    return words("separator").join(names)


def row_of(exporter: Exporter, line: Line, words: Wording, shown: int = EVENTS_SHOWN) -> Row:
    """Return a service with its past, at most so many incidents, and the rest that it shows when it is opened."""
    now, service_id = exporter.clock.now(), line.service.id
    track, verdict = exporter.state.services[service_id], exporter.state.status_of(service_id)
    history = exporter.history.services.get(service_id) if exporter.history is not None else None
    events = exporter.events.of(service_id, now - EVENT_DAYS * DAY_SECONDS)
    incidents = [event for event in events if event.is_trouble]
    lately = exporter.events.uptime(service_id, now - DAY_SECONDS, now)
    today = minute_bar(events, lately.ratio, now, words)
    ratio = lately.ratio if history is None else history.availability.get(LONG)
    since = _since(exporter, verdict, service_id)
    is_known = track.latest is not None or verdict.planned is not None
    return Row(
        line=line,
        lasting=words("lasting", span=words.plain.span(now - since)) if is_known else words("no_evidence_yet"),
        since=moment(since) if is_known else None,
        bars=day_bars(tuple(history.days), words.language) if history is not None else today,
        figure=_percent(ratio, words),
        is_measured=ratio is not None,
        window=_today(lately, words) if history is None else words(f"window_{LONG}"),
        stars=history.stars if history is not None else None,
        troubles=_troubles(track, verdict, now, words) if is_known else [],
        past=_past(history, lately, words),
        today=today if history is not None else None,
        facts=_facts(track, history, now, words),
        events=[event_view(event, line.service.title, now, words) for event in incidents[:shown]],
        more_events=max(len(incidents) - shown, 0),
    )


def event_view(event: Event, title: str, now: float, words: Wording) -> EventView:
    """Return an event in words; ``title`` is its service's name."""
    return _event_view(event, title, now if event.ended_at is None else event.ended_at, words.language)


@lru_cache(maxsize=2048)
def _event_view(event: Event, title: str, until: float, language: str) -> EventView:
    """Return an event that lasted until a moment; most events are over, and stay as they are."""
    words = wording(language)
    explained = words.plain.error_classes[event.error_class]
    return EventView(
        service_id=event.service_id,
        title=title,
        status=event.status,
        name=words.plain.statuses[event.status].name,
        why=explained.name if event.error_class is not ErrorClass.NONE else "",
        began=moment(event.began_at),
        ended=moment(event.ended_at),
        length=words.plain.span(event.seconds(until)),
    )


def _since(exporter: Exporter, verdict: ServiceStatus, service_id: str) -> float:
    """Return when the status began; the event log also knows of the time before this exporter started."""
    latest = exporter.events.latest(service_id)
    if latest is not None and latest.ended_at is None and latest.status is verdict.status:
        return latest.began_at
    return verdict.since


def _percent(ratio: float | None, words: Wording) -> str:
    return percent(ratio) if ratio is not None else words("no_figure")


def _today(lately: Uptime, words: Wording) -> str:
    """Return the time that the figure of the last 24 hours is about: less than that just after the first start."""
    if lately.ratio is None or lately.observed_seconds >= WHOLE_DAY * DAY_SECONDS:
        return words(f"window_{SHORT}")
    return words("window_observed", span=words.plain.span(lately.observed_seconds))


def _past(history: ServiceHistory | None, lately: Uptime, words: Wording) -> list[tuple[str, str]]:
    if history is None:
        return [(_today(lately, words), _percent(lately.ratio, words))]
    return [(words(f"window_{window}"), _percent(history.availability.get(window), words)) for window in WINDOWS]


def _troubles(track: ServiceTrack, verdict: ServiceStatus, now: float, words: Wording) -> list[Trouble]:
    found = []
    if verdict.error_class is not ErrorClass.NONE:
        explained = words.plain.explained(verdict.error_class, verdict.rule)
        evidence = _evidence(verdict.decided_by, now, words)
        found.append(Trouble(verdict.status, verdict.error_class, explained, verdict.detail, False, evidence))
    beside = {each.error_class: each for each in track.obstacles if each.error_class is not verdict.error_class}
    for error_class, each in beside.items():
        explained = words.plain.explained(error_class, each.rule)
        evidence = _evidence(each, now, words)
        found.append(Trouble(Status.UNKNOWN, error_class, explained, each.detail, True, evidence))
    return found


def _evidence(decided: ProbeResult | None, now: float, words: Wording) -> str:
    """Name an attempt, its age, its answer and the rule that judged it."""
    if decided is None:
        return ""
    age = words.ago(now - decided.started_at)
    return words("decided_by", probe=decided.probe, age=age, answer=words.joined(*answer_of(decided, words)))


def answer_of(result: ProbeResult, words: Wording) -> list[str]:
    """Return the HTTP status of an attempt's answer and the rule that judged it, or that it was before a restart."""
    if result.rule == RECALLED:
        return [words("recalled")]
    http = f"HTTP {result.http_status}" if result.http_status else words("no_answer")
    return [http, words("rule", rule=result.rule)] if result.rule else [http]


def _facts(track: ServiceTrack, history: ServiceHistory | None, now: float, words: Wording) -> list[tuple[str, str]]:
    service, proof, latest = track.service, track.proof, track.latest
    response = words.seconds(latest.response_seconds) if latest and latest.response_seconds is not None else ""
    proven = words("nothing")
    if proof is not None and proof.depth is not None:
        age = words.ago(now - proof.started_at - proof.duration_seconds)
        proven = words.joined(words(f"depth_{proof.depth}"), age)
    facts = [
        (words("access"), words(f"access_{service.access}")),
        (words("provider"), service.provider),
        (words("model"), service.model),
        (words("response"), response or words("none")),
        (words("proven"), proven),
        *_price(track, words),
    ]
    if service.objective:
        facts.append((words("objective"), share(service.objective / 100)))
    if track.sunset_at is not None and (end := moment(track.sunset_at)) is not None:
        length = words.plain.span(abs(track.sunset_at - now))
        distance = words("ago" if track.sunset_at <= now else "ahead", span=length)
        facts.append((words("sunset"), words.joined(end.iso[:10], distance)))
    if history is not None and history.episodes is not None:
        value = words("episodes_value", count=history.episodes, hours=f"{history.hours or 0.0:.1f}".removesuffix(".0"))
        facts.append((words("episodes"), value))
    return facts


def _price(track: ServiceTrack, words: Wording) -> list[tuple[str, str]]:
    """Return the price of one video and its parts, or of one second if the length of a video is not known."""
    price, per_video = track.service.price_usd, track.video_price_usd
    if price is None:
        return []
    if per_video is None:
        return [(words("price_second"), dollars(price.per_second or 0.0))]
    if not price.per_second:
        return [(words("price_video"), dollars(per_video))]
    amount, each = dollars(per_video), dollars(price.per_second)
    made_of = words("made_of", amount=amount, seconds=f"{per_video / price.per_second:g}", price=each)
    return [(words("price_video"), made_of)]
