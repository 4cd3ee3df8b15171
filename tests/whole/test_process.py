"""The exporter as a process: its endpoints over sockets, its signals, its end, and what is wrong around it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2
import pytest
from support import plain_http
from support.programs.launch import eventually
from support.running import KEY, PROGRAM, Running, environment, exporter, run, simulator

pytestmark = pytest.mark.processes

ENDPOINTS = (
    "/", "/metrics", "/sd", "/api/v1/status", "/api/v1/services/sora-image", "/config", "/-/healthy", "/-/ready",
    "/probe?service_id=sora-image", "/probe?service_id=sora-image&probe=canary&debug=true",
)  # fmt: skip
PAYING = """
budget_usd_per_day: 5.00
providers:
  relay: {{base_url: "{provider}/v1", api_key_env: OPENAI_API_KEY}}
services:
  - id: hung
    product: hung
    access: official
    provider: relay
    model: sora-2-pro
    probes: {{canary: {{interval: 1h, timeout: 10m}}}}
  - id: paid
    product: paid
    access: official
    provider: relay
    model: sora-2
    price_usd: {{per_request: 0.40}}
    probe_on_scrape: true
    probes:
      generate: {{interval: 1h, timeout: 10m}}
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The simulated provider as it was in January 2026."""
    with simulator() as address:
        yield address


@pytest.fixture(scope="module")
def serving(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An exporter for the tests that leave it unchanged."""
    with exporter(tmp_path_factory.mktemp("serving"), env=environment(provider), command=PROGRAM) as running:
        yield running


def arguments_of(running: Running) -> list[str]:
    """Return the arguments of a running process, as the list of processes shows them."""
    return Path(f"/proc/{running.process.pid}/cmdline").read_text("utf-8").split("\0")


def assert_mistake(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exactly one line on stderr with these words, nothing on stdout, exit code 2."""
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended
    assert [word for word in words if word not in ended.stderr] == [], ended.stderr


def test_every_endpoint_answers_and_sigterm_ends_it_with_0(provider: str, tmp_path: Path) -> None:
    """Over a real socket every endpoint is 200 with a body, HEAD without one, and SIGTERM ends all of it quietly."""
    with exporter(tmp_path, env=environment(provider)) as running:
        for path in ENDPOINTS:
            assert running.get(path).status_code == 200, path
            assert running.get(path).content, path
        head = httpx2.head(running.url + "/metrics")
        assert (head.status_code, head.content) == (200, b"")
        assert running.get("/probe?service_id=nobody").status_code == 400
        assert running.get("/nothing").status_code == 404
        assert running.end(signal.SIGTERM) == 0
        assert running.process.stdout is not None
        assert running.process.stdout.read() == ""
    assert "Traceback" not in running.said


@pytest.mark.programs
def test_promtool_finds_nothing_to_say_about_the_metrics(serving: Running) -> None:
    """Each of the two formats comes with its type; the text one passes promtool's linter."""
    answer = serving.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    text = serving.get("/metrics").text
    ended = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    ours = [line for line in ended.stderr.splitlines() if line.startswith(("sora_", "probe_", "error"))]
    assert ours == []


def test_sigterm_does_not_wait_for_a_hung_provider_or_open_connections(tmp_path: Path) -> None:
    """With a paid job, hung requests and open clients it ends with 0, the job deleted, the ledger whole."""
    with simulator("operational") as provider, ExitStack() as stack:
        plain_http.put(f"{provider}/control/models/sora-2", json={"behaviour": "generation_timeout"})
        plain_http.put(f"{provider}/control/models/sora-2-pro", json={"behaviour": "hang"})
        config = tmp_path / "sora.yml"
        config.write_text(PAYING.format(provider=provider), "utf-8")
        running = stack.enter_context(exporter(tmp_path / "s", f"--config.file={config}", env=environment(provider)))
        port = int(running.url.rpartition(":")[2])
        for request in ("", "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET /pro",
                     "GET /probe?service_id=hung&probe=canary HTTP/1.1\r\nHost: a\r\n\r\n",
                     "GET /probe?service_id=paid&probe=generate HTTP/1.1\r\nHost: a\r\n\r\n"):  # fmt: skip
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            client.sendall(request.encode())
        eventually(lambda: plain_http.get(f"{provider}/control/jobs").json())
        code = running.end(signal.SIGTERM)
        assert (code, [line for line in running.lines if "level=info" not in line]) == (0, [])
        assert plain_http.get(f"{provider}/control/jobs").json() == []
    with closing(sqlite3.connect(tmp_path / "s" / "ledger.sqlite3")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ledger.execute("SELECT count(*), sum(amount), count(settled) FROM reservation").fetchall() == [
            (1, 400_000, 1)
        ]


def test_sighup_and_post_reload_the_file_and_a_bad_one_changes_nothing(provider: str, tmp_path: Path) -> None:
    """Each way takes a good file over and keeps the old one at a bad one, with one log line that names the mistake."""
    config = tmp_path / "sora.yml"
    good = "services: []\nbudget_usd_per_day: {}\n"
    config.write_text(good.format(1), "utf-8")
    with exporter(tmp_path / "s", f"--config.file={config}", env=environment(provider)) as running:

        def has(line: str) -> bool:
            return line in running.get("/metrics").text

        config.write_text(good.format(2), "utf-8")
        running.process.send_signal(signal.SIGHUP)
        eventually(lambda: has("sora_probe_budget_usd 2.0\n"))
        config.write_text("services: [\n", "utf-8")
        running.process.send_signal(signal.SIGHUP)
        eventually(lambda: has("sora_exporter_config_last_reload_successful 0.0\n"))
        answer = plain_http.post(running.url + "/-/reload")
        assert (answer.status_code, answer.text.startswith(f"{config}:")) == (500, True)
        assert has("sora_probe_budget_usd 2.0\n")
        config.write_text(good.format(3), "utf-8")
        assert plain_http.post(running.url + "/-/reload").status_code == 200
        assert has("sora_probe_budget_usd 3.0\n")
        assert has("sora_exporter_config_last_reload_successful 1.0\n")
        assert running.end() == 0
    errors = [line for line in running.lines if "level=error" in line]
    assert [str(config) in line for line in errors] == [True, True], errors
    assert "Traceback" not in running.said


def test_a_second_exporter_on_the_same_storage_is_refused(provider: str, serving: Running, tmp_path: Path) -> None:
    """The one line names the lock, the process that holds it and the way out; the first one goes on."""
    env = environment(provider)
    (storage,) = [argument for argument in arguments_of(serving) if argument.startswith("--storage.path=")]
    second = run("serve", "--web.listen-address=127.0.0.1:0", storage, env=env)
    assert_mistake(second, f"(pid {serving.process.pid})", "--storage.path")
    port = serving.url.rpartition(":")[2]
    third = run("serve", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={tmp_path / 'other'}", env=env)
    assert_mistake(third, f"cannot listen on 127.0.0.1:{port}: Address already in use", "--web.listen-address")
    assert serving.get("/-/healthy").status_code == 200


@pytest.mark.parametrize("command", [["serve", "--web.listen-address=127.0.0.1:0"], ["check"]])
def test_a_corrupt_ledger_is_reported_and_left_as_it_is(provider: str, tmp_path: Path, command: list[str]) -> None:
    """The file is named with what to do, and not one byte of it is changed: it may be all there is of today's spend."""
    ledger = tmp_path / "ledger.sqlite3"
    garbage = b"no database " * 1000
    ledger.write_bytes(garbage)
    assert_mistake(run(*command, f"--storage.path={tmp_path}", env=environment(provider)), str(ledger), "is corrupt")
    assert ledger.read_bytes() == garbage


def test_an_unwritable_storage_path_is_reported(provider: str) -> None:
    """A directory that cannot be made is named, with the user it must be writable for."""
    ended = run("check", "--storage.path=/proc/sora", env=environment(provider))
    assert_mistake(ended, "/proc/sora", "--storage.path", f"uid {os.getuid()}")


def test_a_mistake_in_the_environment_is_reported(provider: str, tmp_path: Path) -> None:
    """Without the key's variable, or with an address that is none, the program names the variable and stops."""
    env = environment(provider)
    del env["OPENAI_API_KEY"]
    assert_mistake(run("serve", f"--storage.path={tmp_path}", env=env), "OPENAI_API_KEY is not set")
    odd = environment(provider, OPENAI_BASE_URL="api.openai.com")
    assert_mistake(run("serve", f"--storage.path={tmp_path}", env=odd), "base_url", "not an address", "https://")


def test_classify_keeps_its_output_before_a_bad_line() -> None:
    """Lines are read as they come: the first verdict is printed before the second line is bad; the code is 2."""
    ended = run("classify", text='{"id": "a", "http_status": 503}\nnonsense\n')
    assert (ended.returncode, ended.stdout.count("\n")) == (2, 1)
    assert ended.stderr == "sora-exporter: <stdin>: line 2: not JSON: write one object per line\n"


def test_classify_into_a_pipe_that_closes_ends_quietly() -> None:
    """``classify FILE | head -1`` prints one line and no complaint."""
    corpus = Path(__file__).parents[1] / "classify" / "corpus" / "answers.jsonl"
    command = f"'{PROGRAM[0]}' -m sora_exporter classify '{corpus}' | head -1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.stdout.count("\n"), ended.stderr) == (1, "")


def test_an_interrupt_ends_check_quietly(tmp_path: Path) -> None:
    """Ctrl-C while a provider does not answer: no word, exit code 130, and the ledger can be opened again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with subprocess.Popen(
            [*PROGRAM, "check", f"--storage.path={tmp_path}"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=60) == (b"", b"")
            assert process.returncode == 130


def test_the_installed_command_and_the_module_are_the_same_program() -> None:
    """``sora-exporter`` and ``python -m sora_exporter`` print the same version and the same help."""
    command = Path(PROGRAM[0]).with_name("sora-exporter")
    for flag in ("--version", "--help"):
        ended = subprocess.run([command, flag], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout) == (0, run(flag).stdout)


def test_a_crash_leaves_a_storage_the_next_start_can_use(provider: str, tmp_path: Path) -> None:
    """After kill -9 the lock is free and the exporter starts again."""
    env = environment(provider)
    with exporter(tmp_path, env=env) as running:
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
    with exporter(tmp_path, env=env) as running:
        assert running.get("/-/ready").status_code == 200


def test_the_key_is_not_in_the_arguments_of_the_process(serving: Running) -> None:
    """The list of processes does not show the key."""
    arguments = arguments_of(serving)
    assert "serve" in arguments
    assert not [argument for argument in arguments if KEY in argument]
