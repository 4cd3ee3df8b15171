"""Planned maintenance in the configuration: when it is, and which mistakes it can have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from sora_exporter.config import Config, ConfigError, hidden_dump, parse_config
from sora_exporter.config.maintenance import Maintenance, open_window, windows
from sora_exporter.config.shard import digest
from sora_exporter.config.yaml_file import parse_yaml

ONCE = {"from": "2026-12-01T02:00Z", "until": "2026-12-01T04:00Z"}


def at(text: str) -> float:
    """Return a moment in Unix time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def work(**members: Any) -> Maintenance:
    """Return planned work."""
    return Maintenance.model_validate(members)


@pytest.mark.parametrize(
    ("now", "is_open", "is_ahead"),
    [
        ("2026-11-01T00:00", False, True), ("2026-12-01T02:00", True, False), ("2026-12-01T03:59", True, False),
        ("2026-12-01T04:00", False, False),
    ],
)  # fmt: skip
def test_work_done_once(now: str, is_open: bool, is_ahead: bool) -> None:
    """It is ahead, then open from its first moment up to its last, then over."""
    found = windows([work(**ONCE)], at(now))
    assert [window.start for window in found] == [at("2026-12-01T02:00")] * (is_open or is_ahead)
    assert (open_window([work(**ONCE)], at(now)) is not None) is is_open


@pytest.mark.parametrize(
    ("weekly", "start"),
    [
        ("sunday 02:00", "2026-11-29T02:00"), ("Sunday 02:00+08:00", "2026-11-28T18:00"),
        ("saturday 22:30-03:30", "2026-11-29T02:00"), ("monday 00:00Z", "2026-11-23T00:00"),
    ],
)  # fmt: skip
def test_work_of_every_week(weekly: str, start: str) -> None:
    """It begins at the same time of each week in its own zone, and the next one is a week later."""
    planned = work(weekly=weekly, lasts="2h", why="backup")
    (found,) = windows([planned], at(start) + 60)
    assert (found.start, found.end, found.why) == (at(start), at(start) + 7200, "backup")
    assert open_window([planned], at(start) + 7199) == found
    assert open_window([planned], at(start) + 7200) is None
    assert windows([planned], at(start) + 7200)[0].start == at(start) + 7 * 86400


def test_open_windows_that_overlap_end_with_the_last() -> None:
    """Of two open windows the one that ends later holds."""
    longer = work(**{**ONCE, "until": "2026-12-01T05:00Z"})
    window = open_window([work(**ONCE), longer], at("2026-12-01T03:00"))
    assert window is not None
    assert window.end == at("2026-12-01T05:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{from: 2026-12-01T02:00Z}", "needs from and until for work done once, or weekly and lasts"),
        ("{from: 2026-12-01T02:00Z, until: 2026-12-01T01:00Z}", "ends before it begins: correct from or until"),
        ("{from: tomorrow, until: 2026-12-01T01:00Z}", "not a moment: write it such as 2026-12-01T02:00Z"),
        ("{weekly: sundays, lasts: 1h}", "'sundays' is not a time of the week: write it such as sunday 02:00"),
        ("{weekly: sunday 02:00, lasts: 7d}", "lasts must be shorter than a week"),
        ("{weekly: sunday 02:00, lasts: 1h, services: [two]}", "'two' is not known: use one of"),
    ],
)
def test_each_mistake_has_its_line(line: str, said: str) -> None:
    """A mistake names the line, the place in the file and the fix."""
    with pytest.raises(ConfigError, match=r"maintenance\[0\]") as caught:
        parse_config(parse_yaml("test.yml", f"providers: {{}}\nservices: []\nmaintenance:\n  - {line}\n"))
    assert said in str(caught.value)
    assert ":4:" in str(caught.value)


def test_a_dump_loads_again() -> None:
    """The shown configuration names the members as people write them."""
    config = Config.model_validate({"maintenance": [ONCE, {"weekly": "sunday 02:00", "lasts": "2h"}]})
    dumped = yaml.safe_load(yaml.safe_dump(hidden_dump(config)))
    assert Config.model_validate(dumped) == config
    assert "from" in dumped["maintenance"][0]


@pytest.mark.parametrize("work", [ONCE, {"weekly": "sunday 02:00", "lasts": "2h"}], ids=["once", "weekly"])
def test_a_plan_changes_the_digest(work: dict[str, Any]) -> None:
    """Exporters with other plans have other configurations; the digest of each kind of plan can be computed."""
    assert digest(Config.model_validate({"maintenance": [work]})) != digest(Config())
