"""The rules on the installed engines: they load, do what their cases say, and no alert is without its cases."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.alert_stories import check, scrapes, shipped
from support.programs.launch import RULES, program

from sora_exporter.config import parse_duration
from sora_exporter.evidence.track import OWN_FAULTS
from sora_exporter.probes.scheduler import LOOK_SECONDS
from sora_exporter.result import ErrorClass, Status

RUNBOOK = "https://github.com/sora-exporter/sora_exporter/blob/main/alerting-rules/runbook.md"
DASHBOARDS = ("sora-overview", "sora-service", "sora-risk-control", "sora-cost")
ALERTS = list(shipped("alerts"))
ALERT_NAMES = sorted({rule["alert"] for rule in ALERTS})
INNER = re.compile(
    r":hourly|:delta1?m?$|:(?:sum|count)\d+[hd]$|:rank$|^sora:|instance|location|_probe:|disputed|trouble_|changed_|held_|_seen:|uncounted|:max1m"
)
"""Series that only other rules read."""
UNREACHED = {ErrorClass.CONNECTION, ErrorClass.DNS, ErrorClass.TLS}
REFUSAL = "error_class:sora_probe_refusal:bool"
SPEAKING, MUTING = 20, {"SoraServiceMaintenance", "SoraServiceRetired", "SoraWatchdog"}


def said_by(*command: str | Path) -> str:
    """Return what a program prints; fails with that when it does not succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.programs
def test_rules_pass_the_strictest_check() -> None:
    """promtool has nothing to say against the rules, with every lint made fatal."""
    files = sorted(RULES.glob("*.rules.yml"))
    assert said_by(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *files).count("SUCCESS") == 2


@pytest.mark.programs
def test_vmalert_loads_the_rules() -> None:
    """The installed vmalert accepts the recording rules, and the alerts without what it does not know yet."""
    said_by(
        program("vmalert"), "-dryRun", "-rule.validateTemplates=false",
        *(f"-rule={file}" for file in (RULES / "sora-recording.rules.yml", *sorted((RULES / "vmalert").iterdir()))),
    )  # fmt: skip


SHARDS = (("alpha", "0"), ("beta", "1"))
RECORDED = {
    "sora_service_info:last": (1, 1),
    "sora_service_severity:median": (0, 4),
    "sora_service_confirmed_severity:median": (0, 4),
    "sora_service_available:bool": (1, 0),
}
"""The series that a shard records of a service that works, and of one that is suspended."""


@pytest.mark.programs
def test_a_ruler_above_compares_routes_of_several_shards(tmp_path: Path) -> None:
    """Two routes in two shards are one product: one that works is enough, and without any the alert fires."""
    series = [
        {
            "series": f'service_id:{name}{{service_id="{one}",product="p",prometheus_shard="{shard}"}}',
            "values": f"{good}x9 {good if one == 'alpha' else bad}x9 {bad}x9",
        }
        for one, shard in SHARDS
        for name, (good, bad) in RECORDED.items()
    ] + [
        {
            "series": f'service_id:sora_service_{kind}:severity{{service_id="{one}"}}',
            "values": f"_x{start} 4x{29 - start}",
        }
        for one, start in (("alpha", 20), ("beta", 10))
        for kind in ("trouble", "own_trouble")
    ]
    firing = 'count(ALERTS{alertname="SoraProductUnavailable",alertstate="firing"})'
    expected = [
        ("5m", 'sum(product:sora_product_routes:count{product="p"})', 2),
        ("15m", "sum(product:sora_product_routes_available:sum)", 1),
        ("15m", firing, None),
        ("25m", firing, 1),
    ]
    case = {
        "rule_files": [str(RULES / "ruler" / "sora-products.rules.yml")],
        "tests": [
            {
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [
                    {"expr": query, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}] if value else []}
                    for at, query, value in expected
                ],
            }
        ],
    }
    file = tmp_path / "ruler.yml"
    file.write_text(yaml.safe_dump(case))
    said_by(program("promtool"), "test", "rules", str(file))


def test_classes_are_written_once() -> None:
    """Each kind of class is named in one place: ranks, refusals, unreached hosts, and the failures that do not count.

    The last ones repeat what the ranks leave out, beside moderation: joining 50 counters a service would cost too much.
    """
    text = (RULES / "sora-recording.rules.yml").read_text("utf-8")
    own = {one for one in ErrorClass if one.status is Status.UNKNOWN} | {ErrorClass.CONTENT_POLICY}
    left_out = [set(found.split("|")) for found in re.findall(r'(?:error_class|outcome)!~"([a-z_|]+)"', text)]
    assert left_out == [{one.value for one in UNREACHED}, {one.value for one in own}]
    assert not re.findall(r'(?:error_class|outcome)=~"', text)
    refusals = next(rule["expr"] for rule in shipped("recording") if rule["record"] == REFUSAL)
    assert set(re.findall(r'"error_class", "(\w+)"', refusals)) == {one.value for one in OWN_FAULTS}


@pytest.mark.programs
def test_outcomes_of_applications_follow_the_error_classes(tmp_path: Path) -> None:
    """Requests of applications leave out our own faults and unreached hosts; others have the rank of their class."""
    apart = {one for one in ErrorClass if one.status is Status.UNKNOWN} | UNREACHED
    ranks = [status for status in Status if status is not Status.UNKNOWN]
    expected = [
        (
            0,
            f'sum(outcome:sora_client_severity:rank{{outcome="{one.value}"}})',
            None if one in apart else 0 if one is ErrorClass.SLOW else ranks.index(one.status),
        )
        for one in ErrorClass
    ]
    check(tmp_path, scrapes(1), [*expected, (0, 'sum(outcome:sora_client_severity:rank{outcome="success"})', 0)])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_alert_is_documented(rule: dict[str, Any]) -> None:
    """An alert has a known severity, a headline, a description, a heading in the runbook and a dashboard."""
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in ("critical", "warning", "info", "none")
    assert re.fullmatch(r"[A-Z][^{}\n]*\.", notes["summary"]), "a summary is one static sentence"
    assert notes["description"].strip()
    assert notes["runbook_url"] == f"{RUNBOOK}#{rule['alert'].lower()}"
    assert re.match(r"\{\{ \$externalLabels.grafana_url \}\}/d/([a-z-]+)", notes["dashboard_url"])[1] in DASHBOARDS  # type: ignore[index]
    headings = re.findall(r"^##+ (\w+)$", (RULES / "runbook.md").read_text(), re.MULTILINE)
    assert headings.count(rule["alert"]) == 1


def test_alerts_are_those_of_the_public_surface() -> None:
    """Twenty alerts speak and three mute or prove; each is documented."""
    assert len(set(ALERT_NAMES) - MUTING) == SPEAKING
    documented = re.findall(r"^\| `(Sora\w+)`", (RULES / "README.md").read_text(), re.MULTILINE)
    assert sorted(documented) == ALERT_NAMES


def test_recorded_series_are_documented() -> None:
    """Every recorded series that is meant to be read is in the documentation, and no other one."""
    documented = set(re.findall(r"`([a-z_]+:\w+:\w+)`", (RULES / "README.md").read_text()))
    recorded = {rule["record"] for rule in shipped("recording")}
    assert documented <= recorded
    assert {name for name in recorded - documented if not INNER.search(name)} == set()


@pytest.mark.parametrize("file", ["sora-recording.rules.yml", "sora-alerts.rules.yml"])
def test_rules_are_generic(file: str) -> None:
    """No service, provider or model is named in a rule."""
    text = (RULES / file).read_text().lower()
    assert not re.search(r"sora-2|sora_video|veo|apiyi|openai|gpt|0\.999\b", text)


def test_rules_use_features_of_every_version() -> None:
    """Nothing is used that Prometheus 2.42 lacks, that 3.x gave up, or that needs a flag."""
    newer = r"query_offset|sort_by_label|holt_winters|double_exp|mad_over_time|limitk|limit_ratio|@ ?(start|end)"
    for file in RULES.glob("*.rules.yml"):
        assert not re.search(newer, file.read_text())


def loaded(name: str) -> Any:
    """Return the content of a shipped file."""
    return yaml.safe_load((RULES / name).read_text("utf-8"))


def test_the_shipped_times_add_up() -> None:
    """A fault is notified within 150 s of the first failed attempt, its end within 180 s of the second success."""
    groups = [*loaded("sora-recording.rules.yml")["groups"], *loaded("sora-alerts.rules.yml")["groups"]]
    every = {group["name"]: parse_duration(group["interval"]) for group in groups}
    expressions = {rule["record"]: rule["expr"] for rule in shipped("recording")}
    own = expressions["service_id:sora_service_own_trouble:severity"]
    confirmed = expressions["service_id:sora_service_confirmed_severity:median"]
    alone = min(int(found) for found in re.findall(r">= (\d+)", own))
    (held,) = (parse_duration(found) for found in re.findall(r"\[(\w+)\]", confirmed))
    route = loaded("alertmanager.yml")["route"]
    scrape = parse_duration(loaded("prometheus.yml")["global"]["scrape_interval"])
    evaluated = every["sora.now"] + every["sora.alerts.service"]
    assert alone + evaluated + parse_duration(route["group_wait"]) <= 150
    assert scrape + held + evaluated + parse_duration(route["group_interval"]) - LOOK_SECONDS <= 180
