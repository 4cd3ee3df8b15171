"""The names of secrets: keys that are accepted, and pasted ones that no message repeats."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from support.configured import KEY, RELAY, loaded

from sora_exporter.config import Provider
from sora_exporter.config.secret_names import require_one


def test_a_line_break_after_a_key_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable filled from a file often ends in a line break; the key in it is good."""
    monkeypatch.setenv("SORA_TEST_KEY", KEY + "\n")
    provider = {**RELAY["relay"], "api_key_env": "SORA_TEST_KEY"}
    assert loaded({"providers": {"relay": provider}}).providers["relay"].api_key_env == "SORA_TEST_KEY"


@pytest.mark.parametrize("key", ["sk-proj-abc.DEF", "0123456789abcdef0123", "eyJhbGciOi.J1c2.sig"])
def test_a_key_pasted_as_the_name_of_its_file_is_not_repeated(key: str) -> None:
    """The error says that a file is meant, without the key."""
    with pytest.raises(ValidationError, match="not the key") as caught:
        Provider.model_validate({"base_url": "https://relay.example/v1", "api_key_file": key})
    assert key not in str([error["msg"] for error in caught.value.errors()])


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("api_key_env", "SORA_TEST_NOT_SET", "SORA_TEST_NOT_SET is not set: export it or use api_key_file"),
        ("api_key_env", "sk-0123456789abcdef", "the environment variable named here is not set"),
        ("api_key_env", "", "the environment variable named here is not set"),
        ("api_key_env", "SORA_TEST_BROKEN_KEY", "contains a space, a line break or a non-ASCII letter"),
        ("api_key_file", "empty.txt", "is empty: put the key there"),
        ("api_key_file", "none.txt", "cannot be read"),
    ],
)
def test_a_name_without_a_key_is_refused(tmp_path: Path, member: str, value: str, words: str) -> None:
    """A variable or file that is missing, empty or holds more than a key gives the reason without the secret."""
    (tmp_path / "empty.txt").write_text(" \n")
    written = str(tmp_path / value) if member == "api_key_file" else value
    with pytest.raises(ValidationError, match=words) as caught:
        Provider.model_validate({"base_url": "https://relay.example/v1", member: written})
    assert "sk-0123456789abcdef" not in str(caught.value)


def test_a_secret_has_one_source() -> None:
    """A variable and a file together are refused, by the name of the member; one of them is enough."""
    require_one("A", None, "api_key")
    with pytest.raises(ValueError, match="api_key_env and api_key_file exclude each other"):
        require_one("A", "b", "api_key")
