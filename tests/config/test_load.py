"""Loading a file: every mistake named exactly, all of them at once, and the built-in services without one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.configured import KEY, loaded

from sora_exporter.config import ConfigError, config_from, config_warnings, load_config

TESTDATA = Path(__file__).parent / "testdata"


@pytest.mark.parametrize("path", sorted(TESTDATA.glob("invalid-*.yml")), ids=lambda path: path.stem)
def test_every_mistake_has_its_exact_message(path: Path) -> None:
    """Each file of mistakes gives the lines beside it: file, line, path and fix; and never a secret."""
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    said = str(caught.value).replace(str(path), "{file}").replace(str(TESTDATA), "{directory}")
    assert said + "\n" == path.with_suffix(".txt").read_text("utf-8")
    for secret in ("pa55word", "sk-proj", "test-key", "s3cret"):
        assert secret not in said


def test_every_message_belongs_to_a_file_of_mistakes() -> None:
    """No expected message is left without the file that gives it, and there are files at all."""
    assert len(list(TESTDATA.glob("invalid-*.yml"))) > 60
    assert {path.stem for path in TESTDATA.glob("invalid-*.txt")} == {
        path.stem for path in TESTDATA.glob("invalid-*.yml")
    }


def test_the_built_in_services_are_six(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, the six services stand with their prices, objectives and ends of life."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    config = load_config(None)
    assert config.providers["default"].base_url == "https://api.openai.com/v1"
    table = [(s.id, s.access, s.price_usd and s.price_usd.model_dump(), s.objective, s.sunset) for s in config.services]
    autumn, october = date(2026, 9, 24), date(2026, 10, 22)
    assert table == [
        ("sora-2-official", "official", {"per_second": 0.1}, 99.9, autumn),
        ("sora-2-pro-official", "official", {"per_second": 0.3}, 99.9, autumn),
        ("sora-2-reverse", "reverse", {"per_request": 0.12}, None, autumn),
        ("sora-2-pro-reverse", "reverse", {"per_request": 0.8}, None, autumn),
        ("veo-3.1-reverse", "reverse", {"per_request": 0.15}, None, october),
        ("sora-image", "reverse", {"per_request": 0.01}, None, None),
    ]
    assert config.services[0].sunset_at == 1790208000.0
    assert config_warnings(config) == []


def test_the_built_in_services_without_a_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting without any setting names the variable to export."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match=r"^built-in services:\d+: providers.default.api_key_env: the environment "
                       "variable OPENAI_API_KEY is not set: export it or use api_key_file$"):  # fmt: skip
        load_config(None)


def test_a_complete_file_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with every section is valid: living services beside a retired one, within its budget."""
    for name in ("ARK_API_KEY", "OPENAI_API_KEY", "RELAY_API_KEY", "RELAY_REVERSE_API_KEY", "MINIMAX_API_KEY"):
        monkeypatch.setenv(name, KEY)
    config = load_config(TESTDATA / "complete.yml")
    assert config_warnings(config) == []
    apis = {service.api for service in config.services}
    assert {"ark", "images", "videos", "chat"} <= apis
    assert apis & set(config.apis)
    assert [service.id for service in config.services if service.sunset == date(2026, 9, 24)]
    assert {rule.error_class for rule in config.classify}
    paid = [service for service in config.services if any(kind.is_paid for kind in service.probes)]
    assert paid
    day = sum(
        (config.attempt_price_usd(service) or 0) * 86400 / settings.interval
        for service in paid
        for kind, settings in service.probes.items()
        if kind.is_paid
    )
    assert 0 < day <= config.budget_usd_per_day


def test_files_are_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    """A relative key file belongs to the file that names it, for any working directory."""
    (tmp_path / "key.txt").write_text("k-123456")
    (tmp_path / "sora.yml").write_text("providers: {r: {base_url: 'http://r.example', api_key_file: key.txt}}")
    assert load_config(tmp_path / "sora.yml").providers["r"].api_key_file == tmp_path / "key.txt"


def test_a_source_is_a_configuration_a_path_or_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A loaded configuration is returned as it is, a path is read, None gives the built-in services.

    A mistake names the argument, since a library has no options.
    """
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / "sora.yml"
    path.write_text("title: Ours\n")
    config = load_config(path)
    assert config_from(config) is config
    assert config_from(str(path)) == config_from(path) == config
    assert config_from(None) == load_config(None)
    with pytest.raises(TypeError, match="config is a path, a Config or None, not dict"):
        config_from({"title": "Ours"})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no such file: name an existing one with the argument config"):
        config_from("nofile.yml")


def test_sound_entries_are_checked_beside_broken_ones(tmp_path: Path) -> None:
    """A mistake in one service does not hide that another one's probe cannot work; lines are in file order."""
    path = tmp_path / "sora.yml"
    path.write_text(
        "providers: {r: {base_url: 'https://r.example'}}\n"
        "services:\n"
        "- {id: a, product: p, access: reverse, provider: r, model: m, probes: {submit: {interval: 6h}}}\n"
        "- {id: b, product: p, access: reversed, provider: r, model: m}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    first, second = caught.value.mistakes
    assert first.startswith(f"{path}:3: services[0].probes.submit: a paid probe needs a price")
    assert second.startswith(f"{path}:4: services[1].access: must be 'official' or 'reverse'")


COMPLETE = yaml.load((TESTDATA / "complete.yml").read_text("utf-8"), yaml.BaseLoader)  # texts only


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where every value inside a document is."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, inner in members for found in [(*at, key), *places(inner, (*at, key))]]


def replaced(value: Any, at: tuple[Any, ...], by: Any) -> Any:
    """Return a copy of a document with another value at one place."""
    if not at:
        return by
    copy = value.copy()
    copy[at[0]] = replaced(value[at[0]], at[1:], by)
    return copy


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["http://[", "${A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(places(COMPLETE)), anything)
def test_any_value_anywhere_is_accepted_or_explained(at: tuple[Any, ...], value: Any) -> None:
    """Any value at any place of the example gives a configuration or lines that name the file."""
    lines: tuple[str, ...] = ()
    try:
        loaded(replaced(COMPLETE, at, value))
    except ConfigError as error:
        lines = error.mistakes
    assert all(line.startswith("test.yml") and line.isprintable() for line in lines)
