"""The metrics of the public surface: each exists with its type and labels, and nothing else does."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from support.exposed import OPENMETRICS, whole

from sora_exporter.metrics.exposition import Exposition
from sora_exporter.metrics.families import FAMILIES

PUBLIC = """
sora_service_info info service_id name product access provider model api
sora_service_status gauge service_id status
sora_service_up gauge service_id
sora_service_error gauge service_id error_class
sora_service_response_time_seconds gauge service_id
sora_service_status_since_timestamp_seconds gauge service_id
sora_service_proven_timestamp_seconds gauge service_id depth
sora_service_objective_ratio gauge service_id
sora_service_price_usd gauge service_id unit
sora_service_sunset_timestamp_seconds gauge service_id
sora_probe_success gauge service_id probe
sora_probe_duration_seconds histogram service_id probe
sora_probe_phase_seconds gauge service_id probe phase
sora_probe_http_status_code gauge service_id probe
sora_probe_attempts_total counter service_id probe
sora_probe_failures_total counter service_id probe error_class
sora_probe_unrecognised_total counter service_id probe
sora_probe_last_attempt_timestamp_seconds gauge service_id probe
sora_probe_interval_seconds gauge service_id probe
sora_probe_tls_expiry_timestamp_seconds gauge provider
sora_generation_seconds histogram service_id
sora_probe_cost_usd_total counter service_id
sora_probe_budget_usd gauge
sora_probe_budget_spent_usd gauge
sora_probe_jobs_pending gauge provider
sora_probe_jobs_abandoned_total counter provider
sora_provider_balance gauge provider unit
sora_provider_balance_low gauge provider unit
sora_provider_balance_last_success_timestamp_seconds gauge provider
sora_status_page_up gauge page
sora_status_page_last_fetch_timestamp_seconds gauge page
sora_status_page_indicator gauge page indicator
sora_status_page_component_info info page component name
sora_status_page_component_status gauge page component status
sora_status_page_open_incidents gauge page impact
sora_status_page_maintenance_start_timestamp_seconds gauge page
sora_status_page_maintenance_end_timestamp_seconds gauge page
sora_exporter_build_info info version python_version openai_version
sora_exporter_config_last_reload_successful gauge
sora_exporter_config_last_reload_success_timestamp_seconds gauge
sora_exporter_probes_in_flight gauge
"""
ADDED = """
sora_service_status_page_component_info info service_id page component
sora_exporter_storage_up gauge
sora_exporter_storage_exporters gauge
sora_exporter_shard_info info shard config_hash
sora_exporter_config_differs gauge
"""
"""Which component of which page speaks of a service, and the exporters that share a storage."""
SUFFIXES = {"counter": "_total", "info": "_info"}


def test_families_are_the_public_ones() -> None:
    """Every public metric is declared with its type and labels, and every declared one is public."""
    declared = {
        f"{name}{SUFFIXES.get(family.type, '')} {family.type} {' '.join(family.labels)}".strip()
        for name, family in FAMILIES.items()
    }
    assert declared == {*PUBLIC.strip().splitlines(), *ADDED.strip().splitlines()}


@pytest.mark.parametrize("name", FAMILIES)
def test_exported_as_declared(name: str) -> None:
    """A source that has everything exports every declared family, with exactly the declared labels and help."""
    text = Exposition(whole()).render(OPENMETRICS)[0].decode()
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    family = next(family for family in families if family.name == name)
    declared = FAMILIES[name]
    assert (family.type, family.documentation) == (declared.type, declared.help)
    assert declared.help.endswith(".")
    assert {frozenset(sample.labels) - {"le"} for sample in family.samples} == {frozenset(declared.labels)}
