"""Error messages that name the fix."""

from __future__ import annotations

import pytest

from sora_exporter.config.problems import known_keys, problem


@pytest.mark.parametrize(
    ("error", "location", "message"),
    [
        ({"type": "missing", "msg": "Field required"}, ("services", 0, "id"), "is missing: add it"),
        ({"type": "extra_forbidden", "msg": ""}, ("servces",), "unknown key: did you mean 'services'?"),
        ({"type": "extra_forbidden", "msg": ""}, ("services", 0, "modl"), "unknown key: did you mean 'model'?"),
        ({"type": "value_error", "msg": "Value error, is odd: mend it"}, ("title",), "is odd: mend it"),
        ({"type": "literal_error", "msg": "Input should be 'a' or 'b'"}, ("x",), "must be 'a' or 'b'"),
        ({"type": "missing", "msg": "Field required"}, (), "is missing: add it"),
    ],
)
def test_a_message_names_the_fix(error: dict[str, str], location: tuple[str | int, ...], message: str) -> None:
    """Known kinds of error have their own words, an unknown key has a suggestion, other messages are shortened."""
    assert problem(error, location) == message


def test_a_refused_key_has_its_reason() -> None:
    """A key written into the configuration is not a spelling mistake: the message names the right members."""
    said = problem({"type": "extra_forbidden", "msg": ""}, ("providers", "relay", "api_key"))
    assert "api_key_env" in said
    assert "did you mean" not in said


@pytest.mark.parametrize(
    ("location", "key"),
    [
        ((), "services"),
        (("services", 0), "model"),
        (("services", 0, "probes", "catalog"), "interval"),
        (("services", 0, "price_usd"), "per_second"),
        (("providers", "relay"), "base_url"),
        (("apis", "own", "job", "poll"), "path"),
        (("page",), "accent"),
    ],
)
def test_the_keys_of_a_section_are_those_of_its_place(location: tuple[str | int, ...], key: str) -> None:
    """Lists, mappings and optional sections are entered, at any depth."""
    assert key in known_keys(location)
