"""The shipped rules that a story needs: the others cost time and change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import yaml

from support.programs.launch import RULES

NAME = re.compile(r"[A-Za-z_][\w:]*")
SERIES = re.compile(r"\b(?:sora_\w+|\w+:\w+:\w+|up|ALERTS)\b")
FROM_NOTHING = re.compile(r"\b(?:vector|absent)\(")
"""Functions that give a sample where no series is."""


@cache
def shipped_groups() -> Sequence[Mapping[str, Any]]:
    """Return the groups of the recording rules, and then of the alerts, without the texts of alerts."""
    files = [(RULES / f"sora-{kind}.rules.yml").read_text("utf-8") for kind in ("recording", "alerts")]
    groups = [group for text in files for group in yaml.safe_load(text)["groups"]]
    for group in groups:
        for rule in group["rules"]:
            rule.pop("annotations", None)
    return groups


def needed_groups(expressions: Iterable[str], series: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the groups with only those rules that the expressions depend on and that find anything in these series.

    A rule is needed if an expression or a needed rule names its alert or its series. It finds nothing if neither one
    of the given series nor a rule that finds something is named in it.
    """
    rules = [rule for group in shipped_groups() for rule in group["rules"]]
    kept = _needed(expressions, rules) & _speaking(set(series), rules)
    groups = (
        {**group, "rules": [rule for rule in group["rules"] if _name(rule) in kept]} for group in shipped_groups()
    )
    return [group for group in groups if group["rules"]]


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("record") or rule["alert"])


def _needed(expressions: Iterable[str], rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the names of the rules that the expressions name, and of all that these are computed from."""
    waiting = {name for expression in expressions for name in _named(expression, rules)}
    needed: set[str] = set()
    while waiting:
        needed |= waiting
        waiting = {name for rule in rules if _name(rule) in waiting for name in _named(rule["expr"], rules)} - needed
    return needed


def _named(expression: str, rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the names of the rules in an expression: all alerts if it reads alerts without naming one."""
    found = set(NAME.findall(expression))
    is_any_alert = "ALERTS" in found and 'alertname="' not in expression
    for rule in rules:
        if _name(rule) in found or (is_any_alert and "alert" in rule):
            yield _name(rule)


def _speaking(series: set[str], rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the names of the rules that find anything."""
    speaking: set[str] = set()
    while True:
        sources = series | speaking
        found = {
            _name(rule)
            for rule in rules
            if FROM_NOTHING.search(rule["expr"]) or not sources.isdisjoint(SERIES.findall(rule["expr"]))
        }
        if found == speaking:
            return speaking
        speaking = found
