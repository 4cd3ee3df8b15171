"""From nothing to a watched vendor: ``init`` and the next command that it prints, at simulated vendors."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.stands import moved, standing

from sora_exporter.cli.check import probe_once
from sora_exporter.cli.main import main
from sora_exporter.config import load_config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.config.catalog import choose, vendors, written
from sora_exporter.config.catalog.vendor import variables
from sora_exporter.simulator.vendors import VENDORS, kling

TODAY = date(2026, 11, 27)


def depth_of(api: str) -> str | None:
    """Return how deep the free probe that init writes for an API proves; None without one."""
    shape = builtin_apis()[api]
    return "routed" if shape.canary else "offered" if shape.catalog else None


WATCHED = [
    name
    for name, vendor in vendors().items()
    if vendor.api in VENDORS and depth_of(vendor.api) is not None and any(variables(vendor.keys))
]
"""The vendors that are simulated after their documentation, have a free probe, and a key that is a text."""


@pytest.mark.parametrize("name", WATCHED)
async def test_every_vendor_is_watched_without_cost(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each living model of a vendor is operational as deep as its probe reaches, a balance is read, nothing ordered."""
    (choice,) = choices = choose([name], {}, TODAY)
    for variable in choice.variables:
        monkeypatch.setenv(variable, VENDORS[choice.vendor.api].key)
    file = tmp_path / "sora.yml"
    with standing(choices) as stands:
        file.write_text(moved(written(choices, "sora-exporter init", TODAY), stands), "utf-8")
        found = await probe_once(load_config(file), tmp_path, [], [])
    verdicts = [(one["status"], one["proven_depth"]) for one in found]
    assert verdicts == [("operational", depth_of(choice.vendor.api))] * len(choice.models)
    read = {one["balance"] is not None and one["balance"]["error_class"] == "none" for one in found}
    assert read == {"balance" in choice.vendor.provider}
    assert [stand.accepted for stand in stands.values()] == [0]


@pytest.mark.parametrize(("fault", "word"), [("clock_ahead", "ahead"), ("clock_behind", "behind")])
async def test_a_wrong_clock_is_named(fault: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Kling's older pair of keys, a refusal of a new token as early or late blames our clock, not the key."""
    keys = {"KLINGAI_ACCESS_KEY": kling.ACCESS_KEY, "KLINGAI_SECRET_KEY": kling.SECRET_KEY}
    for variable, key in keys.items():
        monkeypatch.setenv(variable, key)
    choices = choose(["kling-v3"], keys, TODAY)
    file = tmp_path / "sora.yml"
    with standing(choices) as stands:
        stands["kling"].desks[0].fault = VENDORS["kling"].faults[fault]
        file.write_text(moved(written(choices, "sora-exporter init", TODAY), stands), "utf-8")
        (found,) = await probe_once(load_config(file), tmp_path, [], [])
    assert (found["status"], found["error_class"]) == ("unknown", "authentication")
    assert found["why"].startswith(f"our clock is {word}"), found["why"]


def test_init_and_then_check_show_the_first_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``init kling runway``, then the check that it prints, ends with 0 and a line for each vendor's model."""
    choices = choose(["kling", "runway"], {}, TODAY)
    keys = {variable: VENDORS[choice.vendor.api].key for choice in choices for variable in choice.variables}
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env={**keys, "COLUMNS": "200"})
    begun = runner.invoke(main, ["init", "kling", "runway"])
    assert begun.exit_code == 0, begun.output
    (command,) = re.findall(r"^  sora-exporter (check .*)$", begun.stdout, re.MULTILINE)
    file = tmp_path / "sora.yml"
    with standing(choices) as stands:
        file.write_text(moved(file.read_text("utf-8"), stands), "utf-8")
        checked = runner.invoke(main, [*command.split(), f"--storage.path={tmp_path}"])
    assert (checked.exit_code, checked.stderr) == (0, "")
    for name in ("Kling 3.0", "Kling 3.0 Turbo", "Runway Gen-4.5"):
        assert re.search(rf"✅  {name} +operational +routed", checked.stdout), checked.stdout
