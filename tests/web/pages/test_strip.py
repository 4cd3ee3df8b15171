"""A probe's attempts as marks and as a sentence."""

from __future__ import annotations

import re
from typing import Any

from support.pages import internals
from support.remembering import attempt

from sora_exporter.evidence.marks import MARKS_KEPT
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.web.pages import render_internals
from sora_exporter.web.pages.strip import SHAPES
from sora_exporter.web.wording import wording


async def test_strip_shows_the_last_attempts_with_words_and_shapes(exporter: Exporter, clock: Any) -> None:
    """A strip holds at most the remembered marks, newest right, and says the same in words; no two shapes are equal."""
    for _ in range(MARKS_KEPT + 5):
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
        await clock.advance(60)
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT)
    labels = internals(exporter).all("aria-label")
    assert (
        "catalog: The last 39 min, 2026-01-28 00:06:00 UTC to 2026-01-28 00:45:00 UTC: "
        "39 as asked, 1 no answer in time. Newest, 0 s ago: no answer in time."
    ) in labels
    assert "every 1 min, shows 39 min" in internals(exporter).text
    assert "canary: No attempt yet." in labels
    drawn = [path for path in internals(exporter).all("d") if path.startswith("M195 ")]
    assert drawn == ["M195 4h4v12h-4z"]
    assert len(set(SHAPES.values())) == len(Status)


async def test_marks_show_their_time(exporter: Exporter, clock: Any) -> None:
    """Each fault's mark has its time as a title, successes in a row share theirs; a fault outlasts successes."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.TIMEOUT)
    for _ in range(MARKS_KEPT + 5):
        await clock.advance(60)
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    titles = re.findall(r"<title>([^<]*)</title></path>", render_internals(exporter, wording("en")).content)
    assert titles == [
        "No answer in time: 2026-01-28 00:00:00 UTC",
        "As asked: 39, 2026-01-28 00:07:00 UTC to 2026-01-28 00:45:00 UTC",
    ]
