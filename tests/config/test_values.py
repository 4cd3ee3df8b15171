"""The values of members: durations and shares as people write them, and variables of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from support.configured import KEY, RELAY, SERVICE, loaded

from sora_exporter.config import ConfigError, parse_duration, write_duration
from sora_exporter.config.values import BudgetShare


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("6h", 21600), ("1d", 86400), ("1.5h", 5400), ("0.1s", 0.1)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    """Units from milliseconds to days, alone, together and with fractions."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "said", ["", "10", "s", "-1s", "1 s", "1S", "1w", "1e3s", "٣s", "1.s", "9" * 10000, None, 10, 1.5, True, ["1s"]]
)
def test_other_texts_than_durations_are_refused(said: object) -> None:
    """Numbers without unit, signs, foreign digits and endless texts are not durations."""
    with pytest.raises(ValueError, match="30s, 5m or 6h"):
        parse_duration(said)


@given(st.floats(1e-6, 366 * 86400))
def test_a_written_duration_reads_back_exactly(seconds: float) -> None:
    """Writing loses nothing, for any number."""
    assert parse_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(90, "1m30s"), (0.25, "250ms"), (86400, "1d"), (5400, "1h30m"), (90061.5, "1d1h1m1.5s"), (30, "30s"), (0, "0s")],
)
def test_durations_are_written_as_people_do(seconds: float, text: str) -> None:
    """The largest units come first and nought is left out."""
    assert write_duration(float(seconds)) == text


@pytest.mark.parametrize(("written", "share"), [(0.3, 0.3), (1, 1.0), ("30%", 0.3), ("0.5%", 0.005), ("100%", 1.0)])
def test_a_share_is_a_fraction_or_a_percentage(written: object, share: float) -> None:
    """Both ways of writing a share of the day's limit mean the same."""
    assert TypeAdapter(BudgetShare).validate_python(written) == pytest.approx(share)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (1.5, "the share is above the day's limit"),
        ("130%", "the share is above the day's limit"),
        (0, "a share must be more than 0"),
        (float("nan"), "a share must be more than 0"),
        ("30", "write 0.3 or 30%"),
        (True, "write 0.3 or 30%"),
    ],
)
def test_a_share_that_makes_no_sense_is_a_mistake(written: object, problem: str) -> None:
    """A share above the limit, none at all, or something else is one clear line."""
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(BudgetShare).validate_python(written)


def test_values_from_the_environment_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses, names, models, paths, proxies and header values may hold variables."""
    monkeypatch.setenv("SORA_TEST_HOST", "relay.example")
    (tmp_path / "key.txt").write_text("k-123456")
    provider = {
        "base_url": "https://${SORA_TEST_HOST}/v1/",
        "proxy": "http://u:${SORA_TEST_SECRET}@proxy.example:3128",
        "headers": {"X-Group": "${SORA_TEST_SECRET}"},
        "api_key_file": f"{tmp_path}/${{SORA_TEST_NOT_SET:-key}}.txt",
    }
    service = {**SERVICE, "model": "${SORA_TEST_NOT_SET:-m2}", "name": "at ${SORA_TEST_HOST}"}
    config = loaded({"providers": {"relay": provider}, "services": [service]})
    relay = config.providers["relay"]
    assert relay.base_url == "https://relay.example/v1"
    assert relay.api_key_file == tmp_path / "key.txt"
    assert relay.headers["X-Group"].get_secret_value() == "pa55word"
    assert relay.proxy is not None
    assert relay.proxy.get_secret_value() == "http://u:pa55word@proxy.example:3128"
    assert (config.services[0].model, config.services[0].title) == ("m2", "at relay.example")


@pytest.mark.parametrize("secret", ["${SORA_TEST_KEY}", "${SORA_TEST_ODDLY_NAMED}"])
@pytest.mark.parametrize("member", ["base_url", "values", "api_key_file", "name", "model", "url"])
def test_a_secret_in_a_member_that_is_shown_is_refused(
    monkeypatch: pytest.MonkeyPatch, member: str, secret: str
) -> None:
    """A variable that is named like a secret, or holds one by its form, fills no address, name or path."""
    monkeypatch.setenv("SORA_TEST_KEY", KEY)
    monkeypatch.setenv("SORA_TEST_ODDLY_NAMED", "sk-0123456789abcdef")
    sections: dict[str, dict[str, Any]] = {"provider": dict(RELAY["relay"]), "service": dict(SERVICE), "page": {}}
    written = {
        "base_url": ("provider", f"https://relay.example/{secret}"), "values": ("provider", {"account": secret}),
        "api_key_file": ("provider", f"/run/{secret}"), "name": ("service", secret), "model": ("service", secret),
        "url": ("page", f"https://{secret}.example"),
    }  # fmt: skip
    section, value = written[member]
    sections[section][member] = value
    pages = {"p": {"url": "https://status.example", "format": "statuspage", **sections["page"]}}
    with pytest.raises(ConfigError, match=rf"{member}.*: the variable \w+ holds a secret") as caught:
        loaded({"providers": {"relay": sections["provider"]}, "services": [sections["service"]], "status_pages": pages})
    assert KEY not in str(caught.value)
    assert "sk-0123456789abcdef" not in str(caught.value)
