"""Fixtures that every test may use, the order of the files, and the short and the full form of proofs by repetition."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from support.choice import Choice
from support.clock import HandClock
from support.order import rank

if TYPE_CHECKING:
    from support.programs.postgresql import Postgresql

pytest_plugins = ["support.probing", "support.recorded"]

# Tests that run in the background inherit an ignored SIGINT, and so do their children. Ctrl-C is tested all the same.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The time of one example says more about the machine than about the code.
settings.register_profile("short", deadline=None, max_examples=30)
settings.register_profile("long", deadline=None, max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--long``, which runs proofs by repetition in their full form."""
    parser.addoption("--long", action="store_true", help="repeat proofs by repetition as often as before a release")


def pytest_configure(config: pytest.Config) -> None:
    """Give generated examples their number."""
    settings.load_profile("long" if config.getoption("long") else "short")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, then those that drive programs: they wait, and the others fill the cores."""
    kinds = ("programs", "processes")
    heavy = {kind: {str(item.path) for item in items if item.get_closest_marker(kind)} for kind in kinds}
    items.sort(key=lambda item: (rank(item.path), *(str(item.path) not in heavy[kind] for kind in kinds)))


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the tests: looking through it again took a tenth of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


# The running test, if it may not start a process. Tests that may are marked, so that the others stay quick.
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


@pytest.fixture(scope="session")
def short_or_long(request: pytest.FixtureRequest) -> Choice:
    """Choose between the form of a proof by repetition for every run of the tests and the one for ``--long``."""
    is_long: bool = request.config.getoption("long")
    return lambda short, full: full if is_long else short


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgresql]:
    """One PostgreSQL server for the tests of this process; each gets a place of its own in it."""
    # The driver takes a while to import, and few tests need it.
    from support.programs.postgresql import postgresql

    with postgresql() as server:
        yield server
