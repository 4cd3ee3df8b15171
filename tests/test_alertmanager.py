"""The shipped Alertmanager and Prometheus configuration, and the Operator's copy of the rules."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from programs.launch import ROOT, RULES, program

CONFIG = RULES / "alertmanager.yml"
SERVICE = ("service_id=alpha", "provider=acme", "product=p")

ROUTES = [
    (("alertname=SoraServiceSuspended", "severity=critical", *SERVICE), "page"),
    (("alertname=SoraProductUnavailable", "severity=critical", "product=p"), "page"),
    (("alertname=SoraExporterDown", "severity=critical"), "page"),
    (("alertname=SoraExporterDown", "severity=warning"), "ticket"),
    (("alertname=SoraServiceRiskControl", "severity=warning", *SERVICE), "ticket"),
    (("alertname=SoraServiceStatusChanged", "severity=info", *SERVICE), "change"),
    (("alertname=SoraServiceVanished", "severity=info", *SERVICE), "notice"),
    (("alertname=SoraServiceMaintenance", "severity=none", *SERVICE), "nobody"),
    (("alertname=SoraServiceRetired", "severity=none", *SERVICE), "nobody"),
    (("alertname=SoraWatchdog", "severity=none"), "deadman"),
]


@pytest.mark.programs
@pytest.mark.parametrize(
    ("labels", "receiver"), ROUTES, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_routes(labels: tuple[str, ...], receiver: str) -> None:
    """Each kind of alert reaches the receiver that is meant for it."""
    command = [program("amtool"), "config", "routes", "test", f"--config.file={CONFIG}", *labels]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [receiver]


@pytest.mark.programs
def test_configuration_is_valid() -> None:
    """amtool and promtool accept the shipped files, templates and rules included."""
    for command in (
        ["amtool", "check-config", str(CONFIG)],
        ["promtool", "check", "config", str(RULES / "prometheus.yml")],
    ):
        done = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.programs
def test_ready_blocks_are_valid_once_uncommented(tmp_path: Path) -> None:
    """Slack and webhook blocks pass amtool as they stand, Telegram's and WeCom's after giving the secret by value.

    Files for those two secrets came after the Alertmanager that is installed here.
    """
    text = re.sub(r"^    # (webhook|slack|telegram|wechat|  )", r"    \1", CONFIG.read_text(), flags=re.MULTILINE)
    text = text.replace("bot_token_file: secrets/", "bot_token: ").replace("api_secret_file: secrets/", "api_secret: ")
    page = next(one for one in yaml.safe_load(text)["receivers"] if one["name"] == "page")
    assert set(page) == {"name"} | {f"{kind}_configs" for kind in ("email", "webhook", "slack", "telegram", "wechat")}
    file = tmp_path / "alertmanager.yml"
    file.write_text(text.replace("templates/", f"{RULES}/templates/"))
    done = subprocess.run([program("amtool"), "check-config", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_secret_is_written_in_the_configuration() -> None:
    """Every secret of the shipped files is the name of a file."""
    for file in (CONFIG, RULES / "prometheus.yml"):
        assert not re.search(r"\b(password|api_url|bot_token|api_secret|credentials): ", file.read_text())


def test_every_inhibition_needs_what_it_compares() -> None:
    """A label that both sides lack would count as equal: alerts that are muted by service carry a service."""
    for rule in yaml.safe_load(CONFIG.read_text())["inhibit_rules"]:
        if rule.get("equal") == ["service_id"]:
            named = [
                matcher for matcher in rule["target_matchers"] if "service_id" in matcher or "SoraService" in matcher
            ]
            assert named, rule


def test_a_flapping_service_is_not_notified_anew_with_each_flap() -> None:
    """Alerts of a service last longer than the least time between two notifications, so that no flap ends one."""
    interval = re.search(r"^  group_interval: (\d+)m$", CONFIG.read_text(), re.MULTILINE)
    assert interval is not None
    groups = yaml.safe_load((RULES / "sora-alerts.rules.yml").read_text())["groups"]
    service = next(group for group in groups if group["name"] == "sora.alerts.service")
    lasting = [rule for rule in service["rules"] if rule["labels"]["severity"] in ("critical", "warning")]
    for rule in lasting:
        if rule["alert"] != "SoraLocalNetworkDown":
            assert int(rule["keep_firing_for"].removesuffix("m")) > int(interval[1]), rule["alert"]


def operator_script() -> ModuleType:
    """Return the generator as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate_operator_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_operator_files_follow_the_plain_ones() -> None:
    """The committed PrometheusRules and ServiceMonitor are what the script makes of the plain files."""
    for path, text in operator_script().documents().items():
        assert path.read_text() == text, "run scripts/generate_operator_rules.py"
    for source in RULES.glob("*.rules.yml"):
        copy = RULES / "operator" / source.name.replace(".rules.yml", ".prometheusrule.yml")
        assert yaml.safe_load(copy.read_text())["spec"] == yaml.safe_load(source.read_text())
