"""The written configuration: every vendor by itself makes one that loads, with its own prices and probes."""

from __future__ import annotations

from datetime import date

import pytest

from sora_exporter.config import Config, config_warnings, parse_config
from sora_exporter.config.catalog import Choice, choose, vendors, written
from sora_exporter.config.catalog.vendor import variables
from sora_exporter.config.makers import is_relay
from sora_exporter.config.yaml_file import parse_yaml
from sora_exporter.result import ProbeKind

TODAY = date(2026, 11, 27)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable that any vendor names, with a value."""
    for vendor in vendors().values():
        for name in variables([*vendor.keys, vendor.provider]):
            monkeypatch.setenv(name, "test-key-0123456789abcdef")


def loaded(choices: list[Choice]) -> Config:
    """Return the configuration that is written for the choices."""
    text = written(choices, "sora-exporter init", TODAY)
    return parse_config(parse_yaml("sora.yml", text))


@pytest.mark.parametrize("name", vendors())
@pytest.mark.usefixtures("keys")
def test_a_vendor_alone_makes_a_configuration_that_loads(name: str) -> None:
    """The text for one vendor loads, watches its living models, and spends nothing: a paid probe has no budget."""
    choices = choose([name], {}, TODAY)
    config = loaded(choices)
    assert [service.model for service in config.services] == [model.model for model in choices[0].models]
    assert config.services
    assert config.budget_usd_per_day == 0
    never = [line for line in config_warnings(config) if "will never run: budget_usd_per_day is not set" in line]
    assert len(never) == sum(kind.is_paid for service in config.services for kind in service.probes)
    assert is_relay(config.providers[name]) is False


@pytest.mark.parametrize("name", vendors())
@pytest.mark.usefixtures("keys")
def test_every_living_model_has_a_price_that_pays_its_video(name: str) -> None:
    """For a published price, one video of the shape's cheapest length has a price in dollars."""
    config = loaded(choose([name], {}, TODAY))
    for service in config.services:
        price = config.attempt_price_usd(service)
        assert (price is None) == (service.price_usd is None)
        assert price is None or 0.01 < price < 2


@pytest.mark.parametrize("name", vendors())
@pytest.mark.usefixtures("keys")
def test_free_probes_are_those_that_the_shape_describes(name: str) -> None:
    """A vendor has its canary, or its catalog where there is none; a paid probe only where its API has neither."""
    config = loaded(choose([name], {}, TODAY))
    for service in config.services:
        api = config.api(service)
        expected = [ProbeKind.CANARY] if api.canary else [ProbeKind.CATALOG] if api.catalog else [ProbeKind.GENERATE]
        assert list(service.probes) == expected


@pytest.mark.usefixtures("keys")
def test_two_vendors_of_one_product_are_alternatives() -> None:
    """The same model at two vendors is one product with two services, whose ids name the vendor."""
    config = loaded(choose(["dreamina-seedance-2-0-260128", "doubao-seedance-2-0-260128"], {}, TODAY))
    assert {service.product for service in config.services} == {"seedance-2.0"}
    assert [service.id for service in config.services] == ["seedance-2.0-byteplus", "seedance-2.0-ark"]
