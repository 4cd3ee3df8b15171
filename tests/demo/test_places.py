"""The places that the demo watches from."""

from __future__ import annotations

from support.stories import END, story

from sora_exporter.demo.article import DISPUTED
from sora_exporter.demo.history import invent_history
from sora_exporter.demo.places import (
    DISPUTE_BEGINS,
    DISPUTE_ENDS,
    PLACES,
    elsewhere,
    place_series,
    second_place,
    target,
)
from sora_exporter.result import ErrorClass


def test_one_service_is_disputed_for_a_while() -> None:
    """The second place could not reach that service in these minutes; everything else it saw as the first place did."""
    disputed, other = (invent_history(story(name), END, days=1) for name in (DISPUTED, "sora-image"))
    assert elsewhere(other) is other
    differing = [
        n for n, (a, b) in enumerate(zip(disputed.minutes, elsewhere(disputed).minutes, strict=True)) if a != b
    ]
    end = len(disputed.minutes)
    assert set(differing) <= set(range(end - DISPUTE_BEGINS, end - DISPUTE_ENDS))
    assert {elsewhere(disputed).minutes[n] for n in differing} == {ErrorClass.CONNECTION}


def test_each_place_has_its_labels() -> None:
    """Every series of an exporter has the labels of its place, and the two places differ in them."""
    history = invent_history(story("sora-image"), END, days=1)
    first, second = (target(place, host) for place, host in zip(PLACES, ("a:1", "b:2"), strict=True))
    for labels, series in ((first, place_series([history], first)), (second, second_place([history], second))):
        found = [one.labels for one in series]
        assert {one["instance"] for one in found} == {labels["instance"]}
        assert {one["location"] for one in found if "location" in one} == {labels["location"]}
