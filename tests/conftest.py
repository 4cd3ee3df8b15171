"""Fixtures that every test may use: a clock moved by hand."""

from __future__ import annotations

import pytest
from hand_clock import HandClock

pytest_plugins = ["probes.fixtures"]


@pytest.fixture
def clock() -> HandClock:
    """A clock at 2026-01-28 00:00 UTC that moves only by hand."""
    return HandClock()
