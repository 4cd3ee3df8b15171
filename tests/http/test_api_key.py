"""A provider's secret: read on each use, refused without being quoted, remembered for redaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_exporter.http.api_key import KEY_BYTES, KeySource, KeyUnavailable


def test_without_a_source_there_is_no_key() -> None:
    """A provider without variable and file sends no key."""
    source = KeySource("api_key", None, None)
    assert (source.read(), source.seen) == (None, ())


def test_a_variable_is_read_on_each_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed variable counts at once, blanks around it are dropped, and each value is remembered once."""
    source = KeySource("api_key", "OWN_KEY", None)
    for value in (" first\n", "first", "second"):
        monkeypatch.setenv("OWN_KEY", value)
        assert source.read() == value.strip()
    assert source.seen == ("first", "second")


def test_only_the_latest_secrets_are_remembered(tmp_path: Path) -> None:
    """Four secrets are kept for redaction, the newest last."""
    file = tmp_path / "key"
    source = KeySource("api_key", None, file)
    for number in range(6):
        file.write_text(f"key-{number}\n")
        source.read()
    assert source.seen == ("key-2", "key-3", "key-4", "key-5")


@pytest.mark.parametrize("content", ["", "  \n", "two keys", "sk-schlüssel", "sk-1\nsk-2", "sk-\x00"])
def test_an_unusable_secret_is_refused_without_its_text(tmp_path: Path, content: str) -> None:
    """An empty file, several words and characters that no header may have are refused; the text holds none of it."""
    file = tmp_path / "key"
    file.write_text(content, "utf-8")
    source = KeySource("secret_key", None, file)
    with pytest.raises(KeyUnavailable) as caught:
        source.read()
    assert not any(word in str(caught.value) for word in content.split())
    assert (f"secret_key_file {file}" in str(caught.value), source.seen) == (True, ())


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A missing file and one that is not text are named by their path."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeyUnavailable, match=str(file)):
        KeySource("api_key", None, file).read()


def test_a_huge_file_is_read_in_part(tmp_path: Path) -> None:
    """At most KEY_BYTES of a file are read."""
    file = tmp_path / "key"
    file.write_text("k" * (KEY_BYTES + 100))
    assert len(KeySource("api_key", None, file).read() or "") == KEY_BYTES
