"""The configuration as a whole: its prices and probes, and a dump that loads again and shows no secret."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.configured import KEY, RELAY, SERVICE, loaded, with_service

from sora_exporter.config import Service, hidden_dump, write_duration
from sora_exporter.config.apis import builtin_apis
from sora_exporter.result import ProbeKind

PROVES = {"maker": "routed", "relay": "authenticated"}


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


def test_a_service_is_found_by_its_id() -> None:
    """An id that is configured gives its service, another none."""
    config = with_service()
    found = config.service("a")
    assert isinstance(found, Service)
    assert found.model == "m"
    assert config.service("b") is None
