"""The rules, templates and dashboards that come with the exporter, and the demo's settings for the programs."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

import sora_exporter

PROBE_SETTINGS = {"interval": "15s", "timeout": "5s"}


class BundleError(Exception):
    """The files that come with the exporter are not where they should be."""


def bundle_folder(name: str) -> Path:
    """Return a folder such as ``alerting-rules``: of the checkout, else of the installation. Raises BundleError."""
    places = (Path(sora_exporter.__file__).parent.parent / name, Path(sys.prefix) / "share" / "sora_exporter" / name)
    for place in places:
        if place.is_dir():
            return place
    raise BundleError(f"{name}/ is neither at {places[0]} nor at {places[1]}: run the demo from a checkout")


def exporter_config(folder: Path) -> Path:
    """Write the built-in catalogue with intervals short enough to watch, and return the file."""
    text = resources.files("sora_exporter").joinpath("catalogue.yml").read_text("utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    for service in document["services"]:
        service["probes"] = {"catalog": dict(PROBE_SETTINGS), "canary": dict(PROBE_SETTINGS)}
    return _write(folder / "sora.yml", document)


def prometheus_config(folder: Path, exporter: str, alertmanager: str | None) -> Path:
    """Write Prometheus' configuration for addresses of this machine, and return the file."""
    rules = bundle_folder("alerting-rules")
    document: dict[str, Any] = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [str(rules / "sora-recording.rules.yml"), str(rules / "sora-alerts.rules.yml")],
        "scrape_configs": [{"job_name": "sora_exporter", "static_configs": [{"targets": [exporter]}]}],
    }
    if alertmanager is not None:
        document["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    return _write(folder / "prometheus.yml", document)


def alertmanager_config(folder: Path, webhook: str) -> Path:
    """Write our Alertmanager configuration with the inhibitions it ships and one receiver: the demo's own terminal."""
    shipped: dict[str, Any] = yaml.safe_load((bundle_folder("alerting-rules") / "alertmanager.yml").read_text("utf-8"))
    document = {
        "route": {
            "receiver": "terminal",
            "group_by": ["alertname", "service_id"],
            "group_wait": "2s",
            "group_interval": "10s",
            "routes": [{"matchers": ['severity="none"'], "receiver": "nobody"}],
        },
        "inhibit_rules": shipped.get("inhibit_rules", []),
        "receivers": [
            {"name": "nobody"},
            {"name": "terminal", "webhook_configs": [{"url": webhook, "send_resolved": True}]},
        ],
    }
    return _write(folder / "alertmanager.yml", document)


def grafana_provisioning(folder: Path, prometheus: str) -> Path:
    """Copy Grafana's provisioning with the demo's addresses in it, and return the folder."""
    shipped, target = bundle_folder("grafana"), folder / "provisioning"
    for kind in ("datasources", "dashboards"):
        (target / kind).mkdir(parents=True, exist_ok=True)
        for file in sorted((shipped / "provisioning" / kind).glob("*.yml")):
            document = yaml.safe_load(file.read_text("utf-8"))
            for datasource in document.get("datasources", []):
                datasource["url"] = f"http://{prometheus}"
            for provider in document.get("providers", []):
                provider["options"]["path"] = str(shipped / "dashboards")
            _write(target / kind / file.name, document)
    return target


def _write(file: Path, document: Any) -> Path:
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    return file
