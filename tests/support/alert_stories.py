"""Histories as series, and Prometheus' own unit test over them: what the shipped rules make of a story.

A story has one error class a minute, as the ``canary`` of a service meets it; the model around it is the exporter's:
a status with its beginning, ``up``, one class, attempts and failures that are counted.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sora_exporter.result import ErrorClass, Status
from support.programs.launch import RULES, program
from support.programs.rule_cases import needed_groups

Values = Sequence[float | None]
Series = tuple[str, Mapping[str, str], Values]
"""A name, labels, and a value a minute."""
Expected = tuple[int, str, float | None]
"""A minute, a query, and the number that it gives, or None if it gives nothing."""
SHALLOW = {"connection", "dns", "tls", "timeout", "server_error", "maintenance", "model_retired", "authentication"}
"""Classes that the ``catalog`` probe meets too; the others are met by requests to create alone."""


def shipped(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rules of the recording or the alerts file."""
    for group in yaml.safe_load((RULES / f"sora-{kind}.rules.yml").read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def minutes(*stretches: tuple[int, str]) -> list[str]:
    """Return one class a minute for stretches of (minutes, class)."""
    return [error_class for length, error_class in stretches for _ in range(length)]


@dataclass(frozen=True)
class Story:
    """One service as one exporter sees it; ``every`` is the canary's interval in minutes."""

    classes: Sequence[str]
    service_id: str = "alpha"
    every: int = 1
    product: str = "p"
    provider: str = "acme"
    objective: float = 0.99
    target: Mapping[str, str] = field(default_factory=lambda: {"instance": "a"})

    def series(self) -> Iterator[Series]:
        """Yield what Prometheus scrapes each minute."""
        length = len(self.classes)
        mine = {"job": "sora_exporter", **self.target, "service_id": self.service_id}
        met = [self.classes[minute - minute % self.every] for minute in range(length)]
        info = {"name": self.service_id.title(), "product": self.product, "access": "official"}
        yield (
            "sora_service_info",
            {**mine, **info, "provider": self.provider, "model": "m", "api": "videos"},
            [1] * length,
        )
        yield "sora_service_objective_ratio", mine, [self.objective] * length
        statuses = [ErrorClass(error_class).status for error_class in met]
        since, begun = 0.0, []
        for minute, status in enumerate(statuses):
            since = 60.0 * minute if minute and status != statuses[minute - 1] else since
            begun.append(since)
        yield "sora_service_status_since_timestamp_seconds", mine, begun
        for status in Status:
            yield "sora_service_status", {**mine, "status": status.value}, [int(one is status) for one in statuses]
        for error_class in sorted(set(met)):
            shown = [1 if one == error_class else None for one in met]
            yield "sora_service_error", {**mine, "error_class": error_class}, shown
        known = [status not in (Status.UNKNOWN, Status.RETIRED) for status in statuses]
        up = [int(one in ("none", "slow")) if is_known else None for one, is_known in zip(met, known, strict=True)]
        yield "sora_service_up", mine, up
        yield from self._probe({**mine, "probe": "canary"}, met, self.every)
        shallow = [one if one in SHALLOW else "none" for one in self.classes]
        yield from self._probe({**mine, "probe": "catalog"}, shallow, 1)

    @staticmethod
    def _probe(mine: Mapping[str, str], met: Sequence[str], every: int) -> Iterator[Series]:
        length = len(met)
        attempted = [minute - minute % every for minute in range(length)]
        yield "sora_probe_interval_seconds", mine, [60.0 * every] * length
        yield "sora_probe_last_attempt_timestamp_seconds", mine, [60.0 * minute for minute in attempted]
        yield "sora_probe_success", mine, [int(one in ("none", "slow")) for one in met]
        yield "sora_probe_attempts_total", mine, [1 + minute // every for minute in range(length)]
        for error_class in sorted(set(met) - {"none", "slow"}):
            hits = [met[minute] == error_class and minute % every == 0 for minute in range(length)]
            counted = [float(sum(hits[: minute + 1])) for minute in range(length)]
            yield "sora_probe_failures_total", {**mine, "error_class": error_class}, counted


def plain(name: str, values: Values, **labels: str) -> Iterator[Series]:
    """Yield one series as it is."""
    yield name, labels, values


def scrapes(*answers: int, instance: str = "a") -> Iterator[Series]:
    """Yield ``up`` of the exporter's job."""
    return plain("up", answers, job="sora_exporter", instance=instance)


def written(values: Values) -> str:
    """Return values in promtool's notation; what a scrape no longer brings is marked stale, as Prometheus does."""
    words = []
    for minute, value in enumerate(values):
        ended = value is None and minute > 0 and values[minute - 1] is not None
        words.append("stale" if ended else "_" if value is None else f"{value:g}" if value < 1e5 else f"{value:.0f}")
    return " ".join(words)


def selected(name: str, labels: Mapping[str, str]) -> str:
    """Return the series with this name and these labels as Prometheus writes it."""
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{pairs}}}"


def firings(alert: str, **labels: str) -> str:
    """Return the query for an alert while it fires."""
    return selected("ALERTS", {"alertname": alert, "alertstate": "firing", **labels})


def check(
    directory: Path,
    series: Iterable[Series],
    expected: Sequence[Expected],
    every: str = "1m",
) -> None:
    """Fail unless each (minute, query) gives the number, or nothing where it is None. The query must drop labels.

    ``every`` is the interval of evaluation: stories of hours need no minutes if only averages are read.
    """
    tests = [
        {
            "expr": query,
            "eval_time": f"{minute}m",
            "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
        }
        for minute, query, value in expected
    ]
    histories = {selected(name, labels): written(values) for name, labels, values in series}
    groups = needed_groups([query for _, query, _ in expected], {key.partition("{")[0] for key in histories})
    promtool_test(directory, groups, histories, {"promql_expr_test": tests}, every)


def promtool_test(
    directory: Path,
    groups: Sequence[Mapping[str, Any]],
    histories: Mapping[str, str],
    expected: Mapping[str, Any],
    every: str = "1m",
    interval: str = "1m",
) -> None:
    """Fail unless groups of rules, evaluated in this order over series at one value an interval, give what is expected.

    ``histories`` are values by selector, in promtool's notation; ``expected`` are further members of its test.
    """
    series = [{"series": key, "values": values} for key, values in histories.items()]
    document = {
        "rule_files": ["rules.json"],
        "evaluation_interval": every,
        "group_eval_order": [group["name"] for group in groups],
        "tests": [{"interval": interval, "input_series": series, **expected}],
    }
    # JSON is YAML too, and quicker to write.
    (directory / "rules.json").write_text(json.dumps({"groups": groups}), encoding="utf-8")
    (directory / "story.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [program("promtool"), "test", "rules", directory / "story.json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        # Collecting garbage took a quarter of its time.
        env={**os.environ, "GOGC": "400"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
