"""The SDK of one provider: configured headers only, and no setting of OpenAI from the environment."""

from __future__ import annotations

import httpx2
import pytest

from sora_exporter.config import Provider
from sora_exporter.http.sdk import bare_headers, sdk_of


def provider(monkeypatch: pytest.MonkeyPatch, **headers: str) -> Provider:
    monkeypatch.setenv("OWN_KEY", "sk-own-0123456789")
    document = {"base_url": "https://relay.example/v1", "api_key_env": "OWN_KEY", "headers": headers}
    return Provider.model_validate(document)


async def test_the_environments_settings_reach_no_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Organization, project and custom headers of the environment are meant for OpenAI and are not sent."""
    for name, value in {
        "OPENAI_ORG_ID": "org-secret",
        "OPENAI_PROJECT_ID": "proj-secret",
        "OPENAI_CUSTOM_HEADERS": "X-Custom: secret",
        "OPENAI_API_KEY": "sk-secret",
    }.items():
        monkeypatch.setenv(name, value)
    async with httpx2.AsyncClient() as http:
        headers = bare_headers(sdk_of(provider(monkeypatch), http))
    assert not [header for header in headers if any(b"secret" in part for part in header)]


async def test_configured_headers_are_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured header is sent with its value, and the headers that the transport adds are left out."""
    async with httpx2.AsyncClient() as http:
        sdk = sdk_of(provider(monkeypatch, **{"X-Group": "vip"}), http)
        headers = bare_headers(sdk)
    names = [name for name, _ in headers]
    assert (b"x-group", b"vip") in headers
    assert len(names) == len(set(names))
    assert not {b"accept-encoding", b"content-type", b"authorization"} & set(names)
    assert sdk.max_retries == 0
