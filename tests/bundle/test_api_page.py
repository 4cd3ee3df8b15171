"""docs/api.md: as the docstrings are, complete, and with examples that run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import running
from support.generators import generator
from support.probing import SimulatedProvider

import sora_exporter

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
CONFIGURATION = """
providers: {{relay: {{base_url: "{url}", api_key_env: OPENAI_API_KEY}}}}
services:
  - {{id: sora-2-official, product: sora-2, access: official, provider: relay, model: sora-2, api: videos}}
"""


def test_it_is_as_the_docstrings_are() -> None:
    """The page is as the generator writes it: run scripts/generate/api.py after a change of a docstring."""
    assert generator("api").page() == PAGE


def test_every_public_name_is_explained() -> None:
    """Each name of the package stands on the page, and is there when it is first used."""
    for name in sora_exporter.__all__:
        assert f"`{name}`" in PAGE or f"### {name}\n" in PAGE
        assert getattr(sora_exporter, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Observer'"):
        _ = sora_exporter.Observer  # type: ignore[attr-defined]


@pytest.mark.processes
def test_its_examples_run(simulator: SimulatedProvider, tmp_path: Path) -> None:
    """All examples of the page, one after the other in one program, do what their sections say."""
    (tmp_path / "sora.yml").write_text(CONFIGURATION.format(url=simulator.base_url("videos")), "utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    code = "\n".join(examples).replace("http://localhost:10198", "http://127.0.0.1:9")
    env = running.environment(simulator.origin, XDG_STATE_HOME=str(tmp_path / "state"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env={**os.environ, **env}, capture_output=True,
        text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert "sora-2-official: unknown -> operational" in done.stdout
    assert "made by sora-2-official (official)" in done.stdout
    assert "rate_limited risk_control " in done.stdout
    assert len(examples) == 4
