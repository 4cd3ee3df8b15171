"""notify.yml: its mistakes, and the secrets in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_exporter.config import ConfigError
from sora_exporter.notify.settings import load_settings

GOOD = """\
bearer_token_file: token
grafana_url: https://grafana.example
receivers:
  - {name: team, url_file: url, secret_file: secret, language: zh}
  - {name: other, url: "json://${NOTIFY_HOST:-localhost}"}
deadman: {after: 10m, receivers: [team]}
queue: {messages: 10, age: 1h}
"""


def test_secrets_are_read_from_files_beside_it_on_each_use(tmp_path: Path) -> None:
    """Addresses and secrets come from their files, again after a rotation; the settings do not show them."""
    for name, text in (("notify.yml", GOOD), ("url", "feishu://one\n"), ("secret", "sign\n")):
        (tmp_path / name).write_text(text)
    settings, _ = load_settings(tmp_path / "notify.yml")
    team, other = settings.receivers
    found = team.address(), team.secret(), other.address(), other.secret()
    assert found == ("feishu://one", "sign", "json://localhost", "")
    (tmp_path / "url").write_text("feishu://two\n")
    assert team.address() == "feishu://two"
    assert (settings.deadman.after if settings.deadman else 0, settings.queue.age) == (600, 3600)
    assert "json://localhost" not in repr(settings)


@pytest.mark.parametrize(("text", "mistake"), [
    ("receivers: []", ": a list of receivers is empty: name at least one"),
    ("receivers: [{name: a, url: x}]\ndeadman: {receivers: []}", ": a list of receivers is empty: name at least one"),
    ("receivers: [{name: a}]", ":1: receivers[0]: needs an address: give either url or url_file"),
    ("receivers: [{name: a, url: x, url_file: y}]", ":1: receivers[0]: needs an address: give either url or url_file"),
    ("receivers: [{name: a, url: x, lang: zh}]",
     ":1: receivers[0].lang: unknown key: remove it, or see docs/notify.md"),
    ("receivers: [{name: a, url: x, language: fr}]",
     ":1: receivers[0].language: is not a known language: write en, id, zh"),
    ("receivers: [{name: a, url: x}, {name: a, url: y}]", ": two receivers are named 'a': rename one"),
    ("receivers: [{name: a, url: x}]\ndeadman: {receivers: [b]}",
     ": deadman names 'b', which is not a receiver: name one of a"),
    ("receivers: [{name: a, url: '${UNSET_VARIABLE}'}]",
     ":1: receivers[0].url: the environment variable UNSET_VARIABLE is not set: "
     "export it or write ${UNSET_VARIABLE:-default}"),
])  # fmt: skip
def test_a_mistake_is_one_line_with_place_and_fix(tmp_path: Path, text: str, mistake: str) -> None:
    """Every mistake names the file, the line, the member and what to do."""
    file = tmp_path / "notify.yml"
    file.write_text(text)
    with pytest.raises(ConfigError) as wrong:
        load_settings(file)
    assert wrong.value.mistakes == (f"{file}{mistake}",)


@pytest.mark.parametrize(("content", "problem"), [
    (None, "cannot be read: No such file or directory: correct the path or its permissions"),
    (b"", "must hold one line without blanks: write the secret alone into it"),
    (b"two words", "must hold one line without blanks: write the secret alone into it"),
    (b"\xff\xfe", "is not UTF-8 text: save it in that encoding"),
])  # fmt: skip
def test_an_unusable_file_of_a_secret_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    """The reason names the file and quotes nothing of it."""
    file = tmp_path / "notify.yml"
    file.write_text("receivers: [{name: a, url_file: url}]")
    if content is not None:
        (tmp_path / "url").write_bytes(content)
    receiver = load_settings(file)[0].receivers[0]
    with pytest.raises(ValueError, match="url") as wrong:
        receiver.address()
    assert str(wrong.value) == f"{tmp_path / 'url'} {problem}"
