"""The event loop, signals, and tasks that end alone."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading

import pytest

from sora_exporter.tasks import apart, in_background, new_event_loop, on_signals, run


def test_a_coroutine_runs_on_the_chosen_loop() -> None:
    """``run`` returns the coroutine's result from the loop that suits the platform."""

    async def loop() -> type[asyncio.AbstractEventLoop]:
        return type(asyncio.get_running_loop())

    expected = new_event_loop()
    expected.close()
    assert run(loop()) is type(expected)


@pytest.mark.parametrize("has_handlers", [True, False])
async def test_a_signal_calls_the_action(monkeypatch: pytest.MonkeyPatch, has_handlers: bool) -> None:
    """The action runs in the loop, also on a loop without signal handlers; unknown signals are skipped."""
    loop, called = asyncio.get_running_loop(), asyncio.Event()

    def refuse(*_: object) -> None:
        raise NotImplementedError

    before = signal.getsignal(signal.SIGUSR1)
    if not has_handlers:
        monkeypatch.setattr(loop, "add_signal_handler", refuse)
    try:
        on_signals(called.set, "SIGUSR1", "SIGNOSUCH")
        os.kill(os.getpid(), signal.SIGUSR1)
        await called.wait()
        assert called.is_set()
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)


async def test_a_failing_task_is_logged_and_ends_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """``apart`` returns the failed task, and the log has its name and traceback."""

    async def fail() -> None:
        raise ZeroDivisionError

    task = await apart(fail(), "division")
    assert isinstance(task.exception(), ZeroDivisionError)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (vars(record)["task"], record.exc_info is not None) == ("division", True)


async def test_work_in_the_background_gives_its_outcome() -> None:
    """The caller gets what the work returned or raised; a failure after it gave up is no error of anybody."""
    assert await in_background(lambda: threading.current_thread().name, "work") == "work"
    with pytest.raises(ZeroDivisionError):
        await in_background(lambda: 1 / 0, "work")
    is_given_up = threading.Event()
    outcome = in_background(is_given_up.wait, "work")
    outcome.cancel()
    is_given_up.set()
    with pytest.raises(asyncio.CancelledError):
        await outcome
