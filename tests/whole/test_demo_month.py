"""``sora-exporter demo`` with Prometheus and Alertmanager: its past is the article's, and an alert arrives."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from support.choice import Choice
from support.programs.demo import RUNS, demo, only
from support.programs.launch import Prometheus, answers, eventually, fetch

from sora_exporter.demo.article import ARTICLE

pytestmark = pytest.mark.programs


def test_the_past_is_there_at_once_and_a_broken_service_is_reported(tmp_path: Path, short_or_long: Choice) -> None:
    """Two places are scraped, money and certificate are live, the past is the article's, the alert arrives.

    The short form has four days instead of a month.
    """
    path, days = only(tmp_path / "bin", "prometheus", "promtool", "prometheus-alertmanager"), short_or_long(4, 30)
    with demo(tmp_path / "scratch", "--break=sora-2-official", f"--days={days}", path=path) as running:
        running.wait_for(RUNS)
        said = "".join(running.said)
        assert re.search(r"^everything runs after \d+\.\d s$", said, re.MULTILINE)
        assert re.search(r"^first full page after \d+\.\d s: http://\S+$", said, re.MULTILINE)
        assert re.search(r"^grafana is not installed; .*https://grafana\.com/grafana/download", said, re.MULTILINE)
        for name, ready in (("exporter", "/"), ("simulator", "/control"), ("alertmanager", "/-/ready")):
            assert answers(running.url(name) + ready)
        engine = Prometheus(running.url("prometheus"), running.process)
        measured = engine.query("service_id:sora_service_availability:ratio30d")
        shown = {sample.labels["service_id"]: sample.value for sample in measured}
        # Closed hours count, so that up to one at each end is not in it.
        assert shown == {
            story.id: pytest.approx(story.availability, abs=(1 - story.availability) / (5 * days)) for story in ARTICLE
        }
        assert {group["name"].split(".")[0] for group in engine.api("rules")["groups"]} == {"sora"}
        eventually(lambda: len(engine.query('up{job="sora_exporter"} == 1')) == 2)
        for live in ("sora_provider_balance", "sora_probe_tls_expiry_timestamp_seconds"):
            eventually(lambda name=live: f"\n{name}{{" in fetch(running.url("exporter") + "/metrics"))
        # Its other route is under risk control already: what arrives is the worse news about the product.
        pattern = re.compile(r"FIRING   SoraProductUnavailable: No route to sora-2 works")
        eventually(lambda: any(map(pattern.search, running.said)), 180)
        assert running.end(signal.SIGINT) == 0
        running.wait_for("stopped, nothing is left behind")
        assert running.leftovers() == []
