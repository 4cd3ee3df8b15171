"""The notes above the figures."""

from __future__ import annotations

from support.recorded import Find, Recorded

from sora_exporter.cli.report import render


def test_gaps_ends_and_warnings_come_first(recorded: Recorded, found: Find) -> None:
    """The notes that a reader needs come above the figures."""
    recorded.warnings = ["one store is away"]
    lines = [line for line in render(found(), "en", "text", columns=200).splitlines() if line.startswith("! ")]
    assert lines == [
        "! Gamma: only 10.0 % of the window was observed, less than the 50 % that a figure needs.",
        "! Gamma: recorded only since 2026-10-30 00:00; this Prometheus keeps nothing older.",
        "! End of life announced for 2026-11-02: Beta.",
        "! Prometheus warns: one store is away",
    ]


def test_a_missing_route_series_is_named(recorded: Recorded, found: Find) -> None:
    """If the route to use now is not recorded, its series is named."""
    del recorded.answers["recommended"]
    assert "product_service_id:sora_service_recommended:bool is missing" in render(found(), "en", "text")
