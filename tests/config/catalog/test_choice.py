"""The choice of vendors and models, by name or by the keys in the environment."""

from __future__ import annotations

from datetime import date

import pytest

from sora_exporter.config.catalog import NothingChosen, choose, vendors_with_keys

TODAY = date(2026, 11, 27)


def test_a_model_past_its_end_is_not_written() -> None:
    """Of OpenAI's models those that were switched off are left out from that very day on."""
    before, after = date(2026, 9, 23), date(2026, 9, 24)
    assert [model.model for model in choose(["openai"], {}, before)[0].models] == [
        "gpt-image-2",
        "sora-2",
        "sora-2-pro",
    ]
    assert [model.model for model in choose(["openai"], {}, after)[0].models] == ["gpt-image-2"]


def test_a_model_stands_for_every_vendor_that_has_it() -> None:
    """A model's name chooses that model alone; a vendor's name after it adds the others of that vendor once."""
    alone = choose(["doubao-seedance-2-0-260128"], {}, TODAY)
    assert [(choice.name, [model.model for model in choice.models]) for choice in alone] == [
        ("ark", ["doubao-seedance-2-0-260128"])
    ]
    both = choose(["doubao-seedance-2-0-260128", "ark"], {}, TODAY)
    assert len(both[0].models) == len({model.model for model in both[0].models}) == 3


@pytest.mark.parametrize(
    ("name", "vendor"),
    [("google", "gemini"), ("volcengine", "ark"), ("alibaba", "dashscope"), ("veo-3.1-fast", "vertex")],
)
def test_an_alias_and_a_product_are_names(name: str, vendor: str) -> None:
    """The name of a vendor's company, and the id that a written service has, choose as the vendor and model do."""
    assert vendor in [choice.name for choice in choose([name], {}, TODAY)]


def test_a_word_of_an_ended_model_is_a_hint() -> None:
    """A part of a name leads to the models that have it, also to those that ended."""
    with pytest.raises(NothingChosen, match="did you mean sora-2 or sora-2-pro"):
        choose(["sora"], {}, TODAY)


def test_the_key_that_is_set_is_the_one_written() -> None:
    """Of several variables for a vendor's key the one in the environment is written; without any, the first."""
    named = [choose(["ark"], {variable: "k"}, TODAY)[0].key for variable in ("VOLCENGINE_API_KEY", "ARK_API_KEY", "X")]
    assert named == [{"api_key_env": name} for name in ("VOLCENGINE_API_KEY", "ARK_API_KEY", "ARK_API_KEY")]


def test_the_environment_names_its_vendors() -> None:
    """Only vendors for which every variable of a key is set are named, in alphabetical order."""
    assert vendors_with_keys({}) == []
    assert vendors_with_keys({"OPENAI_API_KEY": "k", "RUNWAYML_API_SECRET": "k"}) == ["openai", "runway"]
    assert vendors_with_keys({"OPENAI_API_KEY": ""}) == []


def test_an_ended_model_names_the_living_vendors() -> None:
    """A model that has ended everywhere is refused with its last day."""
    with pytest.raises(NothingChosen, match=r"'sora-2' ended on 2026-09-24: choose another of "):
        choose(["sora-2"], {}, TODAY)


def test_a_word_that_nothing_resembles_lists_the_vendors() -> None:
    """A name far from every other gives all vendors on one line."""
    with pytest.raises(NothingChosen, match=r"'zzzzzz' is not a known vendor or model: use one of ") as refused:
        choose(["zzzzzz"], {}, TODAY)
    assert "\n" not in str(refused.value)
