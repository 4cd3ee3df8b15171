"""``sora-exporter serve``: its options, and what it refuses before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command_line import assert_mistake, call


def test_config_check_says_good_and_runs_nothing(config_file: Path, tmp_path: Path) -> None:
    """--config.check ends with 0 and a count, without storage or socket."""
    result = call("serve", f"--config.file={config_file}", "--config.check", f"--storage.path={tmp_path / 'storage'}")
    assert (result.exit_code, result.stdout) == (0, "configuration is good: 1 service, 1 provider\n")
    assert not (tmp_path / "storage").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--log.level", "loud"], ["'loud' is not one of 'debug', 'info', 'warn', 'warning', 'error'"]),
        (["--timeout-offset", "-1"], ["--timeout-offset", "-1"]),
        (["--web.telemetry-path=metrics"], ["'metrics' is not a path such as /metrics"]),
        (["--config.auto-reload-interval=soon"], ["'soon' is not a duration: write 30s, 5m or 6h"]),
        (["--config.auto-reload-interval=10ms"], ["'10ms' is shorter than a second"]),
        (["--web.external-url=ftp://status.example"], ["is not an address such as https://status.example/sora"]),
        (["--web.external-url=https://status.example/?a=b"], ["is not an address such as"]),
        (["--web.trusted-proxies=10.0.0.7,everyone"], ["write addresses or networks such as 10.0.0.7,192.0.2.0/24"]),
        (["--history.limit=0"], ["--history.limit"]),
        (["--shard=6/5"], ["--shard", "'6/5': there is no shard 6 of 5: the first is 1, the last 5"]),
        (["--shard=two"], ["'two' is not a shard such as 2/5"]),
        (["--storage.url=mysql://db/sora"], ["--storage.url", "is not an address such as postgresql://sora@db"]),
        (["--storage.url=postgresql://sora:pw@db/sora"], ["holds a password", "--storage.password-file or PGPASSFILE"]),
        (["--storage.url=postgresql://db/sora?password=pw"], ["holds a password"]),
    ],
)
def test_a_wrong_option_is_one_line(arguments: list[str], words: list[str]) -> None:
    """An option that cannot be meant so is refused before anything is read."""
    assert_mistake(call("serve", *arguments), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--storage.password-file=pw"], "--storage.password-file without its database: add --storage.url"),
        (
            ["--storage.url=postgresql://db/sora", "--storage.path=here"],
            "--storage.url and --storage.path are both given",
        ),
        (["--shard=1/2"], "--shard with a budget: each shard would spend all of it: add --storage.url"),
    ],
)
def test_options_that_contradict_each_other(tmp_path: Path, arguments: list[str], words: str) -> None:
    """Two places of storage, a password of none, and a budget that shards do not share: one line each."""
    path = tmp_path / "sora.yml"
    path.write_text("budget_usd_per_day: 1\n", "utf-8")
    assert_mistake(call("serve", f"--config.file={path}", *arguments), words)


def test_credentials_of_no_prometheus_are_a_mistake(config_file: Path, tmp_path: Path) -> None:
    """A user name without the address of the Prometheus names the option that is missing."""
    result = call("serve", f"--config.file={config_file}", f"--storage.path={tmp_path}", "--prometheus.username=me")
    assert_mistake(result, "credentials of a Prometheus without its address: add --prometheus.url")


def test_a_broken_web_configuration_starts_nothing(config_file: Path, tmp_path: Path) -> None:
    """Its mistake is one line, also when the configuration is only checked."""
    path = tmp_path / "web.yml"
    path.write_text("basic_auth_users: {me: plain}", "utf-8")
    result = call("serve", f"--config.file={config_file}", f"--web.config.file={path}", "--config.check")
    assert_mistake(result, "web.yml:1: basic_auth_users.me: is not a bcrypt hash")
