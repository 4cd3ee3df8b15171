"""The whole chain on real programs: simulator, exporter, Prometheus, Alertmanager, mail and webhook sinks.

The shipped files are used; only addresses and, for haste, durations are replaced in them.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.programs.launch import RULES, Prometheus, alertmanager, eventually, fetch, free_port, prometheus
from support.programs.sinks import Sink, mail_sink, webhook_sink
from support.running import KEY, Running, environment, exporter, simulator

HASTE: Mapping[str, str] = {
    r"(?<!group_)(?<!repeat_)(?<!refresh_)interval: \w+": "interval: 1s",
    r"scrape_timeout: \w+": "scrape_timeout: 900ms",
    r"keep_firing_for: \w+": "keep_firing_for: 2s",
    r"\bfor: \w+": "for: 1s",
    # Prometheus takes up to ten seconds to discover its targets, and one late scrape is not a dead exporter.
    r"(alert: SoraExporterDown(?:\n.*){1,9}?\bfor: )1s": r"\g<1>12s",
    r"offset 5m": "offset 5s",
    r"offset 1h": "offset 15s",
    # A trouble is confirmed, waits for its provider, ends, is held.
    r">= 55\b": ">= 1",
    r">= 75\b": ">= 2",
    r">= 120\b": ">= 4",
    r"\[95s\]": "[4s]",
    r"\[65s\]": "[3s]",
    r"vector\(3 \* 3600\)": "vector(6)",
    r"(resets\(\S+)\[1h\]": r"\g<1>[15s]",
    r"group_wait: \w+": "group_wait: 1s",
    r"group_interval: \w+": "group_interval: 1s",
    r"refresh_interval: \w+": "refresh_interval: 5s",
}
"""Patterns of durations in the shipped files, and what they become."""

SETTLED = 3
"""Seconds of evaluations in haste after which a condition that holds has become an alert: probe, record, ``for``."""

CONFIG = """\
providers:
  acme: {{base_url: "{provider}/v1", api_key_env: OPENAI_API_KEY}}
services:
  - {{id: alpha, name: Alpha, product: sora-2, access: official, provider: acme, model: sora-2, api: videos,
     probes: &often {{canary: {{interval: {interval}, timeout: {timeout}}}}}}}
  - {{id: beta, name: 贝塔, product: sora-2, access: reverse, provider: acme, model: sora_video2, api: chat,
     probes: *often}}
"""


@dataclass(frozen=True)
class Chain:
    """The running programs, and the sinks at the end."""

    provider: str
    exporter: Running
    prometheus: Prometheus
    alertmanager: str
    mail: Sink
    webhook: Sink

    def behave(self, model: str, behaviour: str) -> None:
        """Make a model of the simulated provider behave in a way, by its name."""
        fetch(f"{self.provider}/control/models/{model}", {"behaviour": behaviour})

    def alert_names(self) -> set[str]:
        """Return the names of the alerts that Alertmanager holds now, without those of fences."""
        names = {alert["labels"]["alertname"] for alert in alerts(self.alertmanager)}
        return {name for name in names if not name.startswith("fence")}

    def has_annotation(self, service_id: str, name: str, words: str) -> bool:
        """Return whether an alert of Prometheus about a service has an annotation with these words."""
        found = self.prometheus.api("alerts")["alerts"]
        own = [alert["annotations"] for alert in found if alert["labels"].get("service_id") == service_id]
        return any(words in annotations.get(name, "") for annotations in own)

    def fence(self) -> None:
        """Return once every notification that follows from the present state has been sent.

        The rules have then been evaluated several times, and a later alert has come out of each receiver of mail.
        """
        evaluated = f"timestamp(ALERTS{{alertname='SoraWatchdog', alertstate='firing'}}) > {time.time() + SETTLED:.3f}"
        eventually(lambda: self.prometheus.query(evaluated))
        name = f"fence {time.time():.3f}"
        labels = [{"alertname": name, "product": name, "severity": severity} for severity in ("critical", "warning")]
        post_alerts(self.alertmanager, labels, summary=name)
        eventually(lambda: len(self.mail.mails_about(name)) == len(labels))

    def subjects(self, since: int = 0) -> list[str]:
        """Return the subjects of the mails after the first so many, without those of fences."""
        return [mail.subject for mail in self.mail.mails[since:] if "fence" not in mail.subject]


def post_alerts(manager: str, labels: Iterable[Mapping[str, str]], summary: str = "", *, over: bool = False) -> None:
    """Post alerts with these labels to the Alertmanager at this address, as firing or as over."""
    now = datetime.now(UTC)
    times = {"startsAt": (now - timedelta(minutes=1)).isoformat(), "endsAt": now.isoformat()} if over else {}
    body = [{"labels": dict(one), "annotations": {"summary": summary}, **times} for one in labels]
    fetch(f"{manager}/api/v2/alerts", body)


def alerts(manager: str) -> list[dict[str, Any]]:
    """Return the firing alerts of the Alertmanager at this address, as its API shows them."""
    held: list[dict[str, Any]] = json.loads(fetch(f"{manager}/api/v2/alerts"))
    return held


def adapted(text: str, replacements: Mapping[str, str]) -> str:
    """Return a shipped file with every pattern replaced; a pattern that no longer occurs is harmless."""
    for pattern, replacement in replacements.items():
        text = re.sub(pattern, replacement, text)
    return text


@contextmanager
def alerting_chain(directory: Path, interval: str, timeout: str, haste: Mapping[str, str]) -> Iterator[Chain]:
    """Run the chain with probes of this interval, the shipped durations replaced by ``haste``."""
    flags = ["--rules.alert.resend-delay=1s"] if haste else []
    with mail_sink() as mail, webhook_sink() as webhook, simulator("operational") as provider:
        config = directory / "sora.yml"
        config.write_text(CONFIG.format(provider=provider, interval=interval, timeout=timeout), encoding="utf-8")
        shutil.copytree(RULES, directory / "rules")
        alerts_to = free_port()
        arguments = ("--config.file", str(config))
        variables = environment(provider, OPENAI_API_KEY=KEY)
        with exporter(directory / "storage", *arguments, env=variables) as exporting:
            replacements = {
                **haste,
                r"localhost:25\b": mail.address,
                r"127\.0\.0\.1:9095": webhook.address,
                r"127\.0\.0\.1:9093": f"127.0.0.1:{alerts_to}",
                r"127\.0\.0\.1:10198": exporting.url.removeprefix("http://"),
                r"    # (webhook_configs:)\n    # (  - url: \S+)": r"    \1\n    \2",
            }
            for file in (directory / "rules").glob("*.yml"):
                file.write_text(adapted(file.read_text(), replacements))
            rules = directory / "rules"
            with (
                alertmanager(rules / "alertmanager.yml", directory / "alertmanager", port=alerts_to) as alerting,
                prometheus(rules / "prometheus.yml", directory / "data", *flags) as engine,
            ):
                eventually(lambda: engine.query('up{job="sora_exporter"} == 1'))
                yield Chain(provider, exporting, engine, alerting, mail, webhook)
