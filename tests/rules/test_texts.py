"""The texts of alerts, word for word, as promtool expands them from the shipped files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.alert_stories import Story, minutes, scrapes, selected, shipped, written
from support.programs.launch import program
from support.programs.rule_cases import needed_groups

pytestmark = pytest.mark.programs
GRAFANA = "https://grafana.example"
OF_BETA = {"service_id": "beta", "name": "Beta", "product": "p", "access": "official", "provider": "other"}
EXPECTED = {
    "SoraProductUnavailable": (
        {"product": "p", "severity": "critical"},
        {
            "description": "No route to p works: 2 failing of 2; the rest is unknown or in maintenance."
            " Alpha (alpha): overloaded. Beta (beta): captcha.",
            "ended": "A route to p works again.",
            "dashboard_url": f"{GRAFANA}/d/sora-overview",
        },
    ),
    "SoraServiceRiskControl": (
        {**OF_BETA, "severity": "warning"},
        {
            "description": "Beta (beta) at other refuses requests because of risk control."
            " 0% of the requests succeeded. 1 episode began in the last seven days.",
            "ended": "Beta (beta) at other was under risk control from 1970-01-01 00:10 UTC to 1970-01-01 00:16 UTC.",
            "error_class": "captcha",
            "dashboard_url": f"{GRAFANA}/d/sora-service?var-service_id=beta",
        },
    ),
}
"""The alerts of two routes of one product that fail in two ways: their labels, and their texts with figures."""


def test_texts_count_and_name_what_fails(tmp_path: Path) -> None:
    """Each failing route is named once with its class, one episode is singular, addresses of dashboards are whole."""
    stories = [
        Story(minutes((10, "none"), (8, "overloaded"))),
        Story(minutes((10, "none"), (8, "captcha")), "beta", provider="other"),
        *(Story(minutes((18, "none")), f"{one}-2", product=one, provider=one) for one in ("acme", "other")),
    ]
    series = {selected(name, labels): written(values) for story in stories for name, labels, values in story.series()}
    series |= {selected(name, labels): written(values) for name, labels, values in scrapes(*[1] * 18)}
    # Without objectives, the texts have no share of the error budget.
    series = {key: values for key, values in series.items() if not key.startswith("sora_service_objective")}
    notes = {rule["alert"]: rule["annotations"] for rule in shipped("alerts") if rule["alert"] in EXPECTED}
    texts = [text for alert in notes.values() for text in alert.values()]
    groups = needed_groups([*texts, *notes], {key.partition("{")[0] for key in series})
    ruled = [
        {
            **group,
            "rules": [
                {**rule, "annotations": notes[rule["alert"]]} if rule.get("alert") in notes else rule
                for rule in group["rules"]
            ],
        }
        for group in groups
    ]
    document = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in groups],
        "tests": [
            {
                "interval": "1m",
                "external_labels": {"grafana_url": GRAFANA},
                "input_series": [{"series": key, "values": values} for key, values in series.items()],
                "alert_rule_test": [
                    {
                        "alertname": alert,
                        "eval_time": "16m",
                        "exp_alerts": [{"exp_labels": labels, "exp_annotations": {**notes[alert], **figures}}],
                    }
                    for alert, (labels, figures) in EXPECTED.items()
                ],
            }
        ],
    }
    (tmp_path / "rules.json").write_text(json.dumps({"groups": ruled}), encoding="utf-8")
    (tmp_path / "texts.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [program("promtool"), "test", "rules", tmp_path / "texts.json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
