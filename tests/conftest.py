"""Fixtures that every test may use: a clock moved by hand."""

from __future__ import annotations

import pytest
from hand_clock import HandClock
from hypothesis import settings

pytest_plugins = ["probes.fixtures"]

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def clock() -> HandClock:
    """A clock at 2026-01-28 00:00 UTC that moves only by hand."""
    return HandClock()
