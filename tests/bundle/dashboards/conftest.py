"""One Prometheus with our recording rules and the demo's history, for all tests of queries."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pytest
from support.month import Month
from support.programs.launch import RULES, eventually, prometheus

from sora_exporter.demo.article import living
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.places import place_series, target
from sora_exporter.demo.series import Series, evidence_series
from sora_exporter.demo.tsdb import all_series, load_history
from sora_exporter.result import ErrorClass

LAST_RECORDED = (
    "service_id:sora_service_severity:median",
    "service_id:sora_service_sunset_days:min",
    "service_id:sora_service_availability:ratio30d",
    "product_service_id:sora_service_recommended:bool",
)
"""The series that the rules record last: the vote, the end of the group of days, its own readings, and the routes."""


DAYS = 8
OUTVOTED = "sora-image"


def third_place(histories: Sequence[ServiceHistory]) -> Iterator[Series]:
    """Yield the last hour of an exporter at a third place, which alone calls a service suspended."""
    labels, suspended = target("ap", "127.0.0.1:10202"), [ErrorClass.UNAVAILABLE] * 60
    seen = [
        replace(one, minutes=suspended if one.service.id == OUTVOTED else one.minutes[-60:], responses=())
        for one in histories
    ]
    yield from place_series(seen, labels)
    for history in seen:
        yield from evidence_series(history, labels)


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """Eight days of six services and everything around them, up to now, as the demo loads them, and a third place."""
    directory, end = tmp_path_factory.mktemp("month"), int(time.time()) // 60 * 60
    histories = [invent_history(story, end, DAYS) for story in living(end)]
    series = chain(all_series(histories), third_place(histories))
    load_history(directory / "data", series, histories[0].start, end)
    rules = (RULES / "sora-recording.rules.yml").read_text(encoding="utf-8")
    # Every group at once and often: the tests must not wait five minutes for the group of days.
    (directory / "rules.yml").write_text(re.sub(r"interval: \w+", "interval: 2s", rules), encoding="utf-8")
    (directory / "prometheus.yml").write_text("rule_files: [rules.yml]\n", encoding="utf-8")
    with prometheus(directory / "prometheus.yml", directory / "data") as server:
        started = time.time()
        eventually(lambda: all(server.query(f"timestamp({name}) > {started}") for name in LAST_RECORDED))
        now = time.time()
        # The queries read no more than is recorded now: going on would only cost time.
        (directory / "rules.yml").write_text(re.sub(r"interval: \w+", "interval: 1h", rules), encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: all(group["interval"] == 3600 for group in server.api("rules")["groups"]))
        yield Month(server, histories, now)
