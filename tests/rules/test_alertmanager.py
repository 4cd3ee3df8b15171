"""The shipped Alertmanager and Prometheus configuration, and the Operator's copy of the rules."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.generators import generator
from support.programs.alerting import adapted, alerts, post_alerts
from support.programs.launch import RULES, alertmanager, eventually, program
from support.programs.sinks import mail_sink, webhook_sink

CONFIG = RULES / "alertmanager.yml"
SERVICE = ("service_id=alpha", "provider=acme", "product=p")

ROUTES = [
    (("alertname=SoraServiceSuspended", "severity=critical", *SERVICE), "page"),
    (("alertname=SoraProductUnavailable", "severity=critical", "product=p"), "page"),
    (("alertname=SoraExporterDown", "severity=critical"), "page"),
    (("alertname=SoraExporterDown", "severity=warning"), "ticket"),
    (("alertname=SoraServiceRiskControl", "severity=warning", *SERVICE), "ticket"),
    (("alertname=SoraServiceStatusChanged", "severity=info", *SERVICE), "change"),
    (("alertname=SoraProbeBudgetExhausted", "severity=info"), "notice"),
    (("alertname=SoraServiceMaintenance", "severity=none", *SERVICE), "none"),
    (("alertname=SoraServiceRetired", "severity=none", *SERVICE), "none"),
    (("alertname=SoraWatchdog", "severity=none"), "deadman"),
]


Labels = Mapping[str, str]


def about(name: str, severity: str, **more: str) -> Labels:
    """Return the labels of an alert; ``name`` is its name without the leading Sora."""
    return {"alertname": f"Sora{name}", "severity": severity, **more}


def of_service(name: str, severity: str, service_id: str = "alpha", at: str = "acme", product: str = "p") -> Labels:
    """Return the labels of an alert about one service."""
    return about(name, severity, service_id=service_id, provider=at, product=product)


CHANGE = of_service("ServiceStatusChanged", "info")
WATCHDOG = about("Watchdog", "none")
PAGE = about("StatusPageIncident", "warning", page="openai")
OF_ALL_KINDS = (
    of_service("ServiceSuspended", "critical"),
    of_service("ServiceRiskControl", "warning"),
    of_service("ServiceDegraded", "warning"),
    of_service("ErrorBudgetBurnFast", "critical"),
    of_service("ErrorBudgetBurnSlow", "warning"),
)
OF_OTHERS = tuple({**one, "service_id": "gamma", "provider": "other", "product": "q"} for one in OF_ALL_KINDS)
FOREIGN = {"alertname": "DiskFull", "severity": "warning", "service_id": "alpha"}
WIDE = (
    about("ProviderDown", "critical", provider="acme"),
    about("ProductUnavailable", "critical", product="p"),
    about("ProbeStale", "info"),
    about("ProbeQuotaExhausted", "warning", service_id="alpha", provider="acme", product="p"),
    PAGE,
)

# Each firing alert, the alerts that it mutes, and alerts that it must not mute. No other alert can mute them.
INHIBITIONS: Mapping[str, tuple[Labels, tuple[Labels, ...], tuple[Labels, ...]]] = {
    "no exporter": (
        about("ExporterDown", "critical", scope="all"),
        (
            *OF_ALL_KINDS,
            *OF_OTHERS,
            *WIDE,
            CHANGE,
            about("LocalNetworkDown", "critical"),
            about("TLSExpiry", "warning"),
        ),
        (WATCHDOG, {"alertname": "DiskFull", "severity": "warning"}),
    ),
    "a shard down": (
        about("ExporterDown", "critical", scope="shard", instance="a"),
        (),
        (of_service("ServiceSuspended", "critical"), about("ProviderDown", "critical", provider="acme"), WATCHDOG),
    ),
    "a replica down": (
        about("ExporterDown", "warning", scope="replica", instance="a"),
        (),
        (of_service("ServiceSuspended", "critical"), about("ProviderDown", "critical", provider="acme"), WATCHDOG),
    ),
    "local network": (
        about("LocalNetworkDown", "critical"),
        (*OF_ALL_KINDS, *OF_OTHERS, *WIDE, CHANGE),
        (WATCHDOG, about("ExporterDown", "critical", scope="all"), about("ConfigReloadFailed", "warning")),
    ),
    "a blind place": (
        about("LocalNetworkDown", "warning", instance="a"),
        (),
        (*OF_ALL_KINDS, *WIDE, CHANGE),
    ),
    "provider down": (
        about("ProviderDown", "critical", provider="acme"),
        (*OF_ALL_KINDS, of_service("ServiceSuspended", "critical", "beta")),
        (*OF_OTHERS, of_service("ServiceSuspended", "critical", "beta", at="other"), PAGE, CHANGE),
    ),
    "product unavailable": (
        about("ProductUnavailable", "critical", product="p"),
        (*OF_ALL_KINDS, of_service("ServiceSuspended", "critical", "beta", at="other")),
        (*OF_OTHERS, CHANGE, about("ProviderDown", "critical", provider="acme")),
    ),
    "maintenance": (
        of_service("ServiceMaintenance", "none"),
        (*OF_ALL_KINDS, of_service("ProbeStale", "warning")),
        (*OF_OTHERS, CHANGE, of_service("ServiceSuspended", "critical", "beta"), *WIDE[:3], PAGE, FOREIGN),
    ),
    "retired": (
        of_service("ServiceRetired", "none"),
        (*OF_ALL_KINDS, of_service("ProbeStale", "warning")),
        (*OF_OTHERS, CHANGE, of_service("ServiceSuspended", "critical", "beta"), *WIDE[:3], PAGE, FOREIGN),
    ),
    "critical of a service": (
        of_service("ErrorBudgetBurnFast", "critical"),
        (of_service("ServiceDegraded", "warning"), of_service("ProbeStale", "warning"), of_service("X", "info")),
        (
            of_service("ServiceDegraded", "warning", "beta"),
            of_service("ServiceSuspended", "critical"),
            CHANGE,
            PAGE,
            about("TLSExpiry", "warning", provider="acme"),
        ),
    ),
    "critical of no service": (
        about("CertificateOfOurs", "critical"),
        (),
        (PAGE, about("TLSExpiry", "warning", provider="acme"), of_service("ServiceDegraded", "warning")),
    ),
}


FENCES = count()


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an Alertmanager with the shipped configuration; its receivers deliver to this test."""
    directory = tmp_path_factory.mktemp("alertmanager")
    with mail_sink() as mail, webhook_sink() as webhook:
        here = {
            r"localhost:25\b": mail.address,
            r"127\.0\.0\.1:9095": webhook.address,
            r"templates/\*": f"{RULES}/templates/*",
        }
        config = directory / "alertmanager.yml"
        config.write_text(adapted(CONFIG.read_text(), here))
        with alertmanager(config, directory / "data") as url:
            yield url


def mutes(manager: str, source: Labels, target: Labels) -> bool:
    """Return whether the first of two alerts mutes the second, when no others fire.

    Alertmanager reads alerts in the order in which they are posted: once it mutes the fence, it also knows the source.
    """
    service = f"fence {next(FENCES)}"
    fence = about("ServiceDegraded", "info", service_id=service)
    posted = (source, target, about("ServiceSuspended", "critical", service_id=service), fence)
    post_alerts(manager, posted)
    eventually(lambda: held(alerts(manager), fence)["status"]["inhibitedBy"], every=0.01)
    shown = alerts(manager)
    post_alerts(manager, posted, over=True)
    return held(shown, source)["fingerprint"] in held(shown, target)["status"]["inhibitedBy"]


def held(shown: Iterable[Mapping[str, Any]], labels: Labels) -> Mapping[str, Any]:
    """Return the alert with exactly these labels."""
    return next(alert for alert in shown if alert["labels"] == labels)


@pytest.mark.programs
@pytest.mark.parametrize(("source", "muted", "audible"), INHIBITIONS.values(), ids=list(INHIBITIONS))
def test_inhibition(manager: str, source: Labels, muted: tuple[Labels, ...], audible: tuple[Labels, ...]) -> None:
    """A firing alert mutes the alerts that it explains, and none of another service, provider or product."""
    assert [target for target in muted if not mutes(manager, source, target)] == []
    assert [target for target in audible if mutes(manager, source, target)] == []


@pytest.mark.programs
@pytest.mark.parametrize(
    ("labels", "receiver"), ROUTES, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_routes(labels: tuple[str, ...], receiver: str) -> None:
    """Each kind of alert reaches its receiver."""
    command = [program("amtool"), "config", "routes", "test", f"--config.file={CONFIG}", *labels]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == [receiver]


@pytest.mark.programs
def test_configuration_is_valid() -> None:
    """amtool and promtool accept the shipped files with their templates and rules."""
    for command in (
        ["amtool", "check-config", str(CONFIG)],
        ["promtool", "check", "config", str(RULES / "prometheus.yml")],
        ["promtool", "check", "config", str(RULES / "prometheus-shard.yml")],
    ):
        done = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.programs
def test_ready_blocks_are_valid_once_uncommented(tmp_path: Path) -> None:
    """amtool accepts every prepared block once its comment signs are removed.

    The installed Alertmanager is too old to read the secrets of Telegram and WeCom from files: they are given by value.
    """
    text = re.sub(r"^    # (email|webhook|slack|telegram|wechat|  )", r"    \1", CONFIG.read_text(), flags=re.MULTILINE)
    text = text.replace("bot_token_file: secrets/", "bot_token: ").replace("api_secret_file: secrets/", "api_secret: ")
    page = next(one for one in yaml.safe_load(text)["receivers"] if one["name"] == "page")
    assert set(page) == {"name"} | {f"{kind}_configs" for kind in ("email", "webhook", "slack", "telegram", "wechat")}
    file = tmp_path / "alertmanager.yml"
    file.write_text(text.replace("templates/", f"{RULES}/templates/"))
    done = subprocess.run([program("amtool"), "check-config", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.programs
def test_each_exporter_belongs_to_one_server(tmp_path: Path) -> None:
    """The servers of prometheus-shard.yml share the exporters: each exporter is scraped by exactly one of them."""
    text = (RULES / "prometheus-shard.yml").read_text()
    text = re.sub(r"sora-(recording|alerts).rules.yml", lambda file: str(RULES / file[0]), text)
    shares = []
    for number in (0, 1):
        file = tmp_path / "prometheus.yml"
        file.write_text(text.replace('regex: "0", action: keep', f'regex: "{number}", action: keep'))
        command = [program("promtool"), "check", "service-discovery", "--timeout=1s", file, "sora_exporter"]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        shares.append({one["labels"]["instance"] for one in found if one["labels"]})
        everyone = {one["discoveredLabels"]["__address__"] for one in found}
    assert all(shares)
    assert sorted(shares[0]) + sorted(shares[1]) == sorted(shares[0]) + sorted(everyone - shares[0])


def test_no_secret_is_written_in_the_configuration() -> None:
    """The shipped files name a file for every secret."""
    for file in (CONFIG, RULES / "prometheus.yml", RULES / "prometheus-shard.yml"):
        assert not re.search(r"\b(password|api_url|bot_token|api_secret|credentials): ", file.read_text())


def test_every_inhibition_needs_its_labels() -> None:
    """An inhibition by service names alerts that have a service: a label that both sides lack would count as equal."""
    for rule in yaml.safe_load(CONFIG.read_text())["inhibit_rules"]:
        if rule.get("equal") == ["service_id"]:
            named = [
                matcher for matcher in rule["target_matchers"] if "service_id" in matcher or "SoraService" in matcher
            ]
            assert named, rule


def test_severity_none_notifies_no_person() -> None:
    """Alerts of severity none go to a receiver without an address, in the plain file and in the Operator's."""
    plain = yaml.safe_load(CONFIG.read_text())
    operator = yaml.safe_load((RULES / "operator" / "alertmanager" / "alertmanagerconfig.yml").read_text())
    for receivers in (plain["receivers"], operator["spec"]["receivers"]):
        assert {"name": "none"} in receivers
    assert [len(plain["inhibit_rules"]), len(plain["route"]["routes"])] == [
        len(operator["spec"]["inhibitRules"]),
        len(operator["spec"]["route"]["routes"]),
    ]


def test_operator_files_follow_the_plain_ones() -> None:
    """The committed files of the Operator are those that the script generates from the plain files."""
    for path, text in generator("operator_rules").documents().items():
        assert path.read_text() == text, "run scripts/generate/operator_rules.py"
    for source in RULES.glob("*.rules.yml"):
        copy = RULES / "operator" / source.name.replace(".rules.yml", ".prometheusrule.yml")
        assert yaml.safe_load(copy.read_text())["spec"] == yaml.safe_load(source.read_text())


def test_the_overlay_of_the_chart_has_every_object() -> None:
    """The overlay for kube-prometheus-stack has the rules, the monitor and the routes, with the chart's label."""
    folder = RULES / "kube-prometheus-stack"
    overlay = yaml.safe_load((folder / "kustomization.yaml").read_text())
    kinds = [
        yaml.safe_load((base / name).read_text())["kind"]
        for base in (folder / entry for entry in overlay["resources"])
        for name in yaml.safe_load((base / "kustomization.yaml").read_text())["resources"]
    ]
    assert sorted(kinds) == ["AlertmanagerConfig", "PrometheusRule", "PrometheusRule", "ServiceMonitor"]
    assert overlay["labels"] == [{"pairs": {"release": "kube-prometheus-stack"}}]
