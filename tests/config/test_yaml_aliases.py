"""Aliases of YAML."""

from __future__ import annotations

import pytest

from sora_exporter.config.yaml_file import ConfigError, parse_yaml


def test_aliases_of_aliases_are_bounded() -> None:
    """A few lines that stand for a billion values are refused; ordinary aliases are not."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="aliases"):
        parse_yaml("bomb.yml", "\n".join(lines))
    assert parse_yaml("plain.yml", "\n".join(lines[:2])).document["a1"][9][9] == "x"
