"""The exporters themselves, each in a row of its own, and the places that see a service otherwise."""

from __future__ import annotations

from grafana.source.kit import look
from grafana.source.kit.frame import SERVICE_LINK
from grafana.source.kit.panels import AnyPanel
from grafana.source.kit.queries import JOB, SERVICE, recorded
from grafana.source.kit.tables import Column, LabelColumn, grid

LOADED = look.words({1: ("loaded", look.GREEN), 0: ("last reload failed", look.VERMILION)})

UP = f"up{{{JOB}}} and on (job) group by (job) (last_over_time(sora_exporter_build_info[1d]))"
"""Every target of a job in which an exporter answered within a day, dead ones too."""

ATTEMPT = "sora_probe_last_attempt_timestamp_seconds"


def exporter_health() -> list[AnyPanel]:
    """Return the table of exporters."""
    return [
        grid(
            150,
            "Exporters",
            "Every exporter by itself, so that a dead, stale or wrongly configured twin shows. The oldest evidence is "
            "the longest time since an attempt at the last scrape, in intervals of its probe.",
            [
                LabelColumn("Instance", "instance", width=165),
                Column("Reached", f"max by (instance) ({UP})", mappings=look.YES_NO),
                Column(
                    "Oldest evidence",
                    "max by (instance) (\n"
                    f"  (timestamp({ATTEMPT}{{{JOB},{SERVICE}}}) - {ATTEMPT})\n"
                    f"  / on (instance, service_id, probe) sora_probe_interval_seconds{{{JOB}}}\n)",
                    "none",
                    1,
                    thresholds=look.steps(look.GREEN, (1.5, look.ORANGE), (2.5, look.VERMILION)),
                    width=140,
                ),
                Column("Services", f"count by (instance) (sora_service_error{{{JOB},{SERVICE}}} == 1)", "short", 0),
                Column(
                    "Configuration",
                    f"min by (instance) (sora_exporter_config_last_reload_successful{{{JOB}}})",
                    mappings=LOADED,
                    width=130,
                ),
                Column(
                    "Loaded",
                    f"max by (instance) (sora_exporter_config_last_reload_success_timestamp_seconds{{{JOB}}}) * 1000",
                    "dateTimeFromNow",
                    width=120,
                ),
                LabelColumn(
                    "Version",
                    "version",
                    expr=f"max by (instance, version, python_version) (sora_exporter_build_info{{{JOB}}})",
                ),
                LabelColumn("Python", "python_version"),
                Column("In flight", f"max by (instance) (sora_exporter_probes_in_flight{{{JOB}}})", "short", 0),
            ],
            key="instance",
            sort_by=[("Reached", False)],
            no_value="no exporter",
            width=24,
            height=6,
        ),
    ]


def places_that_disagree() -> AnyPanel:
    """Return the table of exporters whose finding is not that of the vote."""
    vote = recorded("severity:median")
    return grid(
        151,
        "Places that disagree",
        "Exporters whose finding of a service is not the vote of all places. One of three that calls a service "
        "suspended is here, while the service stays operational.",
        [
            LabelColumn("Service", "service_id", links=SERVICE_LINK, width=165),
            LabelColumn("Place", "location", width=90),
            LabelColumn("Instance", "instance"),
            Column(
                "Finding",
                f"{recorded('severity:max', 'service_id_instance')} != on (service_id) group_left () {vote}",
                mappings=look.STATUS_WORDS,
                width=110,
            ),
        ],
        key="service_id",
        sort_by=[("Finding", True)],
        no_value="all places agree",
        height=6,
    )
