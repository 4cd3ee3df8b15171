"""The readers find in every recorded document what ``expect.json`` says is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from support.page_documents import DOCUMENTS, EXPECTED, PLACES, SORA, VERTEX, found, open_count, read_recorded, recorded

from sora_exporter.status_pages.facts import PageError
from sora_exporter.status_pages.readers import READERS


@pytest.mark.parametrize("name", EXPECTED)
def test_recording(name: str) -> None:
    """Each recording yields every fact that expect.json names."""
    expected = {fact: value for fact, value in EXPECTED[name].items() if fact != "why"}
    keyed = ("incidents_by_name", "incidents_by_component", "open_for_product")
    wanted = [expected.get("component", ""), *(key for fact in keyed for key in expected.get(fact, {}))]
    report = read_recorded(name, [key for key in wanted if key])
    if "open_all" in expected:
        # With products configured, only what touches them is counted; without, everything.
        assert open_count(report) == sum(expected["open_for_product"].values())
        assert open_count(read_recorded(name, [])) == expected["open_all"]
    assert {fact: found(report, fact, expected) for fact in expected} == expected


def test_every_recording_is_read() -> None:
    """No recording is left out of the comparison, save the list of products, which says nothing alone."""
    names = {path.name for path in DOCUMENTS.glob("*.json")} - {"expect.json", "google-products.json"}
    assert names == set(EXPECTED) == set(PLACES)


def shortened(value: Any) -> Any:
    """Return a JSON value with at most three items in each list: more of the same would only cost time."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return [shortened(part) for part in value[:3]] if isinstance(value, list) else value


def spoiled(value: Any) -> Iterator[Any]:
    """Yield a JSON value again and again, each time with one of its parts of a wrong kind, or gone."""
    yield from (None, True, 7, -1e300, "", "\u0000odd", [], {}, [None], {"id": {}, "status": []})
    keys: Iterable[Any] = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        for part in spoiled(value[key]):
            yield {**value, key: part} if isinstance(value, dict) else [*value[:key], part, *value[key + 1 :]]
        yield {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:key]


@pytest.mark.parametrize("name", PLACES)
def test_no_spoiled_part_raises(name: str) -> None:
    """For a wrong type or a gap in any part of a recording there is a report or a one-line PageError."""
    page_format, place = PLACES[name]
    reports, refusals = 0, []
    for variant in spoiled(shortened(json.loads(recorded(name)))):
        try:
            report = READERS[page_format].read({place: json.dumps(variant).encode()}, [SORA, "Sora", VERTEX], 0.0)
        except PageError as error:
            refusals.append(str(error))
        else:
            assert set(report.components).isdisjoint(report.missing_components)
            reports += 1
    assert reports
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)
