"""The rules on the installed engines: they load, do what their cases say, and no alert is without its cases."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.choice import Choice
from support.programs.launch import ROOT, RULES, program
from support.programs.rule_cases import trimmed

CASES = sorted((ROOT / "tests" / "rules").glob("*.yml"))
RUNBOOK = "https://github.com/sora-exporter/sora_exporter/blob/main/alerting-rules/runbook.md"
DASHBOARDS = ("sora-overview", "sora-service", "sora-risk-control", "sora-cost")
PERMANENT = {"SoraWatchdog"}


def rules(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rules of one of the files."""
    for group in yaml.safe_load((RULES / name).read_text())["groups"]:
        yield from group["rules"]


ALERTS = list(rules("sora-alerts.rules.yml"))
ALERT_NAMES = sorted({rule["alert"] for rule in ALERTS})


def said_by(*command: str | Path) -> str:
    """Return what a program prints; fails with that when it does not succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.programs
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_cases(case: Path, tmp_path: Path, short_or_long: Choice) -> None:
    """Prometheus' own unit tests pass, over the rules that a case depends on, in the full form over all rules."""
    chosen = short_or_long(trimmed(case, tmp_path), case)
    assert "SUCCESS" in said_by(program("promtool"), "test", "rules", chosen)


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
        f"-rule={RULES / 'sora-recording.rules.yml'}", f"-rule={RULES / 'vmalert' / 'sora-alerts.rules.yml'}",
    )  # fmt: skip


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_every_alert_has_its_cases(alert: str) -> None:
    """Each alert is proven to fire, and to be silent before and after."""
    expectations = [
        (test["name"], minutes(one["eval_time"]), bool(one["exp_alerts"]))
        for case in CASES
        for test in yaml.safe_load(case.read_text())["tests"]
        for one in test.get("alert_rule_test", ())
        if one["alertname"] == alert
    ]
    firing = [(name, at) for name, at, fires in expectations if fires]
    silent = [(name, at) for name, at, fires in expectations if not fires]
    assert firing, f"{alert} is never shown firing"
    if alert not in PERMANENT:
        assert any(n == name and t < at for name, at in firing for n, t in silent), f"{alert}: no silence before"
        assert any(n == name and t > at for name, at in firing for n, t in silent), f"{alert} is never seen to end"


def minutes(duration: str) -> float:
    """Return the minutes of a duration such as 90m, 2h or 1h30m."""
    units = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_alert_tells_what_to_do(rule: dict[str, Any]) -> None:
    """An alert has a known severity, a headline, a description, a heading in the runbook and a dashboard."""
    notes = rule["annotations"]
    assert rule["labels"]["severity"] in ("critical", "warning", "info", "none")
    assert re.fullmatch(r"[A-Z][^{}\n]*\.", notes["summary"]), "a summary is one static sentence"
    assert notes["description"].strip()
    assert notes["runbook_url"] == f"{RUNBOOK}#{rule['alert'].lower()}"
    assert re.match(r"/d/([a-z-]+)", notes["dashboard_url"])[1] in DASHBOARDS  # type: ignore[index]
    headings = re.findall(r"^##+ (\w+)$", (RULES / "runbook.md").read_text(), re.MULTILINE)
    assert headings.count(rule["alert"]) == 1


def test_alerts_are_those_of_the_public_surface() -> None:
    """Neither more nor fewer alerts than documented."""
    documented = re.findall(r"^\| `(Sora\w+)`", (RULES / "README.md").read_text(), re.MULTILINE)
    assert sorted(documented) == ALERT_NAMES


def test_recorded_series_are_documented() -> None:
    """Every recorded series that is meant to be read stands in the documentation, and nothing else does."""
    documented = set(re.findall(r"`([a-z_]+:\w+:\w+)`", (RULES / "README.md").read_text()))
    recorded = {rule["record"] for rule in rules("sora-recording.rules.yml")}
    assert documented <= recorded
    inner = re.compile(
        r":(sum10m|sum30m|sum1h|sum6h|sum3d|hourly\w*|rank|changes\dh)$|available:sum|evidence:sum|maintenance:sum|^sora:"
    )
    assert {name for name in recorded - documented if not inner.search(name)} == set()


@pytest.mark.parametrize("file", ["sora-recording.rules.yml", "sora-alerts.rules.yml"])
def test_rules_are_generic(file: str) -> None:
    """No service, provider or model is named in a rule."""
    text = (RULES / file).read_text().lower()
    assert not re.search(r"sora-2|sora_video|veo|apiyi|openai|gpt|0\.999\b", text)


def test_rules_stay_with_what_every_version_understands() -> None:
    """Nothing is used that Prometheus 2.42 lacks, that 3.x gave up, or that needs a flag."""
    newer = r"query_offset|sort_by_label|holt_winters|double_exp|mad_over_time|limitk|limit_ratio|@ ?(start|end)"
    for file in RULES.glob("*.rules.yml"):
        assert not re.search(newer, file.read_text())
