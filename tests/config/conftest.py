"""The environment that the tested configurations refer to."""

from __future__ import annotations

import pytest
from support.configured import KEY


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "SORA_TEST_NOT_SET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SORA_TEST_KEY", KEY)
    for name in ("OWN_KEY", "OWN_ACCESS", "OWN_SECRET"):
        monkeypatch.setenv(name, f"{name}-0123")
    monkeypatch.setenv("SORA_TEST_BROKEN_KEY", "test-key\n0123")
    monkeypatch.setenv("SORA_TEST_SECRET", "pa55word")
