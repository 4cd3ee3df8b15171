"""Keys pasted into members that are shown: each is found at its place."""

from __future__ import annotations

from typing import Any

import pytest

from sora_exporter.config.pasted_keys import PASTED, UNFILLED, pasted_keys

KEY = "sk-proj-0123456789abcdefghij"


@pytest.mark.parametrize(
    ("document", "location"),
    [
        ({"title": KEY}, ("title",)),
        ({"providers": {"r": {"base_url": f"https://r.example/{KEY}"}}}, ("providers", "r", "base_url")),
        ({"services": [{"name": KEY}]}, ("services", 0, "name")),
        ({"services": [{"request": {"api_key": "abcd12345"}}]}, ("services", 0, "request", "api_key")),
        ({"apis": {"own": {"headers": {"X-Key": KEY}}}}, ("apis", "own", "headers", "X-Key")),
    ],
)
def test_a_pasted_key_is_found(document: dict[str, Any], location: tuple[str | int, ...]) -> None:
    """A text with the form of a key, or a body's member that is named like a secret, is found at its place."""
    assert list(pasted_keys(document)) == [(location, PASTED)]


@pytest.mark.parametrize(
    "document",
    [
        {"providers": {"r": {"headers": {"X-Key": KEY}, "proxy": f"http://u:{KEY}@proxy.example"}}},
        {"services": [{"request": {"max_tokens": "1024"}}]},
        {"services": [{"request": {"api_key": "{key}"}}]},
        {"services": [{"request": {"secret": "short1"}}]},
        {"services": [{"model": "api_key"}, {"name": "${NAME}"}], "title": "a-plain-name-of-some-length"},
    ],
)
def test_other_texts_are_not_keys(document: dict[str, Any]) -> None:
    """Hidden members may hold keys; placeholders, short words and ordinary names are not keys."""
    assert list(pasted_keys(document)) == []


@pytest.mark.parametrize(
    "document", [{"services": [{"request": {"a": "${KEY}"}}]}, {"apis": {"own": {"prompt": "${A}"}}}]
)
def test_a_variable_in_a_request_is_refused(document: dict[str, Any]) -> None:
    """Nothing fills variables in a request or an API, so they would be sent as they are written."""
    assert [said for _, said in pasted_keys(document)] == [UNFILLED]
