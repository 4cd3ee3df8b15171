"""One Prometheus with our recording rules and the demo's history, for all tests of queries."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator

import pytest
from support.month import Month
from support.programs.launch import RULES, eventually, prometheus

from sora_exporter.demo.article import living
from sora_exporter.demo.history import invent_history
from sora_exporter.demo.tsdb import all_series, load_history

LAST_RECORDED = (
    "service_id:sora_service_sunset_days:min",
    "service_id:sora_service_availability:ratio30d",
    "product_service_id:sora_service_recommended:bool",
)
"""The series that the rules record last: the end of the group of days, its own readings, and the end of the routes."""


DAYS = 8


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """Eight days of six services and everything around them, up to now, as the demo loads them."""
    directory, end = tmp_path_factory.mktemp("month"), int(time.time()) // 60 * 60
    histories = [invent_history(story, end, DAYS) for story in living(end)]
    load_history(directory / "data", all_series(histories), histories[0].start, end)
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
