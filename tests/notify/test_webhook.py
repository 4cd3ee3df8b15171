"""Alertmanager's webhook as values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from support.notifications import alert, notification

from sora_exporter.notify.webhook import Notification


def test_the_alerts_of_one_status_are_found() -> None:
    """Firing and resolved alerts are kept apart, in the order in which they came."""
    document = notification(alert(name="a"), alert("resolved", name="b"), alert(name="c"))
    found = Notification.model_validate(document)
    assert [one.labels["name"] for one in found.those("firing")] == ["a", "c"]
    assert [one.labels["name"] for one in found.those("resolved")] == ["b"]


def test_members_of_newer_versions_are_ignored() -> None:
    """A member that is not known changes nothing; another version of the format is refused."""
    document = notification(alert(name="a"))
    assert Notification.model_validate({**document, "newer": 1}) == Notification.model_validate(document)
    with pytest.raises(ValidationError, match="version"):
        Notification.model_validate({**document, "version": "5"})


def test_an_error_repeats_no_value() -> None:
    """A malformed notification may hold names of customers: the error does not repeat them."""
    document = notification(alert(name="a"))
    with pytest.raises(ValidationError) as refused:
        Notification.model_validate({**document, "status": "customer-17"})
    assert "customer-17" not in str(refused.value)
