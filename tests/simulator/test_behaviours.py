"""Behaviours as names and settings."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sora_exporter.simulator.behaviours import UnknownBehaviour, read_behaviour


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("good", "unknown behaviour 'good'; choose one of: answer_lost,"),
        ({"behaviour": "slow", "delay": 3}, "unknown setting 'delay'; choose among: behaviour, answer,"),
        ({"behaviour": "slow", "delay_seconds": -1}, "delay_seconds must be a number from 0 upwards, not -1"),
        ({"behaviour": "flapping", "share": 2}, "share must be at most 1, not 2"),
        ({"behaviour": "quota", "stage": "never"}, "stage cannot be 'never'; choose one of: channel, job,"),
        ({"behaviour": "quota", "answer": "none"}, "answer cannot be 'none'; choose one of: authentication,"),
        ({"behaviour": "quota", "body": -1}, "body must be a whole number from 0 upwards, not -1"),
        ({"behaviour": "operational", "sunset": "soon"}, "sunset must be a date like 2026-12-31, not 'soon'"),
    ],
)
def test_a_wrong_wish_raises_with_the_right_ones(wish: Any, message: str) -> None:
    """The error for a behaviour that does not exist lists the existing ones."""
    with pytest.raises(UnknownBehaviour) as error:
        read_behaviour(wish)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    "setting", ["stage", "catalog", "job", "asset", "connection", "answer", "delay_seconds", "share"]
)
def test_no_setting_takes_any_word(setting: str) -> None:
    """A misspelt value of any setting is refused instead of quietly meaning nothing."""
    with pytest.raises(UnknownBehaviour, match=f"^{setting} "):
        read_behaviour({"behaviour": "operational", setting: "x"})


def test_the_tables_are_read_from_their_files() -> None:
    """A behaviour in YAML means the same as its name: the settings of one are the other's."""
    wish = yaml.safe_load("{behaviour: slow, delay_seconds: 3}")
    assert read_behaviour(wish).as_json() == read_behaviour("slow").as_json() | {"delay_seconds": 3}
