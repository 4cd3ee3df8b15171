"""The whole chain on real programs: simulator, exporter, Prometheus, Alertmanager, mail and webhook sinks.

The shipped files are used; only addresses and, for haste, durations are replaced in them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from running import KEY, Running, environment, exporter, simulator

from programs.launch import RULES, Prometheus, alertmanager, free_port, prometheus
from programs.sinks import Sink, mail_sink, webhook_sink

HASTE: Mapping[str, str] = {
    r"(?<!group_)(?<!repeat_)(?<!refresh_)interval: \w+": "interval: 1s",
    r"scrape_timeout: \w+": "scrape_timeout: 900ms",
    r"keep_firing_for: \w+": "keep_firing_for: 2s",
    r"\bfor: \w+": "for: 1s",
    r"offset 5m": "offset 5s",
    r"offset 1h": "offset 15s",
    r"group_wait: \w+": "group_wait: 1s",
    r"group_interval: \w+": "group_interval: 1s",
    r"refresh_interval: \w+": "refresh_interval: 5s",
}
"""Patterns of durations in the shipped files, and what they become."""

CONFIG = """\
providers:
  acme: {{base_url: "{provider}/v1", api_key_env: OPENAI_API_KEY}}
services:
  - {{id: alpha, name: Alpha, product: sora-2, access: official, provider: acme, model: sora-2, api: videos,
     objective: 99.9, probes: &often {{canary: {{interval: {interval}, timeout: {timeout}}}}}}}
  - {{id: beta, name: 贝塔, product: sora-2, access: reverse, provider: acme, model: sora_video2, api: chat,
     probes: *often}}
"""


@dataclass(frozen=True)
class Chain:
    """The running programs, and the sinks at the end."""

    provider: str
    exporter: Running
    prometheus: Prometheus
    mail: Sink
    webhook: Sink

    def behave(self, model: str, behaviour: str) -> None:
        """Make a model of the simulated provider behave in a way, by its name."""
        answer = httpx2.post(f"{self.provider}/control/models/{model}", json={"behaviour": behaviour})
        assert answer.status_code == 200, answer.text


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
                alertmanager(rules / "alertmanager.yml", directory / "alertmanager", port=alerts_to),
                prometheus(rules / "prometheus.yml", directory / "data", *flags) as engine,
            ):
                yield Chain(provider, exporting, engine, mail, webhook)
