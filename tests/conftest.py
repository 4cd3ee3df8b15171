"""Fixtures that every test may use: a clock moved by hand."""

from __future__ import annotations

import signal
import sys

import pytest
from hypothesis import settings
from support.clock import HandClock

pytest_plugins = ["support.probing"]

# Whoever starts the tests in the background leaves SIGINT ignored, in every child, too: Ctrl-C is tested all the same.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


# Which test is running, if it may not start a process: those are marked, so that the others stay quick.
_confined: list[str] = []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take note of what the test may do."""
    is_free = any(item.get_closest_marker(name) for name in ("processes", "programs"))
    _confined[:] = [] if is_free else [item.nodeid]


def _watch(event: str, _: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _confined:
        raise AssertionError(f"{_confined[0]} starts a process: mark it with pytest.mark.processes")


sys.addaudithook(_watch)


@pytest.fixture
def clock() -> HandClock:
    """A clock at 2026-01-28 00:00 UTC that moves only by hand."""
    return HandClock()
