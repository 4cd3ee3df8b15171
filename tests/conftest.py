"""Fixtures that every test may use: a clock moved by hand."""

from __future__ import annotations

import signal

import pytest
from hand_clock import HandClock
from hypothesis import settings

pytest_plugins = ["probes.fixtures"]

# Whoever starts the tests in the background leaves SIGINT ignored, in every child, too: Ctrl-C is tested all the same.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def clock() -> HandClock:
    """A clock at 2026-01-28 00:00 UTC that moves only by hand."""
    return HandClock()
