"""Warnings about settings that work but were probably not meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.configured import RELAY, SERVICE, loaded

from sora_exporter.config import config_warnings, load_config


def test_open_key_files_are_warned_of(tmp_path: Path) -> None:
    """A key file that others can read is named with the command that closes it; a closed one is not."""
    lines = []
    for mode in (0o600, 0o400, 0o640, 0o604):
        path = tmp_path / f"key-{mode:o}"
        path.write_text("k-123456")
        path.chmod(mode)
        lines.append(f"  r{mode:o}: {{base_url: 'http://r.example', api_key_file: {path}}}\n")
    (tmp_path / "sora.yml").write_text("providers:\n" + "".join(lines))
    config = load_config(tmp_path / "sora.yml")
    assert config_warnings(config) == [
        f"providers.r{mode}.api_key_file: {tmp_path}/key-{mode} is open to other users: chmod 600 it"
        for mode in ("640", "604")
    ]
    (tmp_path / "key-640").unlink()
    assert len(config_warnings(config)) == 1


def test_a_key_that_any_server_may_take_is_warned_of() -> None:
    """Without verification of the certificate, a provider with a key is named; one without secrets is not."""
    open_relay = {**RELAY["relay"], "api_key_env": "SORA_TEST_KEY", "verify": False}
    keyless = {"base_url": "https://r.example", "verify": False}
    headers = {**keyless, "headers": {"X-Key": "abc"}}
    providers = {"headers": headers, "keyless": keyless, "relay": open_relay}
    lines = config_warnings(loaded({"providers": providers, "services": [SERVICE]}))
    assert [line.partition(".verify: false sends the key")[0] for line in lines] == [
        "providers.headers",
        "providers.relay",
    ]


@pytest.mark.parametrize(
    ("budget", "warning"),
    [
        (0, "service a: submit and generate will never run: budget_usd_per_day is not set"),
        (0.39, "service a: submit and generate will never run: $0.40 is above budget_usd_per_day, $0.39"),
        (0.4, None),
    ],
)
def test_paid_probes_that_never_run_are_warned_of(budget: float, warning: str | None) -> None:
    """A price with no budget, or above it, is allowed, but said."""
    probes = {"generate": {"interval": "6h"}, "submit": {"interval": "6h"}}
    service = {**SERVICE, "price_usd": {"per_second": 0.1}, "probes": probes}
    config = loaded({"budget_usd_per_day": budget, "providers": RELAY, "services": [service]})
    assert config_warnings(config) == ([warning] if warning else [])


def test_an_api_whose_finished_jobs_stay_is_warned_of_once() -> None:
    """However many services use an api without a call that deletes, one line names it; free probes leave nothing."""
    probes = {"generate": {"interval": "6h"}}
    paid = {**SERVICE, "api": "video-generations", "price_usd": {"per_second": 0.1}, "probes": probes}
    free = {**SERVICE, "id": "free", "api": "video-generations"}
    config = loaded({"budget_usd_per_day": 9, "providers": RELAY, "services": [paid, {**paid, "id": "b"}, free]})
    assert config_warnings(config) == [
        "api video-generations: it has no call that deletes a finished job: those of paid probes stay at the provider"
    ]
