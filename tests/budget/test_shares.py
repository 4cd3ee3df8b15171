"""The shares of the day's limit that providers and services have."""

from __future__ import annotations

from support.watched import config, service

from sora_exporter.budget.reservation import Share
from sora_exporter.budget.shares import shares_of


def test_a_service_counts_against_its_own_share_and_its_providers() -> None:
    """A provider's share is that of all its services together; without shares the day's limit alone holds."""
    found = config(
        service("a", budget_share=0.25),
        service("b"),
        service("c", provider="other"),
        providers={"relay": {"base_url": "https://relay.example/v1", "budget_share": "50%"}},
        budget_usd_per_day=4,
    )
    together = Share("provider relay", frozenset({"a", "b"}), 2.0)
    a, b, c = found.services
    assert shares_of(found, a) == (together, Share("service a", frozenset({"a"}), 1.0))
    assert (shares_of(found, b), shares_of(found, c)) == ((together,), ())
