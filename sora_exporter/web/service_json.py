"""The page of one service as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sora_exporter.evidence.snapshot import Json, result_overview, service_as_known
from sora_exporter.evidence.state import ProbeTrack
from sora_exporter.exporter import Exporter
from sora_exporter.figures import iso
from sora_exporter.result import ErrorClass
from sora_exporter.web.pages.official import Official, official
from sora_exporter.web.wording import wording
from sora_exporter.words import Words, plain_words


def service_document(exporter: Exporter, service_id: str) -> Json | None:
    """Return the data of the service's page; None for a service that is not configured."""
    track = exporter.state.services.get(service_id)
    if track is None:
        return None
    verdict, words = exporter.state.status_of(service_id), plain_words()
    overview = service_as_known(exporter.state, service_id)
    return {
        **overview,
        "status_explained": _words(words.statuses[verdict.status]),
        "error_explained": _words(words.explained(verdict.error_class, overview["rule"])),
        "obstacles": [
            {**obstacle, "explained": _words(words.error_classes[ErrorClass(obstacle["error_class"])])}
            for obstacle in overview["obstacles"]
        ],
        "official": _official(official(exporter, track.service, verdict, wording("en"))),
        "probes": {probe.value: _probe(probed) for probe, probed in track.probes.items()},
        "attempts": {probe.value: [*map(result_overview, probed.kept())] for probe, probed in track.probes.items()},
    }


def _words(words: Words) -> Mapping[str, str]:
    return {"name": words.name, "meaning": words.meaning, "advice": words.advice}


def _official(view: Official | None) -> Mapping[str, str] | None:
    if view is None:
        return None
    return {"page": view.page, "component": view.component, "says": view.says, "disagreement": view.disagreement}


def _probe(probed: ProbeTrack) -> Mapping[str, Any]:
    """Return a probe's interval in seconds, its counts since the exporter started, and its strip, oldest first."""
    return {
        "interval_seconds": probed.interval,
        "attempts": probed.attempts,
        "failures": probed.failures.total(),
        "failures_by_class": {error_class.value: count for error_class, count in sorted(probed.failures.items())},
        "marks": [
            {
                "at": iso(mark.at, milliseconds=True),
                "error_class": mark.error_class.value,
                "status": mark.error_class.status.value,
            }
            for mark in probed.marks
        ],
    }
