"""Built-in official pages fill in the missing settings of a configured page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.configured import KEY, RELAY, SERVICE, loaded
from support.page_documents import recorded

from sora_exporter.config import ConfigError, hidden_dump, load_config
from sora_exporter.config.known_pages import builtin_pages
from sora_exporter.status_pages.readers import READERS

SORA, VERTEX = "01K9G527YRPY1EFRMHTKB5BKT5", "Z0FZJAMvEB4j3NbCJs6B"


def test_a_page_that_is_built_in_needs_only_its_name() -> None:
    """Missing members of a page with a built-in name come from the built-in page."""
    pages = loaded({"status_pages": {"openai": {}, "google-cloud": None}}).status_pages
    assert {name: (page.url, page.format, page.interval) for name, page in pages.items()} == {
        "openai": ("https://status.openai.com", "statuspage", 60.0),
        "google-cloud": ("https://status.cloud.google.com", "google-cloud", 300.0),
    }
    assert SORA in pages["openai"].components
    assert pages["google-cloud"].components == (VERTEX,)


@pytest.mark.parametrize(
    "said",
    [
        {"interval": "7m"},
        {"url": "https://mirror.example"},
        {"components": []},
        {"components": ["Sora"]},
        {"timeout": "3s"},
        {"format": "incidentio-widget", "url": "https://x.example"},
    ],
)
def test_own_members_of_a_page_win_over_built_in_ones(said: dict[str, Any]) -> None:
    """Each member of a page with a built-in name can be replaced; ids of one format are not used for another."""
    page = hidden_dump(loaded({"status_pages": {"openai": said}}))["status_pages"]["openai"]
    usual = hidden_dump(loaded({"status_pages": {"openai": {}}}))["status_pages"]["openai"]
    assert page == {**usual, **({"components": []} if "format" in said else {}), **said}


def test_a_page_that_is_not_built_in_needs_its_address(tmp_path: Path) -> None:
    """An empty page of another name lacks its address and its format, and a built-in one may still be wrong."""
    path = tmp_path / "sora.yml"
    path.write_text("status_pages:\n  other: {}\n  openai: {interval: soon}\n  google-cloud: 7\n", "utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    text = str(raised.value)
    assert [line.partition(": ")[0].rpartition(":")[2] for line in text.splitlines()] == ["2", "2", "3", "4"]


def test_a_services_component_has_to_be_among_the_built_in_ones_too(tmp_path: Path) -> None:
    """A component that a built-in page does not read is a mistake, one that it reads is none."""
    service = {**SERVICE, "status_page": {"page": "openai", "component": "01JP8CD9JR3HR6Y7G4Q75N4DVW"}}
    path = tmp_path / "sora.yml"
    path.write_text(yaml.safe_dump({"providers": RELAY, "services": [service], "status_pages": {"openai": None}}))
    with pytest.raises(ConfigError, match=r"add it to status_pages\.openai\.components"):
        load_config(path)
    service["status_page"] = {"page": "openai", "component": SORA}
    path.write_text(yaml.safe_dump({"providers": RELAY, "services": [service], "status_pages": {"openai": None}}))
    assert load_config(path).status_pages["openai"].url == "https://status.openai.com"


def test_the_built_in_services_read_the_built_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the built-in pages are read as they are, elsewhere where the environment says so."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("SORA_OPENAI_STATUS_URL", raising=False)
    monkeypatch.setenv("SORA_GOOGLE_STATUS_URL", "http://127.0.0.1:1/status/google")
    usual = loaded({"status_pages": {"openai": {}, "google-cloud": {"url": "http://127.0.0.1:1/status/google"}}})
    assert load_config(None).status_pages == usual.status_pages


def test_a_pages_timeout_is_shorter_than_its_interval_too() -> None:
    """A page's usual timeout shrinks with its interval."""
    page = {"url": "https://status.example/", "format": "statuspage"}
    config = loaded({"status_pages": {"a": page, "b": {**page, "interval": "5s"}}})
    assert [(p.interval, p.timeout) for p in config.status_pages.values()] == [(60.0, 10.0), (5.0, 4.5)]


@pytest.mark.parametrize(
    ("page", "recording"), [("openai", "openai-components.json"), ("google-cloud", "google-products.json")]
)
def test_builtin_ids_carry_the_recorded_names(page: str, recording: str) -> None:
    """Built-in ids that a recording lists bear the name recorded for them, and the watched ones are all listed."""
    document = json.loads(recorded(recording))
    listed = {
        row["id"]: row.get("name", row.get("title"))
        for row in next(v for v in document.values() if [] != v != {} and isinstance(v, list))
    }
    known = builtin_pages()[page]
    assert set(known.components) <= set(listed)
    assert {key: listed[key] for key in known.names if key in listed} == {
        key: name for key, name in known.names.items() if key in listed
    }


def test_builtin_pages_are_readable() -> None:
    """Each built-in page has a format that is read and an https address."""
    for page in builtin_pages().values():
        assert page.format in READERS
        assert page.url.startswith("https://")
