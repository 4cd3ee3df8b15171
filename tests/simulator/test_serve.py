"""The simulator as a program, and its independence."""

from __future__ import annotations

import ast
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from support import plain_http

import sora_exporter.simulator

pytestmark = pytest.mark.processes

PACKAGE = Path(sora_exporter.simulator.__file__).parent
COMMAND = [sys.executable, "-m", "sora_exporter.simulator"]
KEY = {"authorization": "sk-simulated"}


@pytest.fixture
def program() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running program on a free port, and the address that its one line shows."""
    process = subprocess.Popen(
        [*COMMAND, "--scenario", "january-2026"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"simulated provider \(january-2026\) on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        yield process, found[1]
        process.kill()


def test_the_program_shows_its_address_answers_and_ends_quietly(program: tuple[subprocess.Popen[str], str]) -> None:
    """One line with the address, answers there at once, and an interrupt ends it silently and with 0."""
    process, address = program
    answer = plain_http.get(address + "/v1/models", headers=KEY)
    assert "sora_video2" in {model["id"] for model in answer.json()["data"]}
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_dropped_connection_breaks_on_the_wire_and_a_hanging_one_holds_nothing(
    program: tuple[subprocess.Popen[str], str],
) -> None:
    """A dropped answer is a protocol error for the client; a request that hangs does not keep the program alive."""
    process, address = program
    plain_http.put(address + "/control/models/sora-2", json={"behaviour": "connection"})
    with pytest.raises(httpx2.RemoteProtocolError):
        plain_http.get(address + "/v1/models/sora-2", headers=KEY)
    plain_http.put(address + "/control/models/sora-2", json={"behaviour": "hang"})
    with pytest.raises(httpx2.ReadTimeout):
        plain_http.post(address + "/v1/videos", json={"model": "sora-2", "prompt": "a cat"}, headers=KEY, timeout=0.2)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20) == ("", "")


@pytest.mark.parametrize(("behaviour", "fault"), [("answer_lost", "RemoteProtocolError"), ("hang", "ReadTimeout")])
def test_an_order_whose_answer_never_arrives_is_still_paid(
    program: tuple[subprocess.Popen[str], str], behaviour: str, fault: str
) -> None:
    """If the answer is lost or the caller leaves, the job exists, the list names it, and it was paid once."""
    address = program[1]
    plain_http.put(address + "/control/models/sora-2", json={"behaviour": behaviour})
    order = {"model": "sora-2", "prompt": "a cat 42"}
    with pytest.raises(httpx2.TransportError) as error:
        plain_http.post(address + "/v1/videos", json=order, headers=KEY, timeout=0.5)
    assert type(error.value).__name__ == fault
    # The program may see that the caller left a moment later than the caller's next request.
    lists = (plain_http.get(address + "/v1/videos", headers=KEY).json()["data"] for _ in range(100))
    assert [job["prompt"] for job in next(filter(None, lists))] == ["a cat 42"]
    journal = plain_http.get(address + "/control/journal").json()
    assert [entry["cost_usd"] for entry in journal if entry["action"] == "create"] == [0.4]


def test_a_port_in_use_is_one_line_and_exit_code_2() -> None:
    """A port in use is named with the way out, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, check=False)
    expected = f"simulate: cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "simulate: cannot listen on 127.0.0.1:70000: "),
        (["--tls-file", "x.pem"], "simulate: --tls-file x.pem: No such file or directory; it needs a certificate and "),
        (["--vendor", "x"], "simulate: unknown vendor 'x'; choose one of: ark, dashscope, "),
        (["--scenario", "x"], "simulate: unknown scenario 'x'; choose one of: operational, january-2026, "),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    """A port that cannot exist and an unknown scenario are one line each."""
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n"), ended.stderr[: len(message)]) == (2, 1, message)


def imported_modules(file: Path) -> Iterator[str]:
    """The absolute names of all modules a file of the package imports."""
    package = ["sora_exporter", "simulator", *file.parent.relative_to(PACKAGE).parts]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*prefix, *([node.module] if node.module else [])])


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("**/*.py")), ids=lambda file: file.name)
def test_the_simulator_imports_nothing_of_the_exporter(file: Path) -> None:
    """The judge of the exporter shares no code with it, so it cannot share its mistakes."""
    ours = [name for name in imported_modules(file) if name.split(".")[0] == "sora_exporter"]
    assert [name for name in ours if not name.startswith("sora_exporter.simulator")] == []
