"""Receivers and their services: secrets read anew, wrong addresses found at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.chats import TOKEN, Chats

from sora_exporter.notify.delivery import Undelivered
from sora_exporter.notify.serve import Services, wrong_addresses
from sora_exporter.notify.settings import NotifySettings, load_settings
from sora_exporter.notify.texts import Message


def settings_of(folder: Path, url: str) -> NotifySettings:
    """Return settings with one receiver, whose address is in a file."""
    (folder / "url").write_text(url)
    (folder / "notify.yml").write_text("receivers: [{name: team, url_file: url}]")
    return load_settings(folder / "notify.yml")[0]


async def test_a_rotated_address_needs_no_restart(tmp_path: Path, chats: Chats) -> None:
    """The file of the address is read for each message; while it is wrong or gone, a message is not delivered."""
    receiver = settings_of(tmp_path, f"wecombot://{TOKEN}x").receivers[0]
    send = Services().sender(receiver)
    with pytest.raises(Undelivered, match="93000"):
        await send(Message("t", "b"))
    (tmp_path / "url").write_text(f"wecombot://{TOKEN}")
    await send(Message("t", "b"))
    assert chats.texts == [("wecom", "t\nb")]
    (tmp_path / "url").unlink()
    with pytest.raises(Undelivered, match="cannot be read"):
        await send(Message("t", "b"))


@pytest.mark.parametrize(("url", "reason"), [
    (f"feishu://{TOKEN}", None),
    ("feishu://!", "receiver 'team': the address in {file} is not an address of Apprise for feishu://:"
                   " compare it with appriseit.com/services"),
    ("", "receiver 'team': {file} must hold one line without blanks: write the secret alone into it"),
])  # fmt: skip
def test_a_wrong_address_is_found_at_the_start(tmp_path: Path, url: str, reason: str | None) -> None:
    """Every receiver is tried without sending; the reason names the receiver and the file."""
    found = wrong_addresses(settings_of(tmp_path, url))
    assert found == ([] if reason is None else [(0, reason.format(file=tmp_path / "url"))])
