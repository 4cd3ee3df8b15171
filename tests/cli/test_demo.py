"""``sora-exporter demo``: mistakes in its options, before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from support.running import run

from sora_exporter.cli.demo import demo
from sora_exporter.demo.article import ARTICLE

pytestmark = pytest.mark.processes


def test_an_unknown_service_is_one_line_that_names_the_known() -> None:
    """Nothing is started for it; the code is 2."""
    ended = run("demo", "--break=sora-3")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert [story.id for story in ARTICLE if story.id not in ended.stderr] == []


@pytest.mark.parametrize("text", ["prometheus", "prometheus=many", "prometheus=0", "loki=3100"])
def test_a_port_without_program_or_number_is_an_error(text: str) -> None:
    """The message shows the text and how to write it."""
    result = CliRunner().invoke(demo, ["--port", text])
    assert result.exit_code == 2
    assert f"'{text}': write PROGRAM=PORT, such as prometheus=9190" in " ".join(result.output.split())
