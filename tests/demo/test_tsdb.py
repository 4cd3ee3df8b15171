"""Loading a history into the data directory of a Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.stories import END

from sora_exporter.demo.tsdb import LoadError, load_history


def test_a_missing_promtool_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    """Without promtool the error says what to install."""
    with pytest.raises(LoadError, match="not installed"):
        load_history(tmp_path, [], END - 60, END, promtool="no-such-promtool")


@pytest.mark.processes
def test_a_refusal_of_promtool_is_an_error_with_its_words(tmp_path: Path) -> None:
    """The text that promtool writes is in the error, and no file of the history is left behind."""
    promtool = tmp_path / "promtool"
    promtool.write_text("#!/bin/sh\necho out of order >&2\nexit 1\n")
    promtool.chmod(0o755)
    steps: list[str] = []
    with pytest.raises(LoadError, match="promtool could not load the history: out of order"):
        load_history(tmp_path / "data", [], END - 60, END, promtool=str(promtool), progress=steps.append)
    assert steps == ["writing the history", f"loading it into {tmp_path / 'data'}"]
