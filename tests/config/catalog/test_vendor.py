"""The vendors' data: sources with dates, and the names of their variables."""

from __future__ import annotations

from datetime import date

import pytest

from sora_exporter.config.catalog import vendors
from sora_exporter.config.catalog.vendor import Model, identifier, variables

TODAY = date(2026, 11, 27)


def test_every_fact_has_a_date_that_was() -> None:
    """Sources were read on days that have passed, and no price or end of life stands without one."""
    for vendor in vendors().values():
        facts = [vendor, *(fact for model in vendor.models for fact in (model.price, model.end) if fact is not None)]
        assert all(fact.source and fact.read <= TODAY for fact in facts)


@pytest.mark.parametrize(
    ("model", "found"),
    [("fal-ai/ltx", "fal-ai-ltx"), ("Wan 2.7_T2V!", "wan-2.7_t2v"), ("sora-2", "sora-2"), ("//a//", "a")],
)
def test_a_models_name_becomes_an_id(model: str, found: str) -> None:
    """Other characters than those of an id become one hyphen, and none stands at an edge."""
    assert identifier(model) == found


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"api_key_env": "A_KEY", "base_url": "https://${HOST}/v1"}, ["A_KEY", "HOST"]),
        (
            {"auth": {"jwt": {"access_key_env": "A", "secret_key_env": "B"}}, "list": ["${C}", {"x": "${D}"}]},
            ["A", "B", "C", "D"],
        ),
        ({"text": "$HOME and ${lower}", "number": 3, "none": None}, []),
    ],
)
def test_the_variables_of_a_provider_are_found_at_any_depth(members: object, names: list[str]) -> None:
    """Named variables and those inside texts come in the order of the members; other signs are not variables."""
    assert list(variables(members)) == names


@pytest.mark.parametrize(("day", "living"), [(date(2026, 9, 23), True), (date(2026, 9, 24), False)])
def test_a_model_lives_until_its_end(day: date, living: bool) -> None:
    """On its last day a model lives, on the first day without it it does not; one without an end lives on."""
    end = {"day": "2026-09-24", "source": "s", "read": "2026-01-01"}
    assert Model.model_validate({"model": "m", "name": "M", "end": end}).is_living(day) is living
    assert Model.model_validate({"model": "M 1", "name": "M"}).is_living(day)


def test_a_product_is_named_after_its_model() -> None:
    """Without a product of its own, a model is one, under its name as an id."""
    assert Model.model_validate({"model": "fal-ai/ltx", "name": "M"}).product == "fal-ai-ltx"
