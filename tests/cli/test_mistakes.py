"""The end of a command that could not do its work."""

from __future__ import annotations

import pytest

from sora_exporter.cli.mistakes import COULD_NOT_RUN, fail


def test_each_mistake_is_a_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line names the program, standard output stays empty, and the code is that of "could not run"."""
    with pytest.raises(SystemExit) as ended:
        fail("one", "two")
    assert ended.value.code == COULD_NOT_RUN == 2
    assert capsys.readouterr() == ("", "sora-exporter: one\nsora-exporter: two\n")
