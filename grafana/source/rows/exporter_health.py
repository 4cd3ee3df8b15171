"""The exporter itself: reached, configured, at work."""

from __future__ import annotations

from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.source.kit import look
from grafana.source.kit.panels import AnyPanel, now, stat_tiles


def exporter_health() -> list[AnyPanel]:
    """Return the panels about the exporter."""
    return [
        stat_tiles(
            "Exporters up",
            "Whether Prometheus reaches each exporter.",
            [now('up{job="sora_exporter"}', "{{instance}}")],
            text=BigValueTextMode.VALUE_AND_NAME,
            mappings=look.YES_NO,
            no_value="no target",
            width=6,
        ),
        stat_tiles(
            "Version",
            "Version of the exporter, of Python and of the OpenAI library.",
            [now("sora_exporter_build_info", "{{version}} · Python {{python_version}} · openai {{openai_version}}")],
            text=BigValueTextMode.NAME,
            width=8,
        ),
        stat_tiles(
            "Configuration",
            "Whether the last reload worked; if not, the old configuration stays in force.",
            [now("sora_exporter_config_last_reload_successful", "{{instance}}")],
            mappings=look.words({1: ("loaded", look.GREEN), 0: ("last reload failed", look.VERMILION)}),
        ),
        stat_tiles(
            "Loaded",
            "When the configuration in force was loaded.",
            [now("sora_exporter_config_last_reload_success_timestamp_seconds * 1000", "{{instance}}")],
            unit="dateTimeFromNow",
            width=3,
        ),
        stat_tiles(
            "Probes in flight",
            "Probes that run at this moment.",
            [now("sora_exporter_probes_in_flight", "{{instance}}")],
            width=3,
        ),
    ]
