"""The questions to Prometheus against the rules that record what they ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sora_exporter.documents import shipped
from sora_exporter.report import queries
from sora_exporter.report.findings import WINDOWS, Window

RULES = Path(__file__).parents[2] / "alerting-rules" / "sora-recording.rules.yml"
RECORDED = {rule["record"] for group in shipped(RULES)["groups"] for rule in group["rules"]}


def questions(window: Window) -> list[str]:
    """Return everything that is asked over a window."""
    return [*({**queries.NOW, **queries.figures(window), **queries.MINUTES, **queries.bars(window)}.values())]


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_queried_series_are_recorded(window: Window) -> None:
    """Every recorded series in a query is one that the shipped rules record."""
    asked = {name for question in questions(window) for name in re.findall(r"\b\w+:\w+:\w+", question)}
    assert len(asked) >= 10
    assert asked - RECORDED == set()


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_sparse_series_are_read_through_ranges(window: Window) -> None:
    """No window and no hourly series is read without a range: between its samples it would seem to be missing."""
    sparse = r"\w+:\w+:(?:hourly\w*|\w*(?:24h|7d|30d|90d)|stars)"
    loose = [one for question in questions(window) for one in re.findall(rf"{sparse}(?![\w\[])", question)]
    assert loose == []


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_bars_fill_the_window(window: Window) -> None:
    """Whole bars fill the window, few enough to be drawn and many enough to show something."""
    assert window.seconds % window.bar_seconds == 0
    assert 20 <= window.seconds // window.bar_seconds <= 50
