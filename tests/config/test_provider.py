"""A provider: its values for placeholders, and one line for each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from support.configured import with_provider

from sora_exporter.config import ConfigError


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"values": {"model": "m"}}, "values.model: {model} is filled by each request"),
        ({"values": {"Project": "p"}}, "values.Project: 'Project' is not the name of a placeholder"),
        ({"values": {"project": ""}}, "values.project: must not be empty"),
    ],
)
def test_a_value_that_fills_nothing_is_refused(members: dict[str, Any], words: str) -> None:
    """A value that each request fills itself, that no placeholder can name, or that is empty gives one line."""
    with pytest.raises(ConfigError) as caught:
        with_provider(**members)
    assert (words in str(caught.value), str(caught.value).count("\n")) == (True, 0)
