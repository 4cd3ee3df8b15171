"""The colours and signs of the statuses, and colours that can be read on their ground."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from sora_exporter.result import Status
from sora_exporter.web.pages.colours import (
    COLOURS,
    LEAST_CONTRAST,
    ON_COLOUR,
    SIGNS,
    contrast,
    icon_address,
    readable_on,
)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#0a58a6", "#ffffff", 7.1),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """The ratio has the published values, in either order of the colours."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.parametrize("ground", ["#ffffff", "#15191f"])
@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#808080", "#0a58a6"])
def test_any_colour_becomes_readable(ground: str, colour: str) -> None:
    """A colour is kept if it can be read, and made darker or lighter until it can be otherwise."""
    found = readable_on(ground, colour)
    assert contrast(ground, found) >= LEAST_CONTRAST
    assert (found == colour) is (contrast(ground, colour) >= LEAST_CONTRAST)


@pytest.mark.parametrize("status", Status)
def test_a_sign_can_be_read_on_its_colour(status: Status) -> None:
    """Each status has a colour and a sign of its own, and text on the colour has a contrast of 5 at least."""
    text = {"#fff": "#ffffff", "#000": "#000000"}[ON_COLOUR[status]]
    assert contrast(COLOURS[status], text) >= 5
    assert len(set(COLOURS.values())) == len(set(SIGNS.values())) == len(Status)


def test_an_icon_is_an_address_without_another_request() -> None:
    """The drawing is part of the address, encoded, with the status's colour and sign."""
    address = icon_address(Status.SUSPENDED)
    assert address.startswith("data:image/svg+xml,%3Csvg")
    assert COLOURS[Status.SUSPENDED] in unquote(address)
    assert SIGNS[Status.SUSPENDED] in unquote(address)
