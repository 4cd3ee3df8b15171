"""The invented month in the event logs of the demo's exporters."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from support.clock import HandClock
from support.html_structure import Structure
from support.remembering import configuration, remembering
from support.stories import END

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.demo.article import DISPUTED, living
from sora_exporter.demo.history import ServiceHistory, invent_history, is_available, is_evidence
from sora_exporter.demo.past import write_past
from sora_exporter.demo.places import PLACES, elsewhere
from sora_exporter.exporter import Exporter
from sora_exporter.result import Status
from sora_exporter.web.feed import render_feed
from sora_exporter.web.pages import render_overview, render_service
from sora_exporter.web.pages.overview import INCIDENTS_SHOWN
from sora_exporter.web.wording import wording

DAYS = 8


@pytest.fixture(scope="module")
def histories() -> list[ServiceHistory]:
    """The invented days of every service of the demo."""
    return [invent_history(story, END, DAYS) for story in living(END)]


@pytest.fixture(scope="module")
def exporters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Exporter]]:
    """The exporters of the two places, which have read their logs; it is the end of the invented days."""
    clock, places = HandClock(END), [tmp_path_factory.mktemp(name) for name in PLACES]
    write_past([place / "storage" for place in places], END, DAYS)
    services = [
        {"id": story.id, "product": story.product, "access": story.access, "provider": "relay", "model": story.model}
        for story in living(END)
    ]
    config = configuration(services)
    with remembering(config, places[0], clock) as first, remembering(config, places[1], clock) as second:
        for exporter in (first, second):
            exporter.events.read()
        yield [first, second]


def test_the_events_agree_with_the_bars(exporters: list[Exporter], histories: list[ServiceHistory]) -> None:
    """In each place the events of every day add up to that day's minutes, of which the bars are drawn."""
    for exporter, see in zip(exporters, (lambda history: history, elsewhere), strict=True):
        for history in map(see, histories):
            for begin in range(0, len(history.minutes) - 1440, 1440):
                minutes = history.minutes[begin : begin + 1440]
                start = history.start + 60 * begin
                found = exporter.events.uptime(history.service.id, start, start + DAY_SECONDS)
                assert found.observed_seconds == 60 * sum(map(is_evidence, minutes))
                assert found.ratio == pytest.approx(sum(map(is_available, minutes)) * 60 / found.observed_seconds)
    ours, theirs = (exporter.events.of(DISPUTED) for exporter in exporters)
    assert len(theirs) > len(ours)


def test_pages_and_feeds_list_the_incidents(exporters: list[Exporter], histories: list[ServiceHistory]) -> None:
    """The status page, the page of a service and its feed list the incidents of the invented days."""
    exporter, words = exporters[0], wording("en")
    faults = {history.service.id: [one for one in history.incidents if one.error_class.status is not Status.UNKNOWN]
              for history in histories}  # fmt: skip
    overview = Structure(render_overview(exporter, words).content).text
    assert f"{sum(map(len, faults.values())) - INCIDENTS_SHOWN} earlier" in overview
    for service_id, incidents in faults.items():
        began = {f"{one.start:.0f}" for one in incidents}
        assert {f"{event.began_at:.0f}" for event in exporter.events.of(service_id) if event.is_trouble} == began
        names = {words.plain.error_classes[one.error_class].name for one in incidents[-8:]}
        page = Structure(render_service(exporter, service_id, words).content).text
        assert [name for name in names if name not in page] == []
        feed = render_feed(exporter, "http://exporter.example", words, service_id)
        assert feed is not None
        assert len(re.findall("<entry>", feed.content)) >= len(incidents)


def test_the_invented_days_go_on(exporters: list[Exporter]) -> None:
    """At their end every service works, in an event that lasts, and the log counts as just watched."""
    for exporter in exporters:
        assert {event.status for event in exporter.events.lasting()} == {Status.OPERATIONAL}
        assert len(exporter.events.lasting()) == len(exporter.state.services)
        assert exporter.events.watched_at == END
