"""``sora-exporter simulate``: unknown names are refused with the existing ones."""

from __future__ import annotations

import pytest
from support.command_line import call


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--scenario=x", "january-2026"),
        ("--gateway=x", "new-api"),
        ("--condition=x", "choose one of: good"),
        ("--vendor=x", "kling"),
    ],
)
def test_an_unknown_name_is_refused_with_the_existing_ones(option: str, words: str) -> None:
    """Nothing is served; one line has the names to choose from, and the code is 2."""
    result = call("simulate", "--port=0", option)
    assert (result.exit_code, words in result.stderr) == (2, True), result.output
    assert result.stderr.count("\n") == 1
