"""The configuration for the keys in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_exporter import Monitor
from sora_exporter.config import ConfigError


@pytest.mark.parametrize(
    ("environment", "services"),
    [
        ({"RUNWAYML_API_SECRET": "key_0123456789"}, "runway"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_API_KEY": "sk-0123"}, "default"),
    ],
)
def test_keys_in_the_environment_are_enough(
    config: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], services: str
) -> None:
    """A vendor's key gives its living services, the address of a relay the built-in ones; probes cost nothing."""
    assert config.exists()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("sora_exporter.probes.scheduler.FIRST_ROUND_SECONDS", 3600.0)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Monitor.from_env() as monitor:
        configured = monitor._monitor._config
    assert {service.provider for service in configured.services} == {services}
    assert configured.budget_usd_per_day == 0


def test_without_a_key_it_names_the_variable(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no key at all the error names the variable to set."""
    assert config.exists()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        Monitor.from_env()
