"""The data files of the simulator."""

from __future__ import annotations

import pytest
import yaml

from sora_exporter.simulator.data import parse, read


def test_a_file_is_read_as_its_text() -> None:
    """A file beside the module gives the value that a reader of YAML finds in it."""
    scenarios = read("scenarios.yml")
    assert isinstance(scenarios, dict)
    assert "january-2026" in str(scenarios)


def test_only_plain_values_are_read() -> None:
    """A tag that would make an object of Python is refused."""
    assert parse("a: [1, x]") == {"a": [1, "x"]}
    with pytest.raises(yaml.YAMLError):
        parse("!!python/object/apply:os.getcwd []")
