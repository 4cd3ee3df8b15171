"""The configuration: every mistake named exactly, secrets never shown, and a dump that loads again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.configured import KEY, RELAY, SERVICE, loaded, with_service

from sora_exporter.config import (
    Config,
    ConfigError,
    Provider,
    Service,
    config_warnings,
    hidden_dump,
    load_config,
    write_duration,
)
from sora_exporter.config.apis import builtin_apis
from sora_exporter.result import ProbeKind

PROVES = {"maker": "routed", "relay": "authenticated"}
ROOT = Path(__file__).parents[2]
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


def test_sections_are_frozen() -> None:
    """A loaded configuration cannot be changed."""
    config = with_service()
    for section, member in [(config, "services"), (config.services[0], "id"), (config.providers["relay"], "base_url")]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(section, member, None)


def test_values_from_the_environment_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses, names, models, paths, proxies and header values may hold variables."""
    monkeypatch.setenv("SORA_TEST_HOST", "relay.example")
    provider = {
        "base_url": "https://${SORA_TEST_HOST}/v1/",
        "proxy": "http://u:${SORA_TEST_SECRET}@proxy.example:3128",
        "headers": {"X-Group": "${SORA_TEST_SECRET}"},
        "api_key_file": f"{TESTDATA}/${{SORA_TEST_NOT_SET:-key}}.txt",
    }
    service = {**SERVICE, "model": "${SORA_TEST_NOT_SET:-m2}", "name": "at ${SORA_TEST_HOST}"}
    config = loaded({"providers": {"relay": provider}, "services": [service]})
    relay = config.providers["relay"]
    assert relay.base_url == "https://relay.example/v1"
    assert relay.api_key_file == TESTDATA / "key.txt"
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


def test_a_line_break_after_a_key_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable filled from a file often ends in a line break; the key in it is good."""
    monkeypatch.setenv("SORA_TEST_KEY", KEY + "\n")
    provider = {**RELAY["relay"], "api_key_env": "SORA_TEST_KEY"}
    assert loaded({"providers": {"relay": provider}}).providers["relay"].api_key_env == "SORA_TEST_KEY"


def test_files_are_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    """A relative key file belongs to the file that names it, for any working directory."""
    (tmp_path / "key.txt").write_text("k-123456")
    (tmp_path / "sora.yml").write_text("providers: {r: {base_url: 'http://r.example', api_key_file: key.txt}}")
    assert load_config(tmp_path / "sora.yml").providers["r"].api_key_file == tmp_path / "key.txt"


def test_no_secret_is_in_any_form_of_the_configuration() -> None:
    """repr, str, and every dump hide header values and proxies; their names stay."""
    document = {
        "providers": {
            "relay": {
                **RELAY["relay"],
                "api_key_env": "SORA_TEST_KEY",
                "proxy": "socks5://user:pa55word@proxy.example",
                "headers": {"Authorization": "Bearer pa55word"},
            }
        },
        "services": [SERVICE],
        "status_pages": {
            "p": {"url": "https://s.example", "format": "statuspage", "proxy": "http://u:pa55word@x.example"}
        },
    }
    config = loaded(document)
    forms = [repr(config), str(config), config.model_dump_json(), str(config.model_dump()), str(hidden_dump(config))]
    forms += [repr(config.providers), str(config.providers["relay"]), yaml.safe_dump(hidden_dump(config))]
    for form in forms:
        assert "pa55word" not in form
        assert KEY not in form
    relay = hidden_dump(config)["providers"]["relay"]
    assert relay["headers"] == {"Authorization": "<hidden>"}
    assert relay["proxy"] == "<hidden>"
    assert relay["api_key_env"] == "SORA_TEST_KEY"


def test_the_dump_is_the_configuration_in_force() -> None:
    """Defaults are written out, durations as people write them, and what is not set is left out."""
    config = with_service(price_usd={"per_second": 0.1}, slow_after="1m30s", probes={"canary": {"interval": "20s"}})
    assert hidden_dump(config)["services"] == [
        {
            **SERVICE, "name": "", "api": "videos", "price_usd": {"per_second": 0.1}, "slow_after": "1m30s",
            "probes": {"canary": {"interval": "20s", "timeout": "18s"}}, "probe_on_scrape": False, "request": {},
        }
    ]  # fmt: skip


def test_probes_have_the_usual_schedule() -> None:
    """Without ``probes``, the two free ones run: catalog every minute, canary every five."""
    service = with_service().services[0]
    assert {kind: (p.interval, p.timeout) for kind, p in service.probes.items()} == {
        ProbeKind.CATALOG: (60.0, 10.0),
        ProbeKind.CANARY: (300.0, 30.0),
    }
    assert service.timeout(ProbeKind.GENERATE) == 900.0


@pytest.mark.parametrize(
    ("probe", "settings", "timeout"),
    [
        ("catalog", {"interval": "1m"}, 10.0),
        ("catalog", {"interval": "10s"}, 9.0),
        ("catalog", {"interval": "5s"}, 4.5),
        ("canary", {"interval": "1h", "timeout": "1s"}, 1.0),
        ("submit", {"interval": "6h"}, 60.0),
        ("generate", {"interval": "6h"}, 900.0),
    ],
)
def test_the_timeout_is_always_shorter_than_the_interval(probe: str, settings: Any, timeout: float) -> None:
    """If none is configured, the usual timeout holds, cut to nine tenths of a short interval."""
    service = with_service(price_usd={"per_request": 1}, probes={probe: settings}).services[0]
    kind = ProbeKind(probe)
    assert service.timeout(kind) == timeout
    assert service.timeout(kind) < service.probes[kind].interval


def test_a_users_own_api_is_used_and_wins_over_a_built_in_one() -> None:
    """A shape under ``apis`` serves its services, also under the name of a built-in one; the others are untouched."""
    own = {"create": {"path": "/make", "body": {}}, "canary": {"replace": {"a": 1}, "refusal": "a", "proves": PROVES}}
    services = [{**SERVICE, "id": api, "api": api} for api in ("own", "videos", "chat")]
    config = loaded({"providers": RELAY, "services": services, "apis": {"own": own, "videos": own}})
    paths = [config.api(service).create.path for service in config.services]
    assert paths == ["/make", "/make", "/chat/completions"]
    assert config.api(config.services[2]) is builtin_apis()["chat"]


def test_the_usual_probes_are_those_that_the_api_can_do() -> None:
    """A service without probes of its own gets no catalog probe if its vendor has no catalog."""
    assert list(with_service(api="luma").services[0].probes) == [ProbeKind.CANARY]
    assert list(with_service(api="xai").services[0].probes) == [ProbeKind.CATALOG, ProbeKind.CANARY]


@pytest.mark.parametrize(
    ("members", "price"),
    [
        ({}, None),
        ({"price_usd": {"per_request": 0.12}}, 0.12),
        ({"price_usd": {"per_second": 0.25}}, 1.0),
        ({"price_usd": {"per_second": 0.25}, "request": {"seconds": "8"}}, 2.0),
        ({"price_usd": {"per_second": 0.25}, "api": "ark"}, 1.0),
        ({"price_usd": {"per_second": 0.25}, "api": "images"}, None),
    ],
)
def test_the_price_of_an_attempt(members: dict[str, Any], price: float | None) -> None:
    """A price per request is used unchanged; one per second is multiplied by the seconds that the request orders."""
    config = with_service(**members)
    assert config.attempt_price_usd(config.services[0]) == price


identifiers = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?", fullmatch=True)
texts = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="$"), min_size=1, max_size=20)
durations = st.floats(1, 1e6).map(write_duration)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
prices = st.sampled_from(["per_second", "per_request"]).flatmap(
    lambda unit: st.fixed_dictionaries({unit: st.floats(0.001, 100)})
)


@st.composite
def probes(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(["catalog", "canary"]), unique=True))
    found: dict[str, Any] = {}
    for kind in chosen:
        interval = draw(st.floats(1, 1e6))
        found[kind] = {"interval": write_duration(interval)}
        if draw(st.booleans()):
            found[kind]["timeout"] = write_duration(interval / draw(st.floats(1.01, 100)))
    return found


FREELY_PROBED = [name for name, api in builtin_apis().items() if api.catalog and api.canary and not api.own_blanks]
services = st.fixed_dictionaries(
    {
        "product": identifiers, "access": st.sampled_from(["official", "reverse"]), "provider": st.just("relay"),
        "model": texts,
    },
    optional={
        "name": texts, "api": st.sampled_from([*FREELY_PROBED, "own"]), "price_usd": prices,
        "objective": st.floats(0.1, 99.99), "sunset": st.dates(date(2000, 1, 1)).map(str), "slow_after": durations,
        "probes": probes(), "probe_on_scrape": st.booleans(),
        "request": st.dictionaries(texts, json_values, max_size=3),
    },
)  # fmt: skip
documents = st.fixed_dictionaries(
    {
        "providers": st.fixed_dictionaries(
            {
                "relay": st.fixed_dictionaries(
                    {"base_url": st.sampled_from(["https://relay.example/v1", "http://[::1]:8080"])},
                    optional={
                        "api_key_env": st.just("SORA_TEST_KEY"), "verify": st.booleans(),
                        "max_concurrent": st.integers(1, 1000),
                        "headers": st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.just("pa55word")),
                    },
                )
            }
        ),
        "services": st.lists(services, max_size=4).map(
            lambda found: [{"id": f"service-{number}", **service} for number, service in enumerate(found)]
        ),
        "apis": st.fixed_dictionaries(
            {
                "own": st.fixed_dictionaries(
                    {
                        "create": st.fixed_dictionaries(
                            {"path": st.just("/make"), "body": st.dictionaries(texts, json_values, max_size=3)}
                        ),
                        "canary": st.just({"replace": {"a": None}, "refusal": ["a"], "proves": PROVES}),
                    },
                    optional={"models": st.sampled_from([{"path": None}, {"list": "/all"}])},
                )
            }
        ),
    },
    optional={
        "budget_usd_per_day": st.floats(0, 100),
        "max_concurrent_probes": st.integers(1, 100),
        "status_pages": st.dictionaries(
            identifiers,
            st.fixed_dictionaries(
                {"url": st.just("https://status.example"), "format": st.sampled_from(["statuspage", "google-cloud"])},
                optional={"interval": durations, "components": st.lists(texts, max_size=2)},
            ),
            max_size=2,
        ),
        "classify": st.lists(
            st.fixed_dictionaries(
                {"match": st.sampled_from(["维护", "a|b"]), "error_class": st.sampled_from(["maintenance", "captcha"])},
                optional={"provider": st.just("relay")},
            ),
            max_size=2,
        ),
    },
)  # fmt: skip


@given(documents)
def test_a_dump_loads_as_the_same_configuration(document: dict[str, Any]) -> None:
    """The output of /config, read again as YAML, is the same configuration except for the hidden secrets."""
    config = loaded(document)
    dump = hidden_dump(config)
    again = loaded(dump)
    assert hidden_dump(again) == dump
    restored = {**dump, "providers": document["providers"]}
    assert loaded(restored) == config


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


def test_a_service_is_found_by_its_id() -> None:
    """An id that is configured gives its service, another none."""
    config = with_service()
    found = config.service("a")
    assert isinstance(found, Service)
    assert found.model == "m"
    assert config.service("b") is None


@pytest.mark.parametrize("key", ["sk-proj-abc.DEF", "0123456789abcdef0123", "eyJhbGciOi.J1c2.sig"])
def test_a_key_pasted_as_the_name_of_its_file_is_not_repeated(key: str) -> None:
    """The error says that a file is meant, without the key."""
    with pytest.raises(ValidationError, match="not the key") as caught:
        Provider.model_validate({"base_url": "https://relay.example/v1", "api_key_file": key})
    assert key not in str([error["msg"] for error in caught.value.errors()])


def test_a_key_sent_without_verification_is_warned_of() -> None:
    """``verify: false`` with a secret is a warning; without any it is not."""
    base = {"base_url": "https://relay.example/v1", "verify": False}
    document = {"providers": {"open": base, "risky": {**base, "headers": {"X-Key": "abc"}}}}
    assert [line.split(":")[0] for line in config_warnings(Config.model_validate(document))] == [
        "providers.risky.verify"
    ]
