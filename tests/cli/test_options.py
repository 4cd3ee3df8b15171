"""The parts that commands share: the configuration, its warnings, and the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from support.command_line import command
from support.configured import RELAY, SERVICE, loaded

from sora_exporter.cli.options import load, run_to_end, warn


def test_mistakes_of_the_configuration_end_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    """Each mistake is one line with its place, and the code is 2."""
    path = tmp_path / "sora.yml"
    path.write_text("servces: []\ntitel: x\n", "utf-8")
    with pytest.raises(SystemExit, match="2"):
        load(path)
    assert [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()] == [f"{path}:1", f"{path}:2"]


def test_a_warning_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A setting that is allowed but probably a mistake is named, and nothing ends."""
    paid = {**SERVICE, "price_usd": {"per_request": 1}, "probes": {"submit": {"interval": "6h"}}}
    warn(loaded({"providers": RELAY, "services": [paid]}))
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("sora-exporter: service a: submit will never run")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_as_an_interrupt_does(number: signal.Signals) -> None:
    """The work is cancelled, so that it can clean up, and the caller gets what Ctrl-C gives."""
    cleaned: list[str] = []

    async def work() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("up")

    with pytest.raises(KeyboardInterrupt):
        run_to_end(work())
    assert cleaned == ["up"]


def test_a_result_is_returned() -> None:
    """Work that ends by itself gives its result."""

    async def work() -> int:
        return 7

    assert run_to_end(work()) == 7


@pytest.mark.parametrize("name", ["serve", "report"])
def test_the_options_of_a_prometheus_are_the_same_everywhere(name: str) -> None:
    """Each command that reads a Prometheus takes the same credentials and certificates."""
    options = {option for param in command(name).params for option in param.opts if option.startswith("--prometheus")}
    shared = {"ca-file", "bearer-token-file", "password-file", "username"}
    assert {f"--prometheus.{name}" for name in shared} <= options | {
        one.replace("-prometheus-", ".") for one in options
    }
