"""``sora-exporter report``: its output on each stream, and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import forking
from support.command_line import command
from support.recorded import Recorded, each

from sora_exporter.cli.main import main
from sora_exporter.cli.report import FORMATS


def call(recorded: Recorded, *arguments: str) -> Result:
    """Run the command over the recorded week."""
    week = ("--prometheus-url", recorded.url, "--window", "7d", "--end", "2026-11-01")
    return CliRunner(env={"COLUMNS": "100"}).invoke(main, ["report", *week, *arguments])


def test_the_report_goes_to_standard_output(recorded: Recorded) -> None:
    """A report is all of stdout, stderr stays empty and the exit code is 0."""
    result = call(recorded)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Availability of AI video services\n7d: 2026-10-25 00:00 to 2026-11-01 00:00 (UTC)")


def test_the_language_is_chosen(recorded: Recorded) -> None:
    """With --lang zh headings and explanations are Chinese."""
    assert "\n稳定性\n" in call(recorded, "--lang", "zh").stdout


def test_filters_and_lengths_are_passed_on(recorded: Recorded) -> None:
    """--service and --product choose, and --video-seconds prices another video."""
    chosen = json.loads(call(recorded, "--service", "alpha", "--video-seconds", "12", "--format", "json").stdout)
    assert [service["service_id"] for service in chosen["services"]] == ["alpha"]
    assert chosen["services"][0]["price"]["video_price_usd"] == pytest.approx(1.2, rel=1e-3)
    assert call(recorded, "--product", "song").exit_code == 2


@pytest.mark.parametrize(
    ("question", "words"),
    [("availability", "not recorded"), ("coverage", "is not recorded"), ("info", "")],
)
def test_an_impossible_report_is_exit_code_two(recorded: Recorded, question: str, words: str) -> None:
    """Without a needed series stdout stays empty, stderr has one line and the exit code is 2; names may be missing."""
    del recorded.answers[question]
    result = call(recorded)
    if not words:
        assert result.exit_code == 0
        return
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert words in result.stderr


def test_low_coverage_is_exit_code_two(recorded: Recorded) -> None:
    """When nothing was seen enough, no figure is printed in any format."""
    recorded.answers["coverage"] = each(alpha=0.4)
    for form in FORMATS:
        result = call(recorded, "--format", form)
        assert (result.exit_code, result.stdout) == (2, "")


def test_an_unreachable_prometheus_is_one_line(recorded: Recorded) -> None:
    """If no server listens, one line names the address and the exit code is 2."""
    recorded.url = "http://127.0.0.1:9"
    result = call(recorded)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("sora-exporter: http://127.0.0.1:9 cannot be reached")


def test_secrets_are_taken_from_files_alone(recorded: Recorded, tmp_path: Path) -> None:
    """No option takes a secret itself; one from a file is sent and shown nowhere."""
    names = {option.name or "" for option in command("report").params}
    assert [name for name in names if re.search("password|token|secret", name) and not name.endswith("_file")] == []
    secret = tmp_path / "token"
    secret.write_text("correct-horse-battery\n")
    result = call(recorded, "--prometheus.bearer-token-file", str(secret), "--format", "json")
    assert recorded.requests[0].headers["authorization"] == "Bearer correct-horse-battery"
    assert "correct-horse" not in result.output


def on_a_terminal(recorded: Recorded, **variables: str) -> str:
    """Return what the program writes to a terminal of 90 columns."""
    ours, its = pty.openpty()
    command = ["report", "--prometheus-url", recorded.url, "--window", "7d", "--end", "2026-11-01"]
    environment = {**os.environ, "COLUMNS": "90", "TERM": "xterm", **variables}
    environment = {name: value for name, value in environment.items() if name != "NO_COLOR" or value}
    with os.fdopen(its, "w") as terminal:
        process = forking.start(command, environment, stdout=terminal, stderr=sys.__stderr__)
    with process:
        written = b""
        while piece := _read(ours):
            written += piece
    os.close(ours)
    assert process.returncode == 0
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side has closed.
        return b""


@pytest.mark.processes
def test_a_terminal_gets_colours_unless_it_refuses_them(recorded: Recorded) -> None:
    """On a terminal there is colour, with NO_COLOR or a dumb terminal there is none, and a pipe never gets any."""
    assert "\x1b[35m" in on_a_terminal(recorded, NO_COLOR="")
    assert "\x1b" not in on_a_terminal(recorded, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(recorded, NO_COLOR="", TERM="dumb")
    assert "\x1b" not in call(recorded).stdout


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_record_gives_the_same_bytes(recorded: Recorded, form: str) -> None:
    """A format is a function of the record and of the end of the window, and of nothing else."""
    first, second = (call(recorded, "--format", form) for _ in range(2))
    assert (first.exit_code, first.stdout) == (0, second.stdout)
