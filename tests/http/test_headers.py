"""The headers that stand for the SDK's, on every platform."""

from __future__ import annotations

import platform

import pytest
from openai import _base_client as of_sdk

from sora_exporter.http.headers import sdk_headers


@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows", "FreeBSD", "OpenBSD", "SunOS"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "arm64", "arm", "riscv64"])
def test_each_platform_has_the_sdks_name(monkeypatch: pytest.MonkeyPatch, system: str, machine: str) -> None:
    """System and machine are named as the SDK names them."""
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "platform", lambda: f"{system}-6.1-{machine}")
    named = sdk_headers.__wrapped__()
    assert (named["x-stainless-os"], named["x-stainless-arch"]) == (
        str(of_sdk.get_platform()),
        str(of_sdk.get_architecture()),
    )
