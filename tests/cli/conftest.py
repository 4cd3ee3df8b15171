"""A configuration for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

ONE_SERVICE = """
providers:
  relay: {base_url: "http://127.0.0.1:9/v1"}
services:
  - {id: one, product: one, access: reverse, provider: relay, model: m}
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """A configuration with one service."""
    path = tmp_path / "sora.yml"
    path.write_text(ONE_SERVICE, "utf-8")
    return path
