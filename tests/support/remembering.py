"""An exporter that does not run: tests put into its memory what the pages then show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sora_exporter.budget.ledger import Ledger
from sora_exporter.clock import Clock
from sora_exporter.config import Config
from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident, Indicator, PageReport
from sora_exporter.status_pages.poller import PageState

PROVIDERS = {"relay": {"base_url": "http://relay.example/v1"}}
SORA = "01K9G527YRPY1EFRMHTKB5BKT5"
PAGES = {"openai": {"url": "https://status.example", "format": "statuspage", "components": [SORA]}}
JANUARY: Sequence[Mapping[str, Any]] = (
    {
        "id": "sora-2-official", "name": "Sora 2 官转", "product": "sora-2", "access": "official", "provider": "relay",
        "model": "sora-2", "price_usd": {"per_second": 0.1}, "objective": 99.9, "sunset": "2026-09-24",
        "status_page": {"page": "openai", "component": SORA},
    },
    {
        "id": "sora-2-reverse", "name": "Sora 2 官逆", "product": "sora-2", "access": "reverse", "provider": "relay",
        "model": "sora_video2", "api": "chat", "price_usd": {"per_request": 0.12}, "sunset": "2026-01-20",
        "status_page": {"page": "openai", "component": SORA},
    },
    {
        "id": "veo-3.1-reverse", "name": "Veo 3.1 官逆", "product": "veo-3.1", "access": "reverse", "provider": "relay",
        "model": "veo-3.1", "api": "chat",
    },
)  # fmt: skip


def configuration(services: Sequence[Mapping[str, Any]], **more: Any) -> Config:
    """Return a configuration of these services with one provider and one official page."""
    return Config.model_validate({"providers": PROVIDERS, "status_pages": PAGES, "services": services, **more})


@contextmanager
def remembering(config: Config, directory: Path, clock: Clock) -> Iterator[Exporter]:
    """Give an exporter that has started nothing."""
    ledger = Ledger.open(directory / "storage", exclusive=True, now=clock.now)
    try:
        yield Exporter(config, None, ledger, clock)
    finally:
        ledger.close()


def attempt(
    exporter: Exporter, service_id: str, probe: ProbeKind, error_class: ErrorClass = ErrorClass.NONE, **facts: Any
) -> None:
    """Record one attempt made now."""
    said: dict[str, Any] = {
        "started_at": exporter.clock.now(),
        "duration_seconds": 0.25,
        "rule": "good" if error_class is ErrorClass.NONE else "risk",
        "http_status": 200,
        "response_seconds": 0.25 if error_class is ErrorClass.NONE else None,
        "phases": {"connect": 0.05, "tls": 0.05, "processing": 0.14, "transfer": 0.01},
    }
    exporter.state.record(ProbeResult(service_id, probe, error_class, **{**said, **facts}))


def page_says(exporter: Exporter, component: ComponentStatus, *incidents: Incident) -> None:
    """Let the official page have been read now."""
    now = exporter.clock.now()
    counts = {impact: sum(incident.impact is impact for incident in incidents) for impact in Impact}
    report = PageReport(
        indicator=Indicator.CRITICAL if incidents else Indicator.NONE,
        components={SORA: component},
        component_names={SORA: "Sora"},
        open_incidents=counts,
        incidents=incidents,
    )
    exporter.pages.states["openai"] = PageState(True, now, now, report)


def fill_january(exporter: Exporter) -> None:
    """One route works, one is under risk control while the official page says operational, one knows nothing."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, http_status=400)
    attempt(exporter, "sora-2-reverse", ProbeKind.CATALOG)
    attempt(
        exporter, "sora-2-reverse", ProbeKind.CANARY, ErrorClass.RISK_CONTROL, http_status=403,
        detail="检测到异常活动 unusual activity", excerpt='{"error":{"message":"检测到异常活动"}}',
    )  # fmt: skip
    page_says(exporter, ComponentStatus.OPERATIONAL)
    exporter.spending.today, exporter.spending.by_service = 0.25, {"sora-2-official": 0.25}
