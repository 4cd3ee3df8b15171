"""Series that a month of history lacks: status pages, paid probes, certificates, an application's traffic, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sora_exporter.demo.series import Series
from sora_exporter.demo.tsdb import TARGET
from sora_exporter.result import Depth

STEP = 60
HOURS = 30
OFFICIAL, REVERSE = "sora-2-official", "sora-2-reverse"
PAGE = {"page": "openai", "component": "video"}
GENERATED = {"service_id": OFFICIAL, "probe": "generate"}

GAUGES: tuple[tuple[str, Mapping[str, str], float], ...] = (
    ("sora_service_status_page_component_info", {"service_id": REVERSE, **PAGE}, 1),
    ("sora_status_page_up", {"page": "openai"}, 1),
    ("sora_status_page_indicator", {"page": "openai", "indicator": "minor"}, 1),
    ("sora_status_page_indicator", {"page": "openai", "indicator": "none"}, 0),
    ("sora_status_page_component_status", {**PAGE, "status": "operational"}, 1),
    ("sora_status_page_component_status", {**PAGE, "status": "major_outage"}, 0),
    ("sora_status_page_open_incidents", {"page": "openai", "impact": "minor"}, 1),
    ("sora_probe_http_status_code", {"service_id": REVERSE, "probe": "canary"}, 400),
    ("sora_probe_phase_seconds", {"service_id": REVERSE, "probe": "canary", "phase": "connect"}, 0.05),
    ("sora_probe_phase_seconds", {"service_id": REVERSE, "probe": "canary", "phase": "processing"}, 2.5),
    ("sora_probe_budget_usd", {}, 1),
    ("sora_provider_balance_low", {"provider": "default", "unit": "USD"}, 5),
    ("sora_probe_budget_spent_usd", {}, 0.8),
    ("sora_exporter_build_info", {"version": "1", "python_version": "3.11", "openai_version": "3"}, 1),
    ("sora_exporter_config_last_reload_successful", {}, 1),
    ("sora_exporter_probes_in_flight", {}, 2),
    ("service_id:sora_client_requests:delta1m", {"service_id": OFFICIAL}, 3),
    (
        "ALERTS",
        {
            "alertname": "SoraServiceSuspended",
            "alertstate": "firing",
            "severity": "critical",
            "service_id": REVERSE,
            "product": "sora-2",
        },
        1,
    ),
    (
        "ALERTS",
        {"alertname": "SoraProbeBudgetExhausted", "alertstate": "firing", "severity": "warning"},
        1,
    ),
    ("ALERTS_FOR_STATE", {"alertname": "SoraProbeBudgetExhausted", "severity": "warning"}, 1.79e9),
)
AGES: tuple[tuple[str, Mapping[str, str], float], ...] = (
    ("sora_provider_balance_last_success_timestamp_seconds", {"provider": "default"}, -60),
    ("sora_status_page_last_fetch_timestamp_seconds", {"page": "openai"}, -30),
    ("sora_status_page_maintenance_start_timestamp_seconds", {"page": "openai"}, 3600),
    ("sora_status_page_maintenance_end_timestamp_seconds", {"page": "openai"}, 7200),
    ("sora_probe_tls_expiry_timestamp_seconds", {"provider": "default"}, 40 * 86400),
    *(
        ("sora_service_proven_timestamp_seconds", {"service_id": OFFICIAL, "depth": str(depth)}, -600.0)
        for depth in Depth
    ),
    ("sora_exporter_config_last_reload_success_timestamp_seconds", {}, -86400),
)
"""Moments, as seconds from the end."""
LEVELS: tuple[tuple[str, Mapping[str, str], float, float], ...] = (
    ("sora_provider_balance", {"provider": "default", "unit": "USD"}, 50, -0.01),
)
"""Gauges, by their first value and their change in a minute."""
RATES: tuple[tuple[str, Mapping[str, str], float], ...] = (
    ("sora_probe_cost_usd_total", {"service_id": OFFICIAL}, 0.05),
    ("sora_probe_attempts_total", GENERATED, 0.5),
    ("sora_probe_failures_total", {**GENERATED, "error_class": "timeout"}, 0.1),
    ("sora_generation_seconds_bucket", {"service_id": OFFICIAL, "le": "60.0"}, 0.1),
    ("sora_generation_seconds_bucket", {"service_id": OFFICIAL, "le": "120.0"}, 0.35),
    ("sora_generation_seconds_bucket", {"service_id": OFFICIAL, "le": "+Inf"}, 0.4),
    ("sora_client_requests_total", {"service_id": OFFICIAL, "outcome": "success"}, 3),
    ("sora_client_requests_total", {"service_id": REVERSE, "outcome": "rate_limited"}, 1),
    ("sora_client_fallbacks_total", {"from_service_id": REVERSE, "to_service_id": OFFICIAL}, 1),
)
"""Counters, by their growth in a minute."""


def extra_series(end: int) -> Iterator[Series]:
    """Yield thirty hours of everything above, up to ``end`` (Unix seconds)."""
    times = range(end - HOURS * 3600, end + 1, STEP)
    for name, labels, value in GAUGES:
        target = {} if name.startswith("ALERTS") or ":" in name else TARGET
        yield Series(name, {**labels, **target}, times, [value] * len(times))
    for name, labels, away in AGES:
        yield Series(name, {**labels, **TARGET}, times, [end + away] * len(times))
    for name, labels, first, change in LEVELS:
        yield Series(name, {**labels, **TARGET}, times, [round(first + change * n, 6) for n in range(len(times))])
    for name, labels, growth in RATES:
        yield Series(name, {**labels, **TARGET}, times, [round(growth * n, 6) for n in range(len(times))])
