"""The places that the demo watches from, with an exporter each. The month of the first one is that of the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sora_exporter.demo.article import DISPUTED
from sora_exporter.demo.certificate import LIFE_DAYS
from sora_exporter.demo.history import ServiceHistory, is_evidence
from sora_exporter.demo.series import Series, at, evidence_series, sparse
from sora_exporter.result import SEVERITY, ErrorClass

PLACES = ("eu", "us")
DISPUTE_BEGINS, DISPUTE_ENDS = 300, 260
"""Minutes before the end of the history between which the second place could not reach one service."""


def target(place: str, host: str) -> Mapping[str, str]:
    """Return the labels that Prometheus adds to the exporter of a place, at host:port."""
    return {"instance": host, "job": "sora_exporter", "location": place}


def elsewhere(history: ServiceHistory) -> ServiceHistory:
    """Return the history of a service as the second place saw it."""
    if history.service.id != DISPUTED:
        return history
    minutes = list(history.minutes)
    minutes[-DISPUTE_BEGINS:-DISPUTE_ENDS] = [ErrorClass.CONNECTION] * (DISPUTE_BEGINS - DISPUTE_ENDS)
    return replace(history, minutes=minutes)


def place_series(histories: Sequence[ServiceHistory], labels: Mapping[str, str]) -> Iterator[Series]:
    """Yield the series of one exporter itself, and its finding of each service."""
    first = histories[0]
    times = [first.times[index] for index in sparse(first)]
    versions = {"version": "0.2.0", "python_version": "3.11.7", "openai_version": "2.0.0"}
    provider = {"provider": first.service.provider}
    for name, more, value in (
        ("sora_exporter_build_info", versions, 1),
        ("sora_exporter_config_last_reload_successful", {}, 1),
        ("sora_exporter_config_last_reload_success_timestamp_seconds", {}, times[0]),
        ("sora_probe_tls_expiry_timestamp_seconds", provider, times[-1] + LIFE_DAYS * 86400),
    ):
        yield Series(name, {**more, **labels}, times, [value] * len(times))
    yield Series("sora_exporter_probes_in_flight", labels, times, [index % 3 for index in range(len(times))])
    yield Series("up", labels, first.times, [1] * len(first.minutes))
    for history in histories:
        ranks = [SEVERITY[one.status] - 1 if is_evidence(one) else None for one in history.minutes]
        place = {"service_id": history.service.id, "location": labels["location"], "instance": labels["instance"]}
        yield at("service_id_instance:sora_service_severity:max", place, history, ranks)


def second_place(histories: Sequence[ServiceHistory], labels: Mapping[str, str]) -> Iterator[Series]:
    """Yield all that is shown of the exporter of the second place: its findings and the evidence they rest on."""
    seen = list(map(elsewhere, histories))
    yield from place_series(seen, labels)
    for history in seen:
        yield from evidence_series(history, labels)
