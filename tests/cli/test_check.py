"""``check`` against the simulated provider over real sockets."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.configured import SERVICE, loaded
from support.faults.server import Connection, answer, serve
from support.running import PROGRAM, environment, exporter, run, simulator

from sora_exporter.cli.check import probe_once
from sora_exporter.result import ProbeKind

pytestmark = pytest.mark.processes

ARTICLE = {
    "sora-2-official": ("operational", "none"),
    "sora-2-pro-official": ("operational", "none"),
    "sora-2-reverse": ("risk_control", "risk_control"),
    "sora-2-pro-reverse": ("suspended", "unavailable"),
    "veo-3.1-reverse": ("operational", "none"),
    "sora-image": ("operational", "none"),
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The simulated provider as it was in January 2026."""
    with simulator() as address:
        yield address


def test_january_2026_is_exactly_the_articles_table(provider: str, tmp_path: Path) -> None:
    """The built-in services show the six states of the article, each with its class, and exits with 1."""
    ended = run("check", "--format=json", f"--storage.path={tmp_path}", env=environment(provider))
    services = json.loads(ended.stdout)["services"]
    found = {service["service_id"]: (service["status"], service["error_class"]) for service in services}
    assert (ended.returncode, ended.stderr, found) == (1, "", ARTICLE)
    assert list(found) == list(ARTICLE)
    answered = {service["service_id"] for service in services if service["response_time_seconds"] is not None}
    assert answered == {service_id for service_id, (status, _) in ARTICLE.items() if status == "operational"}


def test_text_has_a_line_per_service_and_fits_80_columns(provider: str, tmp_path: Path) -> None:
    """With COLUMNS=80 nothing is longer; icon, name, status and response time stand on one line."""
    ended = run("check", f"--storage.path={tmp_path}", env=environment(provider, COLUMNS="80"))
    assert ended.returncode == 1
    assert re.search(r"✅  Sora 2 官转      operational   routed, \d+ s +[\d.]+ m?s ", ended.stdout)
    assert re.search(r"🚧  Sora 2 官逆      risk_control  offered, \d+ s +–         reverse   risk_contr", ended.stdout)
    assert re.search(
        r"⛔  Sora 2 Pro 官逆  suspended     offered, \d+ s +–         reverse   unavailable\n", ended.stdout
    )
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "\x1b" not in ended.stdout


def test_a_terminal_without_chinese_gets_codes(provider: str, tmp_path: Path) -> None:
    """If the output's encoding has neither icons nor Chinese, their codes are printed and nothing breaks."""
    env = environment(provider, PYTHONIOENCODING="latin-1")
    # Only a program of its own reads the encoding from its environment.
    command = [*PROGRAM, "check", "sora-2-official", f"--storage.path={tmp_path}"]
    ended = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\\u2705  Sora 2 \\u5b98\\u8f6c" in ended.stdout


def test_markdown_is_a_table_of_six_rows(provider: str, tmp_path: Path) -> None:
    """The pasteable table has a row per service."""
    ended = run("check", "--format=markdown", f"--storage.path={tmp_path}", env=environment(provider))
    assert len([line for line in ended.stdout.splitlines() if line.startswith("| ")]) == 2 + 6
    assert "| ⛔ | Sora 2 Pro 官逆 | suspended |" in ended.stdout


def test_all_operational_is_exit_code_0(provider: str, tmp_path: Path) -> None:
    """For two named services that work, only these are shown, and the code is 0."""
    ended = run("check", "sora-image", "sora-2-official", f"--storage.path={tmp_path}", env=environment(provider))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("operational  ") == 2
    assert ended.stdout.index("Sora 2 官转") < ended.stdout.index("Sora Image")


def test_a_paid_probe_without_a_budget_is_not_run_and_said_so(provider: str, tmp_path: Path) -> None:
    """A paid probe without budget_usd_per_day orders nothing, and the report says why."""
    arguments = ["check", "sora-2-official", "--probe=generate", "--format=json", f"--storage.path={tmp_path}"]
    ended = run(*arguments, env=environment(provider))
    (service,) = json.loads(ended.stdout)["services"]
    assert (ended.returncode, service["status"], service["error_class"]) == (1, "unknown", "budget_exhausted")
    assert "would pass today's $0.00" in service["why"]


def checked_alone(tmp_path: Path, base_url: str, page: str) -> tuple[int, str, str, str]:
    """Check one service at one provider beside one official page; return exit code, stderr, status and class."""
    file = tmp_path / "config.yml"
    file.write_text(
        f"providers: {{one: {{base_url: {base_url}}}}}\n"
        f"status_pages: {{p: {{url: {page}, format: statuspage}}}}\n"
        "services: [{id: s, product: p, access: official, provider: one, model: m}]\n",
        "utf-8",
    )
    ended = run("check", "--format=json", f"--config.file={file}", f"--storage.path={tmp_path}")
    (service,) = json.loads(ended.stdout)["services"]
    return ended.returncode, ended.stderr, service["status"], service["error_class"]


def test_a_provider_that_is_not_there_is_suspended_not_an_error(provider: str, tmp_path: Path) -> None:
    """No provider listens while an official page does: unreachable with exit code 1, without a traceback."""
    found = checked_alone(tmp_path, "http://127.0.0.1:9/v1", f"{provider}/status/openai")
    assert found == (1, "", "suspended", "connection")


def test_without_any_reachable_host_it_is_our_network(tmp_path: Path) -> None:
    """With neither the provider nor the official page reachable, the fault is ours and not the service's."""
    found = checked_alone(tmp_path, "http://127.0.0.1:9/v1", "http://127.0.0.1:10")
    assert found == (1, "", "unknown", "local_network")


def test_check_runs_beside_a_running_exporter_on_the_same_storage(provider: str, tmp_path: Path) -> None:
    """Both share the ledger: check waits its turn for each probe, and neither disturbs the other."""
    env = environment(provider)
    with exporter(tmp_path, env=env) as running:
        ended = [run("check", "--format=json", f"--storage.path={tmp_path}", env=env) for _ in range(2)]
        assert [(one.returncode, one.stderr) for one in ended] == [(1, ""), (1, "")]
        found = {service["service_id"]: service["status"] for service in json.loads(ended[1].stdout)["services"]}
        assert found == {service_id: status for service_id, (status, _) in ARTICLE.items()}
        assert running.get("/-/healthy").status_code == 200
        assert running.end() == 0


def test_a_closed_pipe_ends_quietly(provider: str, tmp_path: Path) -> None:
    """A reader of the first line only, such as head, gets no error."""
    command = [*PROGRAM, "check", f"--storage.path={tmp_path}"]
    with subprocess.Popen(
        command, env=environment(provider), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


async def test_a_job_that_check_cannot_remove_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A vendor that refuses the deletion leaves one warning with the job, and an earlier job is not named again."""
    monkeypatch.setenv("RELAY_API_KEY", "sk-of-the-check")

    async def vendor(connection: Connection) -> None:
        is_create = connection.head.startswith(b"POST")
        await connection.send(answer(b'{"id":"video_7","status":"queued"}') if is_create else answer(b"{}", "403 No"))

    async with serve(vendor) as server:
        provider = {"base_url": server.url, "api_key_env": "RELAY_API_KEY"}
        paid = {**SERVICE, "price_usd": {"per_request": 0.1}}
        one = loaded({"budget_usd_per_day": 1, "providers": {"relay": provider}, "services": [paid]})
        await probe_once(one, tmp_path, [], [ProbeKind.SUBMIT])
        await probe_once(one, tmp_path, [], [ProbeKind.CATALOG])
    left = [(record.levelname, vars(record)["job"]) for record in caplog.records if "job left" in record.msg]
    assert left == [("WARNING", "video_7")]
