"""The files that come with the exporter, with the demo's addresses in them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from sora_exporter.demo import DemoError
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.bundle import (
    alertmanager_config,
    bundle_folder,
    exporter_config,
    grafana_provisioning,
    prometheus_config,
)
from sora_exporter.demo.places import PLACES

ROOT = Path(__file__).parents[2]


def test_the_exporter_watches_the_article_often(tmp_path: Path) -> None:
    """Its configuration has the built-in services, those of the history, with short intervals."""
    document = yaml.safe_load(exporter_config(tmp_path / "sora.yml", 1795799000, 8).read_text("utf-8"))
    assert {(one["id"], one["model"]) for one in document["services"]} == {(s.id, s.model) for s in ARTICLE}
    free = [one["probes"][probe]["interval"] for one in document["services"] for probe in ("catalog", "canary")]
    assert set(free) == {"10s"}
    assert {one["id"]: str(one.get("sunset")) for one in document["services"]} == {
        story.id: "None" if story.id == "sora-image" else "2027-01-06" for story in ARTICLE
    }


def test_prometheus_gets_the_shipped_configuration_for_its_addresses(tmp_path: Path) -> None:
    """Every address is replaced, rule files are found from anywhere, the rest is as shipped."""
    shipped = yaml.safe_load((ROOT / "alerting-rules" / "prometheus.yml").read_text("utf-8"))
    text = prometheus_config(tmp_path, ["127.0.0.1:1", "127.0.0.1:3"], "127.0.0.1:2").read_text("utf-8")
    document = yaml.safe_load(text)
    assert all(Path(name).is_absolute() and Path(name).is_file() for name in document["rule_files"])
    addresses = [*["127.0.0.1:1"] * 2, "127.0.0.1:2", "127.0.0.1:3"]
    assert sorted(re.findall(r"127\.0\.0\.1:\d+", text)) == addresses
    own = document["scrape_configs"][0]["static_configs"]
    assert [one["labels"]["location"] for one in own] == list(PLACES)
    assert document["global"] == shipped["global"]
    alone = yaml.safe_load(prometheus_config(tmp_path, ["127.0.0.1:1", "127.0.0.1:3"], None).read_text("utf-8"))
    assert "alerting" not in alone
    assert alone["scrape_configs"] == document["scrape_configs"]


def test_alertmanager_mutes_as_shipped_and_notifies_the_terminal(tmp_path: Path) -> None:
    """Inhibitions are the shipped ones; the only receiver that sends anything is the webhook."""
    shipped = yaml.safe_load((ROOT / "alerting-rules" / "alertmanager.yml").read_text("utf-8"))
    document = yaml.safe_load(alertmanager_config(tmp_path, "http://127.0.0.1:1/").read_text("utf-8"))
    assert document["inhibit_rules"] == shipped["inhibit_rules"]
    assert [one for one in document["receivers"] if len(one) > 1] == [
        {"name": "terminal", "webhook_configs": [{"url": "http://127.0.0.1:1/", "send_resolved": True}]}
    ]


def test_grafana_gets_our_provisioning_with_the_demos_prometheus(tmp_path: Path) -> None:
    """Data source and dashboards are provisioned from where they really are."""
    folder = grafana_provisioning(tmp_path, "127.0.0.1:1")
    (source,) = yaml.safe_load((folder / "datasources" / "sora.yml").read_text("utf-8"))["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "sora.yml").read_text("utf-8"))["providers"]
    assert source["url"] == "http://127.0.0.1:1"
    assert len(list(Path(provider["options"]["path"]).glob("*.json"))) == 4


def test_a_missing_bundle_is_an_error() -> None:
    """The message names both places that were looked at."""
    with pytest.raises(DemoError, match=r"nowhere/ is neither at \S+nowhere nor at \S+share/sora_exporter/nowhere"):
        bundle_folder("nowhere")


def test_an_installation_brings_the_demos_files() -> None:
    """Every file of the bundle's folders that the demo reads is installed to the expected place."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["data-files"]
    installed = {
        f"{target.removeprefix('share/sora_exporter/')}/{path.name}"
        for target, patterns in settings.items()
        for pattern in patterns
        for path in ROOT.glob(pattern)
    }
    needed = [
        *("alerting-rules/" + name for name in ("prometheus.yml", "alertmanager.yml")),
        *(f"alerting-rules/{path.name}" for path in (ROOT / "alerting-rules").glob("*.rules.yml")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "grafana" / "dashboards").glob("*.json")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "grafana" / "provisioning").glob("*/*.yml")),
    ]
    assert len(needed) >= 10
    assert [name for name in needed if name not in installed] == []
