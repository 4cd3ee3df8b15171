"""Scrape-driven probing: /probe runs one free probe now and answers with blackbox_exporter's metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from sora_exporter.config import Service
from sora_exporter.config.shard import shard_of
from sora_exporter.config.values import SHORTEST_INTERVAL, SHORTEST_PAID_INTERVAL
from sora_exporter.evidence.snapshot import result_overview
from sora_exporter.exporter import Exporter
from sora_exporter.http.redirects import REDIRECT_STATUS
from sora_exporter.metrics.exposition import accepted
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult, Status

TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"
SHORTEST_SECONDS, LONGEST_SECONDS = 0.05, 3600.0


class Refused(Exception):
    """A scrape that is not allowed. The text is one line for a person."""

    def __init__(self, text: str, http_status: int = 400) -> None:
        super().__init__(text)
        self.http_status = http_status


@dataclass(frozen=True)
class Scraped:
    """The outcome of one scrape. ``seconds`` is its duration, or that of the recent attempt that it returns."""

    service: Service
    probe: ProbeKind
    seconds: float
    result: ProbeResult | None
    status: Status
    error_class: ErrorClass


async def scrape_probe(
    exporter: Exporter, parameters: Mapping[str, str], headers: Mapping[str, str], timeout_offset: float
) -> Scraped:
    """Run the requested probe or join the attempt under way, within the scrape's timeout. Raises Refused.

    An attempt that ended within the shortest interval is returned again, so scrapes can neither flood a provider nor
    spend a day's budget at once.
    """
    service, probe = _requested(exporter, parameters)
    started = exporter.clock.monotonic()
    pause = SHORTEST_PAID_INTERVAL if probe.is_paid else SHORTEST_INTERVAL
    if (recent := exporter.scheduler.recent(service, probe, pause)) is not None:
        verdict = exporter.state.status_of(service.id)
        return Scraped(service, probe, recent.duration_seconds, recent, verdict.status, verdict.error_class)
    attempt = exporter.scheduler.attempt(service, probe)
    try:
        result = await asyncio.wait_for(attempt, seconds_left(headers, timeout_offset))
    except TimeoutError:
        result = None
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        raise Refused("the exporter is stopping: try again", 503) from None
    else:
        if result is None:
            raise Refused(f"probe {probe} of {service.id} is being run by another process: try again", 503)
    seconds = exporter.clock.monotonic() - started
    # An attempt that did not end in time is not evidence: it may still be waiting for its turn.
    verdict = exporter.state.status_of(service.id)
    return Scraped(service, probe, seconds, result, verdict.status, verdict.error_class)


def _requested(exporter: Exporter, parameters: Mapping[str, str]) -> tuple[Service, ProbeKind]:
    service_id, name = parameters.get("service_id", ""), parameters.get("probe", "")
    service = exporter.config.service(service_id)
    if service is None:
        if (provider := exporter.elsewhere.get(service_id)) is not None:
            number = shard_of(provider, exporter.shard.count)
            raise Refused(f"{service_id} belongs to shard {number}/{exporter.shard.count}: this is {exporter.shard}")
        known = ", ".join(s.id for s in exporter.config.services[:20]) or "(none)"
        raise Refused(f"unknown service_id {service_id[:64]!r}: configured are {known}")
    name = name or _usual(service)
    if name not in set(ProbeKind):
        raise Refused(f"unknown probe {name[:32]!r}: use one of {', '.join(ProbeKind)}")
    probe = ProbeKind(name)
    if probe.is_paid and not service.probe_on_scrape:
        raise Refused(f"probe {probe} costs money: scrapes run it only for services with probe_on_scrape: true")
    if probe not in service.probes:
        configured = ", ".join(service.probes) or "(none)"
        raise Refused(f"probe {probe} of {service.id} is not configured: under probes: are {configured}")
    if exporter.scheduler.is_barred(service, probe):
        raise Refused(f"the provider of {service.id} accepts the canary instead of refusing it: it is no longer sent")
    return service, probe


def _usual(service: Service) -> ProbeKind:
    """Return the probe of a scrape that names none: the cheapest configured one."""
    return next((kind for kind in ProbeKind if kind in service.probes), ProbeKind.CATALOG)


def seconds_left(headers: Mapping[str, str], offset: float) -> float | None:
    """Return how long the scraper waits, less the offset, in seconds; None without a valid header."""
    try:
        timeout = float(headers.get(TIMEOUT_HEADER, ""))
    except ValueError:
        return None
    return min(max(timeout - offset, SHORTEST_SECONDS), LONGEST_SECONDS) if timeout > 0 else None


class _Answer:
    """The metrics of one scrape, in a separate registry without the exporter's own metrics."""

    def __init__(self) -> None:
        self._metrics: list[Metric] = []

    def gauge(self, name: str, text: str, *samples: tuple[dict[str, str], float | None]) -> None:
        metric = Metric(name, text, "gauge")
        for labels, value in samples:
            if value is not None:
                metric.add_sample(name, labels, float(value))
        if metric.samples:
            self._metrics.append(metric)

    def collect(self) -> list[Metric]:
        return self._metrics


def render_probe(scraped: Scraped, accept: str) -> tuple[bytes, str]:
    """Return the answer to a scrape and its content type."""
    answer, result = _Answer(), scraped.result
    labels = {"service_id": scraped.service.id}
    answer.gauge("probe_success", "1 if the probe succeeded, 0 if it failed.",
                 ({}, float(result is not None and result.is_success)))  # fmt: skip
    answer.gauge("probe_duration_seconds", "Duration of the probe.", ({}, scraped.seconds))
    phases = result.phases if result else {}
    answer.gauge("probe_http_duration_seconds", "Duration of each phase.",
                 *(({"phase": phase}, phases.get(phase, 0.0)) for phase in BLACKBOX_PHASES))  # fmt: skip
    answer.gauge("probe_http_status_code", "HTTP status, 0 when no answer came.",
                 ({}, float((result.http_status if result else None) or 0)))  # fmt: skip
    answer.gauge("probe_ssl_earliest_cert_expiry", "Earliest certificate expiry as Unix time.",
                 ({}, result.tls_expires_at if result else None))  # fmt: skip
    _render_wire(answer, result)
    answer.gauge("sora_service_status", "1 for the current status of the service, 0 for the others.",
                 *(({**labels, "status": status}, float(status is scraped.status)) for status in Status))  # fmt: skip
    answer.gauge("sora_service_error", "1 for the error class behind the status.",
                 ({**labels, "error_class": scraped.error_class}, 1.0))  # fmt: skip
    encode, content_type = choose_encoder(accepted(accept))
    return encode(answer), content_type


def _render_wire(answer: _Answer, result: ProbeResult | None) -> None:
    """Add how the last answer travelled, under blackbox_exporter's names; nothing without an answer."""
    if result is None or result.wire is None:
        return
    wire = result.wire
    answer.gauge("probe_dns_lookup_time_seconds", "Duration of the DNS lookup; 0 on a kept connection.",
                 ({}, result.phases.get("resolve", 0.0)))  # fmt: skip
    answer.gauge("probe_http_redirects", "1 if the provider answered with a redirect, which is not followed.",
                 ({}, float(result.http_status in REDIRECT_STATUS)))  # fmt: skip
    answer.gauge("probe_http_version", "HTTP version of the answer.", ({}, float(wire.http_version)))
    if wire.ip_protocol:
        answer.gauge("probe_ip_protocol", "IP version of the connection, 4 or 6.", ({}, float(wire.ip_protocol)))
    if wire.tls_version:
        answer.gauge("probe_tls_version_info", "TLS version of the connection.", ({"version": wire.tls_version}, 1.0))


BLACKBOX_PHASES = ("resolve", "connect", "tls", "processing", "transfer")


def render_debug(scraped: Scraped) -> str:
    """Return one scrape with its details as text for people."""
    details = result_overview(scraped.result) if scraped.result else {"error_class": scraped.error_class.value}
    body, _ = render_probe(scraped, "")
    head = f"service {scraped.service.id}, probe {scraped.probe}\n"
    return (
        head
        + json.dumps(details, ensure_ascii=False, indent=2)
        + "\n\nMetrics that would have been returned:\n"
        + body.decode()
    )
