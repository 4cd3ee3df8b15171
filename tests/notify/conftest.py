"""The chat services of the tests, in the place of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from support.chats import Chats
from support.over_http import over_http

from sora_exporter.notify import robots


@pytest.fixture(scope="session")
def chats_and_url() -> Iterator[tuple[Chats, str]]:
    """The services, and the address of their socket."""
    chats = Chats()
    with over_http(chats.app()) as url:
        yield chats, url


@pytest.fixture
def chats(chats_and_url: tuple[Chats, str], monkeypatch: pytest.MonkeyPatch) -> Chats:
    """The services at rest, at the addresses that the plugins call."""
    chats, url = chats_and_url
    vars(chats).update(vars(Chats()))
    addresses = {"feishu": f"{url}/feishu/", "lark": f"{url}/feishu/", "dingtalk": f"{url}/dingtalk?access_token=",
                 "wecombot": f"{url}/wecom?key="}  # fmt: skip
    forms = {schema: replace(form, address=addresses[schema]) for schema, form in robots.FORMS.items()}
    monkeypatch.setattr(robots, "FORMS", forms)
    monkeypatch.setattr("sora_exporter.notify.services.FORMS", forms)
    monkeypatch.setattr(NotifySlack, "webhook_url", f"{url}/slack")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{url}/bot")
    return chats
