"""Relays and makers: by configuration or by host."""

from __future__ import annotations

import pytest

from sora_exporter.config.makers import is_relay
from sora_exporter.config.provider import Provider


@pytest.mark.parametrize(
    ("base_url", "relay", "expected"),
    [
        ("https://api.openai.com/v1", None, False),
        ("https://ark.cn-beijing.volces.com/api/v3", None, False),
        ("https://api.apiyi.com/v1", None, True),
        ("https://api.openai.com.relay.example/v1", None, True),
        ("https://notapi.openai.com/v1", None, True),
        ("http://127.0.0.1:8000/v1", None, True),
        ("https://api.openai.com/v1", True, True),
        ("https://api.apiyi.com/v1", False, False),
    ],
)
def test_a_host_that_is_no_makers_is_a_relay(base_url: str, relay: bool | None, expected: bool) -> None:
    """The configuration decides, else the host; a name that only looks like a maker's is a relay."""
    assert is_relay(Provider.model_validate({"base_url": base_url, "relay": relay})) is expected
