"""Locks between processes: one attempt of a probe at a time, one exporter per directory, nothing lost on the way."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from sora_exporter.budget.locks import AttemptLocks, HeldElsewhereError, guarded, hold_alone


def test_probes_of_services_have_locks_of_their_own(tmp_path: Path) -> None:
    """Only the same probe of the same service is excluded, also where the names run together alike."""
    locks = AttemptLocks(tmp_path / "attempts")
    with (
        locks.hold("relay", "generate") as first,
        AttemptLocks(tmp_path / "attempts").hold("relay", "generate") as same,
        locks.hold("relay", "submit") as other,
        locks.hold("relaygen", "erate") as alike,
    ):
        assert (first, same, other, alike) == (True, False, True, True)
    with locks.hold("relay", "generate") as again:
        assert again


def test_a_failed_attempt_frees_its_lock(tmp_path: Path) -> None:
    """An exception inside an attempt ends its lock and leaves no open file behind."""
    locks = AttemptLocks(tmp_path / "attempts")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(ZeroDivisionError), locks.hold("relay", "generate"):
        raise ZeroDivisionError
    with locks.hold("relay", "generate") as again:
        assert again
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_holder_of_a_directory_is_named(tmp_path: Path) -> None:
    """The second holder learns the process id of the first, and may hold the file once the first is gone."""
    path = tmp_path / "exporter.lock"
    with ExitStack() as first:
        hold_alone(path, first)
        with ExitStack() as second, pytest.raises(HeldElsewhereError, match=f"process {os.getpid()}"):
            hold_alone(path, second)
        assert path.read_text() == f"{os.getpid()}\n"
    with ExitStack() as third:
        hold_alone(path, third)


def test_a_guard_ends_with_its_block(tmp_path: Path) -> None:
    """A guarded block can be entered again after it ended, and its file stays."""
    for _ in range(2):
        with guarded(tmp_path / "create.lock"):
            assert (tmp_path / "create.lock").exists()
