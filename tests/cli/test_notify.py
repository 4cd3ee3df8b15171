"""``notify`` on the command line: what is refused before anything is accepted or sent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sora_exporter.cli.main import main

TOKEN = "tokentokentoken1"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the line on stderr of a call that could not run."""
    with pytest.raises(SystemExit) as ended:
        main(["notify", *arguments])
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out) == (2, "")
    return captured.err


def test_a_good_configuration_is_confirmed_without_sending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--config.check reads addresses and secrets, sends nothing, and ends."""
    (tmp_path / "url").write_text(f"feishu://{TOKEN}")
    (tmp_path / "notify.yml").write_text("receivers: [{name: team, url_file: url}]")
    with pytest.raises(SystemExit) as ended:
        main(["notify", f"--config.file={tmp_path / 'notify.yml'}", "--config.check"])
    assert (ended.value.code or 0, capsys.readouterr().out) == (0, "configuration is good: 1 receiver\n")


def test_a_wrong_address_names_receiver_and_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each wrong address: the receiver, the file with the address, and no part of a secret."""
    (tmp_path / "url").write_text(f"feishu://{TOKEN}!")
    file = tmp_path / "notify.yml"
    file.write_text(f"receivers:\n  - {{name: team, url_file: url}}\n  - {{name: bot, url: 'tgram://{TOKEN}'}}\n")
    lines = refused(capsys, f"--config.file={file}", "--config.check").splitlines()
    assert lines == [
        f"sora-exporter: {file}:{place} receiver {name!r}: the address{where} is not an address of Apprise for {schema}://:"
        " compare it with appriseit.com/services"
        for place, name, where, schema in (
            ("2: receivers[0]:", "team", f" in {tmp_path / 'url'}", "feishu"),
            ("3: receivers[1]:", "bot", "", "tgram"),
        )
    ]


def test_token_and_passwords_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A webhook cannot carry both kinds of credentials, which is said at the start."""
    (tmp_path / "token").write_text("x")
    file, web = tmp_path / "notify.yml", tmp_path / "web.yml"
    file.write_text("{receivers: [{name: a, url: 'json://x'}], bearer_token_file: token}")
    web.write_text(f"basic_auth_users: {{am: '$2b$04${'a' * 53}'}}")
    line = refused(capsys, f"--config.file={file}", f"--web.config.file={web}", "--config.check")
    assert line == f"sora-exporter: {file}: bearer_token_file and basic_auth_users exclude each other: remove one\n"
    (tmp_path / "token").unlink()
    assert "token cannot be read" in refused(capsys, f"--config.file={file}", "--config.check")


def test_without_the_extra_one_line_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Apprise is not installed, the command says what to install."""
    for name in [name for name in sys.modules if name.startswith("sora_exporter.notify.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert refused(capsys) == "sora-exporter: notify needs Apprise: pip install 'sora-exporter[notify]'\n"
