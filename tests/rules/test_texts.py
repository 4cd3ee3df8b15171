"""The texts of alerts, word for word, as promtool expands them from the shipped files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.alert_stories import Story, Values, minutes, promtool_test, scrapes, selected, shipped, written
from support.programs.rule_cases import needed_groups

pytestmark = pytest.mark.programs
GRAFANA = "https://grafana.example"
OF_BETA = {"service_id": "beta", "name": "Beta", "product": "p", "access": "official", "provider": "other"}
Series = list[tuple[str, Mapping[str, str], Values]]
Texts = Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]
"""Labels and texts with figures of some alerts; fixed texts are those of the rules."""


def check_texts(directory: Path, series: Series, expected: Texts, minute: int) -> None:
    """Fail unless these alerts, and none besides of their names, fire at this minute with these labels and texts."""
    histories = {selected(name, labels): written(values) for name, labels, values in series}
    # A name may stand for several rules: the one with all labels of the expected alert is meant.
    rules = {
        rule["expr"]: rule["annotations"]
        for rule in shipped("alerts")
        if (found := expected.get(rule["alert"])) and rule["labels"].items() <= found[0].items()
    }
    notes = {rule["alert"]: rules[rule["expr"]] for rule in shipped("alerts") if rule["expr"] in rules}
    texts = [text for alert in notes.values() for text in alert.values()]
    groups = [
        {
            **group,
            "rules": [
                {**rule, "annotations": rules[rule["expr"]]} if rule["expr"] in rules else rule
                for rule in group["rules"]
                if rule.get("alert") not in expected or rule["expr"] in rules
            ],
        }
        for group in needed_groups([*texts, *notes], {key.partition("{")[0] for key in histories})
    ]
    tests = [
        {
            "alertname": alert,
            "eval_time": f"{minute}m",
            "exp_alerts": [{"exp_labels": labels, "exp_annotations": {**notes[alert], **figures}}],
        }
        for alert, (labels, figures) in expected.items()
    ]
    members = {"external_labels": {"grafana_url": GRAFANA}, "alert_rule_test": tests}
    promtool_test(directory, groups, histories, members)


def test_texts_count_and_name_what_fails(tmp_path: Path) -> None:
    """Each failing route is named once with its class, one episode is singular, addresses of dashboards are whole."""
    stories = [
        Story(minutes((10, "none"), (8, "overloaded"))),
        Story(minutes((10, "none"), (8, "captcha")), "beta", provider="other"),
        *(Story(minutes((18, "none")), f"{one}-2", product=one, provider=one) for one in ("acme", "other")),
    ]
    # Without objectives, the texts have no share of the error budget.
    series = [one for story in stories for one in story.series() if one[0] != "sora_service_objective_ratio"]
    expected = {
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
                "ended": "Beta (beta) at other was under risk control"
                " from 1970-01-01 00:10 UTC to 1970-01-01 00:16 UTC.",
                "error_class": "captcha",
                "dashboard_url": f"{GRAFANA}/d/sora-service?var-service_id=beta",
            },
        ),
    }
    check_texts(tmp_path, [*series, *scrapes(*[1] * 18)], expected, 16)


def test_a_dead_shard_names_its_services(tmp_path: Path) -> None:
    """The alert about an exporter that nothing replaces lists the services that are no longer watched."""
    gone = [Story(minutes((5, "none")), name, target={"instance": "a"}) for name in ("alpha", "beta")]
    there = Story(minutes((10, "none")), "gamma", provider="other", target={"instance": "b"})
    series = [one for story in (*gone, there) for one in story.series()]
    expected = {
        "SoraExporterDown": (
            {"job": "sora_exporter", "instance": "a", "severity": "critical", "scope": "shard"},
            {
                "description": "a does not answer, and no other exporter watches alpha, beta.",
                "ended": "a answers again.",
                "dashboard_url": f"{GRAFANA}/d/sora-overview",
            },
        )
    }
    ups = [*scrapes(*[1] * 5, *[0] * 5), *scrapes(*[1] * 10, instance="b")]
    # A scrape that fails makes all series of the exporter stale.
    stale = [
        (name, labels, [*values[:5], None]) if labels.get("instance") == "a" else (name, labels, values)
        for name, labels, values in series
    ]
    check_texts(tmp_path, [*stale, *ups], expected, 9)
