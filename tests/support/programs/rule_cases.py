"""Prometheus' rule tests over the rules that they need: the rest of the shipped file costs time and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = re.compile(r"[A-Za-z_][\w:]*")


def trimmed(case: Path, directory: Path) -> Path:
    """Write a case and its rule files, without rules that no expectation depends on, into ``directory``.

    Returns the case's new path. A rule is needed if an expectation or a needed rule names its alert or its series.
    """
    document = yaml.safe_load(case.read_text("utf-8"))
    files = {name: yaml.safe_load((case.parent / name).read_text("utf-8")) for name in document["rule_files"]}
    rules = {}
    for content in files.values():
        for group in content["groups"]:
            for rule in group["rules"]:
                rules.setdefault(_name(rule), []).append(rule)
    alerts = {name for name, same in rules.items() if "alert" in same[0]}
    needed = _closure(set(_expected(document, alerts)), rules)
    for number, (name, content) in enumerate(files.items()):
        for group in content["groups"]:
            group["rules"] = [rule for rule in group["rules"] if _name(rule) in needed]
        content["groups"] = [group for group in content["groups"] if group["rules"]]
        (directory / f"{number}-{Path(name).name}").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    document["rule_files"] = [f"{number}-{Path(name).name}" for number, name in enumerate(files)]
    kept = {group["name"] for content in files.values() for group in content["groups"]}
    document["group_eval_order"] = [name for name in document.get("group_eval_order", ()) if name in kept]
    target = directory / case.name
    target.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    return target


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("record") or rule["alert"])


def _expected(document: Mapping[str, Any], alerts: Iterable[str]) -> Iterator[str]:
    """Yield the names in all expectations of a case: alerts, all of them if none is named, and series."""
    for test in document["tests"]:
        for one in test.get("alert_rule_test", ()):
            yield one["alertname"]
        for one in test.get("promql_expr_test", ()):
            yield from NAME.findall(one["expr"])
            if "ALERTS" in one["expr"] and 'alertname="' not in one["expr"]:
                yield from alerts


def _closure(names: set[str], rules: Mapping[str, list[Mapping[str, Any]]]) -> set[str]:
    """Return the rules of these names and all that they are computed from, also in the texts of alerts."""
    needed: set[str] = set()
    waiting = names & rules.keys()
    while waiting:
        needed |= waiting
        texts = [yaml.safe_dump(rule) for name in waiting for rule in rules[name]]
        waiting = {found for text in texts for found in NAME.findall(text)} & rules.keys() - needed
    return needed
