"""The reader of incident.io's widget document."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_documents import NOW, served

from sora_exporter.status_pages.facts import ComponentStatus
from sora_exporter.status_pages.incidentio_widget import DOCUMENT, read

VIDEO, IMAGE = "01HZX0BBBBBBBBBBBBBBBBBBBB", "01HZX0CCCCCCCCCCCCCCCCCCCC"


def widget(*incidents: dict[str, Any], **lists: Any) -> dict[str, bytes]:
    """Return the widget's document with these open incidents."""
    empty: dict[str, Any] = {"in_progress_maintenances": [], "scheduled_maintenances": []}
    return served({DOCUMENT: {"ongoing_incidents": incidents, **empty, **lists}})


def test_only_an_id_proves_that_a_component_is_not_listed() -> None:
    """A component configured by its id and not listed is operational; a name may belong to no component."""
    report = read(widget(), [VIDEO, "Video API", "7ZZZ"], NOW)
    assert report.components == {VIDEO: ComponentStatus.OPERATIONAL}
    assert report.missing_components == ("Video API", "7ZZZ")


def test_an_incident_without_components_leaves_all_unmeasured() -> None:
    """An incident that does not say what it touches may touch any component."""
    assert read(widget({"id": "w", "name": "Slow"}), [VIDEO], NOW).missing_components == (VIDEO,)


@pytest.mark.parametrize(
    ("own", "worst", "status"),
    [
        ({"current_status": "full_outage"}, "partial_outage", ComponentStatus.MAJOR_OUTAGE),
        ({}, "partial_outage", ComponentStatus.PARTIAL_OUTAGE),
    ],
)
def test_a_component_has_its_own_status_or_that_of_its_incident(
    own: dict[str, str], worst: str, status: ComponentStatus
) -> None:
    """The worst impact of the incident stands for a component without a word of its own."""
    component = {"id": VIDEO, "name": "Video", **own}
    row = {"id": "w", "name": "Slow", "current_worst_impact": worst, "affected_components": [component]}
    report = read(widget(row), [VIDEO, IMAGE], NOW)
    assert report.components == {VIDEO: status, IMAGE: ComponentStatus.OPERATIONAL}


def test_a_running_maintenance_goes_before_the_components_word() -> None:
    """A component in a running maintenance is under maintenance, with any word of its own."""
    row = {"id": "m", "affected_components": [{"id": VIDEO, "current_status": "full_outage"}]}
    report = read(widget(in_progress_maintenances=[row]), [VIDEO], NOW)
    assert (report.components, report.maintenances_in_progress) == ({VIDEO: ComponentStatus.UNDER_MAINTENANCE}, 1)
