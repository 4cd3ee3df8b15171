"""A service as JSON."""

from __future__ import annotations

import json

from support.remembering import fill_january

from sora_exporter.exporter import Exporter
from sora_exporter.plain_words import plain_words
from sora_exporter.result import ErrorClass
from sora_exporter.web.pages import service_document


def test_the_service_as_json_tells_what_its_page_tells(exporter: Exporter) -> None:
    """Official page, disagreement, plain words, price of a video, intervals, counts and marks are in the document."""
    fill_january(exporter)
    told = json.loads(json.dumps(service_document(exporter, "sora-2-reverse")))
    words = plain_words().error_classes[ErrorClass.RISK_CONTROL]
    assert told["official"]["says"] == "operational"
    assert (told["official"]["component"], "says operational" in told["official"]["disagreement"]) == ("Sora", True)
    assert told["error_explained"] == {"name": words.name, "meaning": words.meaning, "advice": words.advice}
    assert (told["status_explained"]["name"], told["price_per_video_usd"]) == ("Risk control", 0.12)
    canary = told["probes"]["canary"]
    assert (canary["interval_seconds"], canary["attempts"], canary["failures"]) == (300, 1, 1)
    assert canary["marks"] == [
        {"at": "2026-01-28T00:00:00.000Z", "error_class": "risk_control", "status": "risk_control"}
    ]
    assert told["attempts"]["canary"][0]["excerpt"]
    assert service_document(exporter, "nobody") is None
