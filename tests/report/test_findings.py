"""The findings as values: what follows from a service's figures."""

from __future__ import annotations

import pytest
from support.invented import figures, findings, service
from support.recorded import END, WINDOW

from sora_exporter.report.findings import Incident, Price
from sora_exporter.result import Depth


@pytest.mark.parametrize(
    ("proven", "is_front_desk_only"),
    [(None, False), *((depth, depth.rank < Depth.ACCEPTED.rank) for depth in Depth)],
)
def test_depth_decides_the_front_desk(proven: Depth | None, is_front_desk_only: bool) -> None:
    """Every depth before an accepted job is the front desk; without any record of depths nothing is claimed."""
    assert service(found=figures(), proven=proven).is_front_desk_only is is_front_desk_only
    assert service(proven=proven).is_front_desk_only is False


@pytest.mark.parametrize(
    ("availability", "price", "of_success", "of_video"),
    [
        (0.5, Price(0.1, "second"), 0.2, 1.6),
        (0.5, Price(0.1, "request"), 0.2, 0.2),
        (0.0, Price(0.1, "request"), None, None),
        (0.5, None, None, None),
    ],
)
def test_failures_are_part_of_the_price(
    availability: float, price: Price | None, of_success: float | None, of_video: float | None
) -> None:
    """The price is divided by the availability; without a price or any success there is no figure."""
    one = service(found=figures(availability), price=price)
    assert (one.price_per_success, one.video_price(8.0)) == (of_success, of_video)


def test_a_service_without_figures_has_no_price_of_a_success() -> None:
    """A list price alone does not give the price of a success."""
    one = service(found=None, price=Price(0.1, "request"))
    assert (one.price_per_success, one.video_price(8.0)) == (None, None)


def test_products_are_named_once_in_order() -> None:
    """A report lists each product once, sorted, and begins one window before its end."""
    found = findings(service(product="song"), service("b", product="film"), service("c", product="song"))
    assert found.products == ["film", "song"]
    assert (found.start, Incident(60, 180, None).seconds) == (END - WINDOW.seconds, 120)
