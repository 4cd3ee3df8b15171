"""Every metric family, declared once: its type, its labels and its help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple


class Family(NamedTuple):
    """One metric family; ``labels`` are those of every sample, beside a histogram's ``le``."""

    type: Literal["gauge", "counter", "histogram", "info"]
    labels: tuple[str, ...]
    help: str


_ID = ("service_id",)
_PROBE = ("service_id", "probe")
_PAGE = ("page",)
_BALANCE = ("provider", "unit")

FAMILIES: Final[Mapping[str, Family]] = {
    "sora_service": Family(
        "info",
        ("service_id", "name", "product", "access", "provider", "model", "api"),
        "A configured service: one way to reach one model.",
    ),
    "sora_service_status": Family(
        "gauge",
        (*_ID, "status"),
        "1 for the current status of the service, 0 for the others. Cached evidence.",
    ),
    "sora_service_up": Family(
        "gauge",
        _ID,
        "1 if the latest evidence shows the service usable, else 0; absent while unknown or retired. Cached evidence.",
    ),
    "sora_service_error": Family(
        "gauge",
        (*_ID, "error_class"),
        "1 for the error class behind the current status. Cached evidence.",
    ),
    "sora_service_response_time_seconds": Family(
        "gauge",
        _ID,
        "Time to the first complete answer of the last attempt; absent if it got none. Cached.",
    ),
    "sora_service_status_since_timestamp_seconds": Family("gauge", _ID, "When the current status began."),
    "sora_service_proven_timestamp_seconds": Family(
        "gauge", (*_ID, "depth"), "When an attempt last proved each depth; absent until then. Cached evidence."
    ),
    "sora_service_objective_ratio": Family("gauge", _ID, "Configured availability objective."),
    "sora_service_price_usd": Family("gauge", (*_ID, "unit"), "Configured price per unit."),
    "sora_service_sunset_timestamp_seconds": Family("gauge", _ID, "Announced end of life."),
    "sora_service_status_page_component": Family(
        "info",
        (*_ID, "page", "component"),
        "The component of an official page that covers the service.",
    ),
    "sora_probe_success": Family("gauge", _PROBE, "1 if the last attempt succeeded, 0 if it failed. Cached."),
    "sora_probe_duration_seconds": Family("histogram", _PROBE, "Duration of all attempts."),
    "sora_probe_phase_seconds": Family(
        "gauge", (*_PROBE, "phase"), "Duration of each phase of the last attempt. Cached."
    ),
    "sora_probe_http_status_code": Family(
        "gauge", _PROBE, "HTTP status of the last attempt, 0 if no answer came. Cached."
    ),
    "sora_probe_attempts": Family("counter", _PROBE, "Attempts."),
    "sora_probe_failures": Family(
        "counter",
        (*_PROBE, "error_class"),
        "Attempts that did not succeed, by error class.",
    ),
    "sora_probe_unrecognised": Family(
        "counter", _PROBE, "Failed attempts whose answer only a default rule explained: by its HTTP status alone."
    ),
    "sora_probe_last_attempt_timestamp_seconds": Family("gauge", _PROBE, "When the last attempt began."),
    "sora_probe_interval_seconds": Family("gauge", _PROBE, "Configured interval of the probe."),
    "sora_generation_seconds": Family("histogram", _ID, "Time from the create request to the finished video."),
    "sora_probe_cost_usd": Family("counter", _ID, "Money spent by probes."),
    "sora_probe_tls_expiry_timestamp_seconds": Family(
        "gauge", ("provider",), "Earliest certificate expiry seen at the provider. Cached."
    ),
    "sora_probe_budget_usd": Family("gauge", (), "Limit of today's (UTC) spend on probes."),
    "sora_probe_budget_spent_usd": Family("gauge", (), "Today's (UTC) spend on probes, reservations included."),
    "sora_probe_jobs_pending": Family("gauge", ("provider",), "Jobs of probes that are still to be deleted."),
    "sora_probe_jobs_abandoned": Family(
        "counter", ("provider",), "Jobs of probes that could not be deleted for a day and were given up."
    ),
    "sora_provider_balance": Family(
        "gauge", _BALANCE, "Amount left at the provider by the last good reading; +Inf without a limit. Cached."
    ),
    "sora_provider_balance_low": Family(
        "gauge", _BALANCE, "Level below which the balance is low: configured, or three days at the last day's pace."
    ),
    "sora_provider_balance_last_success_timestamp_seconds": Family(
        "gauge", ("provider",), "When the provider's balance was last read."
    ),
    "sora_status_page_up": Family(
        "gauge", _PAGE, "1 if the last fetch of the official page worked, 0 if it failed. Cached."
    ),
    "sora_status_page_last_fetch_timestamp_seconds": Family("gauge", _PAGE, "When the official page was last fetched."),
    "sora_status_page_indicator": Family(
        "gauge", (*_PAGE, "indicator"), "1 for the page's overall indicator, 0 for the others. Cached."
    ),
    "sora_status_page_component": Family(
        "info", (*_PAGE, "component", "name"), "The name that a component has on its page."
    ),
    "sora_status_page_component_status": Family(
        "gauge", (*_PAGE, "component", "status"), "1 for the component's status, 0 for the others. Cached."
    ),
    "sora_status_page_open_incidents": Family(
        "gauge", (*_PAGE, "impact"), "Open incidents on the page by impact. Cached."
    ),
    "sora_status_page_maintenance_start_timestamp_seconds": Family(
        "gauge", _PAGE, "Start of the running or next maintenance. Cached."
    ),
    "sora_status_page_maintenance_end_timestamp_seconds": Family(
        "gauge", _PAGE, "End of the running or next maintenance. Cached."
    ),
    "sora_exporter_build": Family(
        "info",
        ("version", "python_version", "openai_version"),
        "Version of the exporter, of Python and of the OpenAI SDK.",
    ),
    "sora_exporter_config_last_reload_successful": Family(
        "gauge", (), "1 if the last reload of the configuration worked, 0 if it failed."
    ),
    "sora_exporter_config_last_reload_success_timestamp_seconds": Family(
        "gauge", (), "When the configuration was last loaded successfully."
    ),
    "sora_exporter_probes_in_flight": Family("gauge", (), "Probes running now."),
    "sora_exporter_storage_up": Family(
        "gauge", (), "1 if the ledger could last be used, 0 if not; paid probes do not run without it. Cached."
    ),
    "sora_exporter_storage_exporters": Family(
        "gauge", (), "Exporters that use the same storage now, this one included. Cached."
    ),
    "sora_exporter_shard": Family(
        "info", ("shard", "config_hash"), "Number and count of the shards, and a digest of the whole configuration."
    ),
    "sora_exporter_config_differs": Family(
        "gauge", (), "1 if another exporter of the same storage has another configuration or division, else 0. Cached."
    ),
}
"""Name -> family, in the order of the exposition. Counters and infos are named without ``_total`` and ``_info``."""
