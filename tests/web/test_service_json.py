"""A service as JSON."""

from __future__ import annotations

import json

from support.remembering import fill_january

from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass
from sora_exporter.web.pages import service_document
from sora_exporter.words import plain_words


def test_the_service_as_json_has_all_of_its_page(exporter: Exporter) -> None:
    """Official page, disagreement, plain words, price of a video, intervals, counts and marks are in the document."""
    fill_january(exporter)
    shown = json.loads(json.dumps(service_document(exporter, "sora-2-reverse")))
    words = plain_words().error_classes[ErrorClass.RISK_CONTROL]
    assert shown["official"]["says"] == "operational"
    assert (shown["official"]["component"], "says operational" in shown["official"]["disagreement"]) == ("Sora", True)
    assert shown["error_explained"] == {"name": words.name, "meaning": words.meaning, "advice": words.advice}
    assert (shown["status_explained"]["name"], shown["price_per_video_usd"]) == ("Risk control", 0.12)
    canary = shown["probes"]["canary"]
    assert (canary["interval_seconds"], canary["attempts"], canary["failures"]) == (300, 1, 1)
    assert canary["marks"] == [
        {"at": "2026-01-28T00:00:00.000Z", "error_class": "risk_control", "status": "risk_control"}
    ]
    assert shown["attempts"]["canary"][0]["excerpt"]
    assert service_document(exporter, "nobody") is None
