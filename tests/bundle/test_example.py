"""sora.example.yml: exactly what ``init`` writes for five vendors, and every one of its services can be watched."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from support.stands import moved, standing

from sora_exporter.cli.check import probe_once
from sora_exporter.config import config_warnings, load_config
from sora_exporter.config.catalog import choose, written
from sora_exporter.simulator.vendors import VENDORS

EXAMPLE = (Path(__file__).parents[2] / "sora.example.yml").read_text("utf-8")
COMMAND, DAY = re.findall(r"^# Written by `(.*)` on (\S+)\.", EXAMPLE)[0]
CHOICES = choose(COMMAND.split()[2:], {}, date.fromisoformat(DAY))


def test_it_is_the_output_of_init() -> None:
    """The file is the output of the command that it names, for five vendors; after a change write it anew."""
    assert len(CHOICES) == 5
    assert written(CHOICES, COMMAND, date.fromisoformat(DAY)) == EXAMPLE


async def test_every_service_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It loads without a warning, and at simulated vendors each of its services is operational at once."""
    for choice in CHOICES:
        for variable in choice.variables:
            monkeypatch.setenv(variable, VENDORS[choice.vendor.api].key)
    file = tmp_path / "sora.yml"
    with standing(CHOICES) as stands:
        file.write_text(moved(EXAMPLE, stands), "utf-8")
        config = load_config(file)
        assert config_warnings(config) == []
        found = await probe_once(config, tmp_path, [], [])
    assert {one["service_id"]: one["status"] for one in found} == dict.fromkeys(
        [service.id for service in config.services], "operational"
    )
