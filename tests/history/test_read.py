"""The history of the pages as it is read from the recorded series."""

from __future__ import annotations

from support.clock import MIDNIGHT
from support.scripted_prometheus import DAY, two_days_on_record

from sora_exporter.history.read import read_history
from sora_exporter.history.service import DAYS

NOW = MIDNIGHT + DAY // 2


async def test_days_and_figures_come_from_the_recorded_series() -> None:
    """Each UTC day has its availability and its observed share; days without a record have none."""
    alpha = (await read_history(two_days_on_record(), NOW))["alpha"]
    assert len(alpha.days) == DAYS
    assert [day.start for day in alpha.days] == list(range(MIDNIGHT - (DAYS - 1) * DAY, NOW, DAY))
    assert [(day.availability, day.coverage) for day in alpha.days[-4:]] == [
        (None, 0.0), (1.0, 1.0), (0.5, 1.0), (1.0, 1.0)
    ]  # fmt: skip
    assert dict(alpha.availability) == {"24h": 0.99, "30d": 0.95}
    assert (alpha.stars, alpha.episodes, alpha.hours) == (4, 3, 7.5)


async def test_a_service_with_a_part_of_the_record_has_that_part() -> None:
    """Figures that are not recorded are absent, and nothing else."""
    beta = (await read_history(two_days_on_record(), NOW))["beta"]
    assert dict(beta.availability) == {"30d": 1.0}
    assert (beta.stars, beta.episodes, {day.availability for day in beta.days}) == (None, None, {None})


async def test_just_after_midnight_today_has_no_evidence() -> None:
    """In the first seconds of a day nothing is divided by zero."""
    days = (await read_history(two_days_on_record(), float(MIDNIGHT)))["alpha"].days
    assert (days[-1].start, days[-1].coverage) == (MIDNIGHT, 0.0)
