"""The rules, routes and dashboards that come with the exporter, with the demo's addresses in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

import sora_exporter
from sora_exporter.demo import DemoError
from sora_exporter.demo.article import living
from sora_exporter.demo.places import PLACES
from sora_exporter.demo.surroundings import LOW_USD, PAID_EVERY

PROBE_SETTINGS = {"interval": "10s", "timeout": "5s"}
CERTIFICATE = "simulator.pem"
BALANCE = {
    "path": "/control", "from_root": True, "value": "granted_usd", "used": "spent_usd", "unit": "USD", "low": LOW_USD,
    "interval": "1m",
}  # fmt: skip
"""The simulated maker has no call for it, as many makers have none; its own page says what was spent."""

EXPORTER, ALERTMANAGER = "127.0.0.1:10198", "127.0.0.1:9093"
"""The addresses that the shipped prometheus.yml names."""


def bundle_folder(name: str) -> Path:
    """Return a folder such as ``alerting-rules``: of the checkout, else of the installation. Raises DemoError."""
    places = (Path(sora_exporter.__file__).parent.parent / name, Path(sys.prefix) / "share" / "sora_exporter" / name)
    for place in places:
        if place.is_dir():
            return place
    raise DemoError(f"{name}/ is neither at {places[0]} nor at {places[1]}: run the demo from a checkout")


def exporter_config(file: Path, now: float, budget_usd: float) -> Path:
    """Write the built-in services as the history ends, ``now`` (Unix seconds), and return the file.

    Their intervals are short enough to watch. With a budget (US dollars a day) those that are paid by the second
    generate a video now and then, and the money left is read. The provider's certificate is trusted from
    ``CERTIFICATE`` beside the file.
    """
    document = _read(resources.files("sora_exporter.config").joinpath("builtin.yml").read_text("utf-8"))
    document["budget_usd_per_day"] = budget_usd
    provider = document["providers"]["default"]
    provider["ca_file"] = CERTIFICATE
    if budget_usd:
        provider["balance"] = BALANCE
    stories = {story.id: story for story in living(now)}
    for service in document["services"]:
        story = stories[service["id"]]
        service.pop("sunset", None)
        if story.sunset is not None:
            service["sunset"] = datetime.fromtimestamp(story.sunset, UTC).date()
        service["probes"] = {"catalog": dict(PROBE_SETTINGS), "canary": dict(PROBE_SETTINGS)}
        if budget_usd and story.price_unit == "second":
            service["probes"]["generate"] = {"interval": f"{PAID_EVERY // 3600}h", "timeout": "10m"}
    return _write(file, document)


def prometheus_config(folder: Path, exporters: Sequence[str], alertmanager: str | None) -> Path:
    """Write the shipped configuration for these addresses (host:port), and return the file; exporters by place."""
    rules = bundle_folder("alerting-rules")
    text = (rules / "prometheus.yml").read_text("utf-8").replace(EXPORTER, exporters[0])
    document = _read(text.replace(ALERTMANAGER, alertmanager or ALERTMANAGER))
    (own,) = (job for job in document["scrape_configs"] if job["job_name"] == "sora_exporter")
    own["static_configs"] = [
        {"targets": [host], "labels": {"location": place}} for place, host in zip(PLACES, exporters, strict=True)
    ]
    document["rule_files"] = [str(rules / name) for name in document["rule_files"]]
    if alertmanager is None:
        del document["alerting"]
    return _write(folder / "prometheus.yml", document)


def alertmanager_config(folder: Path, webhook: str) -> Path:
    """Write the shipped inhibitions with a single receiver: the demo's own terminal."""
    shipped = _read((bundle_folder("alerting-rules") / "alertmanager.yml").read_text("utf-8"))
    document = {
        "route": {
            "receiver": "terminal",
            "group_by": ["alertname", "product", "service_id"],
            "group_wait": "2s",
            "group_interval": "10s",
            "routes": [{"matchers": ['severity="none"'], "receiver": "none"}],
        },
        "inhibit_rules": shipped["inhibit_rules"],
        "receivers": [
            {"name": "none"},
            {"name": "terminal", "webhook_configs": [{"url": webhook, "send_resolved": True}]},
        ],
    }
    return _write(folder / "alertmanager.yml", document)


def grafana_provisioning(folder: Path, prometheus: str) -> Path:
    """Write Grafana's provisioning for this Prometheus (host:port), and return the folder."""
    shipped, target = bundle_folder("grafana"), folder / "provisioning"
    for file in sorted((shipped / "provisioning").glob("*/*.yml")):
        document = _read(file.read_text("utf-8"))
        for datasource in document.get("datasources", []):
            datasource["url"] = f"http://{prometheus}"
        for provider in document.get("providers", []):
            provider["options"]["path"] = str(shipped / "dashboards")
        (target / file.parent.name).mkdir(parents=True, exist_ok=True)
        _write(target / file.parent.name / file.name, document)
    return target


def _read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def _write(file: Path, document: Any) -> Path:
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    return file
