"""The invented history: it goes as its story says, and is the same each time."""

from __future__ import annotations

import pytest
from support.stories import END, story

from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.history import ServiceStory, invent_history, is_evidence
from sora_exporter.result import ErrorClass, Status


@pytest.mark.parametrize("service", ARTICLE, ids=lambda service: service.id)
def test_a_history_reaches_its_availability_to_the_minute(service: ServiceStory) -> None:
    """The availability of the story comes out to within one minute, and so do the silent minutes."""
    history = invent_history(service, END)
    assert len(history.minutes) == 30 * 24 * 60
    assert history.availability == pytest.approx(service.availability, abs=1 / history.evidence_minutes)
    assert len(history.minutes) - history.evidence_minutes == service.unknown_minutes
    assert history.episodes == service.episodes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("service", ["sora-2-reverse", "sora-2-pro-reverse"])
def test_reverse_services_have_one_to_three_episodes_a_week(service: str, seed: int) -> None:
    """Risk control comes as often as the article says, in every full week."""
    history = invent_history(story(service), END, days=28, seed=seed)
    week = 7 * 24 * 60
    known = [c if is_evidence(c) else None for c in history.minutes]
    starts: list[int] = []
    before: ErrorClass | None = ErrorClass.NONE
    for minute, now in enumerate(known):
        if now is not None:
            if now.status is Status.RISK_CONTROL and before is not None and before.status is not Status.RISK_CONTROL:
                starts.append(minute)
            before = now
    counts = [sum(number * week <= start < (number + 1) * week for start in starts) for number in range(4)]
    assert all(1 <= count <= 4 for count in counts)
    assert 1 <= sum(counts) / 4 <= 3


def test_the_same_seed_gives_the_same_history() -> None:
    """A history depends on nothing but its arguments."""
    first, again, other = (invent_history(story("sora-2-reverse"), END, days=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.minutes != other.minutes


def test_incidents_are_the_minutes_that_were_not_operational() -> None:
    """Incidents cover exactly the minutes that were not operational, in order and without overlap."""
    history = invent_history(story("sora-2-pro-reverse"), END, days=10)
    covered = [time for one in history.incidents for time in range(one.start, one.end, 60)]
    assert covered == [t for t, c in zip(history.times, history.minutes, strict=True) if c is not ErrorClass.NONE]


def test_too_much_for_too_short_a_time_is_refused() -> None:
    """A story that does not fit into its days is an error."""
    wild = ServiceStory("a", "A", "p", "reverse", "acme", "m", "chat", availability=0.01, episodes=30,
                        risk_control_share=1.0)  # fmt: skip
    with pytest.raises(ValueError, match="minutes are too short"):
        invent_history(wild, END, days=1)
