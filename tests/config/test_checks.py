"""Checks across sections: references to other sections, and probes whose API or price lacks what they need."""

from __future__ import annotations

from typing import Any

import pytest
from support.configured import RELAY, SERVICE

from sora_exporter.config import Config
from sora_exporter.config.checks import capabilities, references, suggestion

PAGES = {"official": {"url": "https://status.example", "format": "statuspage", "components": ["api"]}}


@pytest.mark.parametrize(
    ("word", "known", "advice"),
    [
        ("reley", ["relay", "maker"], "did you mean 'relay'?"),
        ("x", ["relay", "maker"], "use one of maker, relay"),
        ("x", [], "use one of (none is configured)"),
    ],
)
def test_the_nearest_known_word_is_suggested(word: str, known: list[str], advice: str) -> None:
    """A misspelt word gives the one that was meant; another word gives the whole list, sorted."""
    assert suggestion(word, known) == advice


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"services": [{**SERVICE, "provider": "rely"}]}, [(("services", 0, "provider"), "did you mean 'relay'?")]),
        ({"services": [{**SERVICE, "api": "video"}]}, [(("services", 0, "api"), "did you mean 'videos'?")]),
        ({"services": [SERVICE, SERVICE]}, [(("services", 1, "id"), "every service needs an id of its own")]),
        ({"maintenance": [{"services": ["a", "b"]}]}, [(("maintenance", 0, "services", 1), "use one of a")]),
        ({"classify": [{"provider": "x"}]}, [(("classify", 0, "provider"), "use one of relay")]),
        (
            {"services": [{**SERVICE, "status_page": {"page": "offical", "component": "api"}}]},
            [(("services", 0, "status_page", "page"), "did you mean 'official'?")],
        ),
        (
            {"services": [{**SERVICE, "status_page": {"page": "official", "component": "web"}}]},
            [(("services", 0, "status_page", "component"), "add it to status_pages.official.components")],
        ),
        ({"services": [{**SERVICE, "status_page": {"page": "official", "component": "api"}}]}, []),
        ({"services": [{**SERVICE, "provider": 3, "api": None, "status_page": "x"}, "text"], "classify": {}}, []),
    ],
)
def test_a_reference_leads_somewhere(document: dict[str, Any], found: list[tuple[tuple[str, int], str]]) -> None:
    """A name that no section has is found at its place, with an advice; a member of another type is not a reference."""
    whole = {"providers": RELAY, "services": [SERVICE], "status_pages": PAGES, **document}
    problems = list(references(whole))
    assert [at for at, _ in problems] == [at for at, _ in found]
    assert [said in problem for (_, problem), (_, said) in zip(problems, found, strict=True)] == [True] * len(found)


OWN = {"bare": {"create": {"path": "/make", "body": {}}, "catalog": None}}
OWN |= {"blank": {"create": {"path": "/{zone}/make", "body": {}}}}


@pytest.mark.parametrize(
    ("service", "places", "words"),
    [
        ({"api": "bare"}, ["api"], "has neither a model catalog nor a canary"),
        ({"api": "blank"}, ["api"], "needs the value {zone}: add it under values of the provider 'relay'"),
        ({"api": "bare", "probes": {"canary": {"interval": "1m"}}}, ["probes", "canary"], "does not describe a canary"),
        ({"probes": {"submit": {"interval": "6h"}}}, ["probes", "submit"], "a paid probe needs a price"),
        (
            {"probes": {"submit": {"interval": "30s", "timeout": "9s"}}, "price_usd": {"per_request": 1}},
            ["probes", "submit", "interval"],
            "a paid probe runs at most every 1m",
        ),
        (
            {"probes": {"submit": {"interval": "6h"}}, "price_usd": {"per_second": 1}, "request": {"seconds": "long"}},
            ["probes", "submit"],
            "the request does not order a number of seconds: set seconds under request",
        ),
        (
            {"api": "bare", "probes": {"submit": {"interval": "6h"}}, "price_usd": {"per_second": 1}},
            ["probes", "submit"],
            "does not describe the length of its videos: give price_usd as per_request",
        ),
    ],
)
def test_a_probe_that_cannot_work_is_found(service: dict[str, Any], places: list[str], words: str) -> None:
    """A probe without a price or a part of its API is found at the service's place in the file, with its fix."""
    config = Config.model_validate({"providers": RELAY, "apis": OWN, "services": [{**SERVICE, **service}]})
    [(at, problem)] = capabilities(config, [7])
    assert at == ("services", 7, *places)
    assert words in problem


def test_a_sound_service_has_no_finding() -> None:
    """A service whose API describes all its probes is not mentioned, nor is one whose API is unknown."""
    services = [SERVICE, {**SERVICE, "id": "b", "api": "none"}]
    config = Config.model_validate({"providers": RELAY, "services": services})
    assert list(capabilities(config, [0, 1])) == []
