"""The official status pages, and their agreement with our probes."""

from __future__ import annotations

from grafana.source.kit import look
from grafana.source.kit.frame import SERIES_LINK
from grafana.source.kit.panels import AnyPanel, Query, timeline
from grafana.source.kit.queries import COMPONENT_HISTORY, INDICATOR_HISTORY, of_all, page_says, recorded
from grafana.source.kit.tables import Column, LabelColumn, grid


def status_pages() -> list[AnyPanel]:
    """Return the panels about official pages."""
    return [
        timeline(
            140,
            "What the pages say overall",
            "The indicator of each official page. It covers the maker's service, not a provider's relay.",
            [Query(INDICATOR_HISTORY, "{{page}}")],
            mappings=look.INDICATOR_WORDS,
            interval="2m",
            no_value="no status page configured",
            width=10,
            height=6,
        ),
        timeline(
            141,
            "What they say of the components watched",
            "The components that the configuration names.",
            [Query(COMPONENT_HISTORY, "{{page}}: {{name}}")],
            mappings=look.COMPONENT_WORDS,
            interval="2m",
            no_value="no component configured",
            width=14,
            height=6,
        ),
        _disagreement(),
        grid(
            143,
            "Pages",
            "Result and age of the last fetch, open incidents, and the next maintenance.",
            [
                LabelColumn("Page", "page", width=120),
                Column("Reached", "max by (page) (sora_status_page_up)", mappings=look.YES_NO),
                Column("Age", "time() - max by (page) (sora_status_page_last_fetch_timestamp_seconds)", "s", 0),
                Column(
                    "Incidents",
                    "sum by (page) (max by (page, impact) (sora_status_page_open_incidents))",
                    thresholds=look.SOME_IS_WARNING,
                ),
                Column(
                    "Work from",
                    "max by (page) (sora_status_page_maintenance_start_timestamp_seconds) * 1000",
                    "dateTimeAsIso",
                ),
                Column(
                    "until",
                    "max by (page) (sora_status_page_maintenance_end_timestamp_seconds) * 1000",
                    "dateTimeAsIso",
                ),
            ],
            key="page",
            no_value="no status page configured",
            width=10,
            height=8,
        ),
    ]


def _disagreement() -> AnyPanel:
    disagreed = f"sum by (service_id) (avg_over_time({recorded('page_disagreement:bool')}[$__range] @ end()))"
    longest = f"topk(10, {disagreed})"
    says = page_says(of_all("page_disagreement:bool"))
    return timeline(
        142,
        "Pages against probes",
        "Contradictions between a page and our probes, for the ten services with most of them in the range: the page "
        "says operational while the service fails, or the page says outage while it works.",
        [Query(f"{says}\nand on (service_id)\n{longest}", "{{service_id}}: {{says}}")],
        mappings=look.DISAGREEMENT,
        links=SERIES_LINK,
        interval="5m",
        no_value="no service names a component of a page",
        width=14,
        height=8,
    )
