"""The description of a balance call: its address, the amount in an answer, and its mistakes."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from sora_exporter.config.balance import Balance, builtin_balances, described

NOW = 1_800_000_000.5


def balance(**members: Any) -> Balance:
    """Return a description with these members."""
    return Balance.model_validate({"path": "/left", "value": "left", "unit": "USD", **members})


@pytest.mark.parametrize("name", builtin_balances())
def test_every_built_in_description_is_sound(name: str) -> None:
    """Each built-in description passes the checks that a user's own has to pass."""
    assert isinstance(Balance.model_validate(described(name)), Balance)


@pytest.mark.parametrize(
    ("members", "base", "rest"),
    [
        ({}, "https://r.example/v1", "/left"),
        ({"from_root": True}, "https://r.example", "/left"),
        ({"path": "https://other.example/left"}, "https://other.example", "/left"),
        ({"path": "https://other.example"}, "https://other.example", "/"),
        (
            {"query": {"from": "{1d_ago}", "to": "{now_ms}", "q": "a b&c"}},
            "https://r.example/v1",
            "/left?from=1799913600&to=1800000000500&q=a%20b%26c",
        ),
    ],
)
def test_the_address_of_the_call(members: dict[str, Any], base: str, rest: str) -> None:
    """A path is added to the base URL or to its host; a whole address replaces it; queries are filled and encoded."""
    described_call = balance(**members)
    assert described_call.address(described_call.path, "https://r.example/v1", NOW) == (base, rest)


def test_of_the_built_in_calls_only_that_of_fal_leaves_the_host() -> None:
    """Each built-in call goes to the host of the base URL, which has the key anyway; that of fal to its own host."""
    calls = {name: Balance.model_validate(described(name)) for name in builtin_balances()}
    paths = [
        (name, call, path)
        for name, call in calls.items()
        for path in (call.path, call.used.path if call.used is not None else None)
        if path is not None
    ]
    hosts = {(name, urlsplit(call.address(path, "https://r.example/v1", NOW)[0]).netloc) for name, call, path in paths}
    assert {(name, host) for name, host in hosts if host != "r.example"} == {("fal", "api.fal.ai")}


@pytest.mark.parametrize(
    ("members", "document", "amount"),
    [
        ({}, {"left": 5}, 5.0),
        ({}, {"left": " 5.25 "}, 5.25),
        ({}, {"left": -0.5}, -0.5),
        ({"value": ["a", "b"], "divisor": 100}, {"a": 150, "b": "50"}, 2.0),
        ({"used": "spent"}, {"left": 0.3, "spent": 0.1}, 0.2),
        ({"unlimited": {"plan": "free"}}, {"plan": "free"}, math.inf),
        ({"items": "packs", "where": {"on": True}}, {"packs": [{"on": True, "left": 2}, {"on": 1, "left": 9}]}, 2.0),
        ({"items": "packs", "absent": 0}, {}, 0.0),
        ({"items": "packs"}, {"packs": []}, 0.0),
    ],
)
def test_the_amount_in_an_answer(members: dict[str, Any], document: object, amount: float) -> None:
    """Numbers and numeric texts are added, divided and lessened; lists are filtered by exact values."""
    assert balance(**members).amount(document, document) == amount


@pytest.mark.parametrize(
    ("members", "document", "words"),
    [
        ({}, {"left": None}, "no number at left"),
        ({}, {"left": True}, "no number at left"),
        ({}, {"left": "1e400"}, "no number at left"),
        ({}, {"left": math.inf}, "no number at left"),
        ({}, [], "no number at left"),
        ({"items": "packs"}, {"packs": {}}, "no list at packs"),
    ],
)
def test_an_answer_without_a_number_names_the_path(members: dict[str, Any], document: object, words: str) -> None:
    """A missing, boolean or infinite amount is an error, not a balance of zero."""
    with pytest.raises(ValueError, match=words):
        balance(**members).amount(document, document)


@pytest.mark.parametrize(
    ("document", "good"),
    [
        ({"ok": 1}, True),
        ({"ok": True}, False),
        ({}, False),
        ({"ok": 1, "error": {"code": 3}}, False),
        ({"ok": 1, "error": ""}, True),
        ([], False),
    ],
)
def test_a_good_answer_has_the_named_values(document: object, good: bool) -> None:
    """A value must be equal in type too, and an answer that names an error is not good."""
    assert balance(good={"ok": 1}).is_good(document) is good


@pytest.mark.parametrize(("said", "unit"), [("CNY", "CNY"), ("usd", "credits"), (3, "credits"), (None, "credits")])
def test_the_unit_is_a_currency_that_the_answer_names(said: object, unit: str) -> None:
    """Only three capital letters are a currency; otherwise the configured unit stands."""
    assert balance(unit="credits", unit_at="currency").unit_of({"currency": said}) == unit


def test_each_request_has_an_identifier_of_its_own() -> None:
    """``{uuid}`` in a header differs from one request to the next; other headers stay."""
    described_call = balance(headers={"X-Id": "a-{uuid}", "X-Fixed": "b"})
    first, second = described_call.header_values(), described_call.header_values()
    assert first["x-id"] != second["x-id"]
    assert first["x-fixed"] == second["x-fixed"] == "b"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"path": "http://other.example/left"}, "a whole https:// address"),
        ({"path": "/left?key=1"}, "without any of"),
        ({"query": {"at": "{tomorrow}"}}, "is not a moment"),
        ({"where": {"on": True}}, "add items"),
        ({"absent": 0}, "add items"),
        ({"interval": "10s", "timeout": "10s"}, "is not shorter than interval"),
        ({"unit": "US dollars"}, "pattern"),
    ],
)
def test_a_description_that_cannot_work_is_refused(members: dict[str, Any], words: str) -> None:
    """A call that would leak the key, or an amount that nothing gives, is refused when the configuration is read."""
    with pytest.raises(ValidationError, match=words):
        balance(**members)


def test_a_likeness_replaces_members_of_a_built_in_one() -> None:
    """A name or a likeness gives the built-in description; own members win; a whole description stays as it is."""
    name = next(iter(builtin_balances()))
    assert described(name) == builtin_balances()[name]
    assert described({"like": name, "low": 5}) == {**builtin_balances()[name], "low": 5}
    own = {"path": "/left", "value": "left", "unit": "USD"}
    assert described(own) is own
    assert described(None) is None


@pytest.mark.parametrize(("value", "words"), [("new-apy", "is not a built-in balance: use one of"), (3, "must be a")])
def test_another_value_is_not_a_balance(value: object, words: str) -> None:
    """An unknown name lists the known ones, and a value of another type gets an example."""
    with pytest.raises(ValueError, match=words):
        described(value)
