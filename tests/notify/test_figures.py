"""The metrics of ``notify``."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from sora_exporter.notify.figures import COUNTERS, Figures

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def names_of(figures: Figures) -> set[str]:
    """Return the names of the samples of ours."""
    text, _ = figures.render(OPENMETRICS)
    families = text_string_to_metric_families(text.decode())
    return {one.name for family in families for one in family.samples if one.name.startswith("sora_")}


def test_every_receiver_has_every_counter_from_the_start() -> None:
    """Counters and queue begin at 0 for each receiver; moments are absent until they come, and there is no _created."""
    figures = Figures(["a", "b"], has_deadman=True)
    assert names_of(figures) == {
        *(f"sora_notify_messages_{name}_total" for name, *_ in COUNTERS), "sora_notify_messages_queued",
        "sora_notify_deadman_silent",
    }  # fmt: skip
    figures.receivers["a"].last_success = 1.0
    assert "sora_notify_last_success_timestamp_seconds" in names_of(figures)
    assert not {name for name in names_of(Figures([], has_deadman=False)) if "deadman" in name}


@pytest.mark.parametrize(("accept", "form"), [(OPENMETRICS, OPENMETRICS), ("", "text/plain")])
def test_the_format_follows_the_scraper(accept: str, form: str) -> None:
    """OpenMetrics for those that accept it, else Prometheus text, with the metrics of the process."""
    text, content_type = Figures(["a"], has_deadman=False).render(accept)
    assert content_type.startswith(form.partition(";")[0])
    assert b"process_cpu_seconds_total" in text
