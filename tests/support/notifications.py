"""Notifications as Alertmanager posts them, and the English annotations that the shipped rules can write."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from support.programs.launch import RULES

BEGAN, ENDED = "2026-01-28T03:04:05.678901234Z", "2026-01-28T05:06:07Z"
NEVER = "0001-01-01T00:00:00Z"
ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
VALUES = (
    ("humanizeTimestamp", "2026-01-28 03:04 UTC"), ("humanizePercentage", "3.2%"), ("humanizeDuration", "1d 2h"),
    ("$value", "7"), ("| value", "7"), ("%.0f", "7"),
)  # fmt: skip
"""The texts that stand for what an action writes, by a word in the action."""


def alert(status: str = "firing", annotations: Mapping[str, str] | None = None, **labels: str) -> dict[str, Any]:
    """Return an alert of a notification; its labels have defaults."""
    said = {"alertname": "SoraServiceSuspended", "severity": "critical", **labels}
    notes = {"summary": "A service is suspended or unreachable.", **(annotations or {})}
    ends = ENDED if status == "resolved" else NEVER
    return {"status": status, "labels": said, "annotations": notes, "startsAt": BEGAN, "endsAt": ends,
            "generatorURL": "http://prometheus/graph", "fingerprint": "f1"}  # fmt: skip


def notification(*alerts: Mapping[str, Any], group: str = '{}:{service_id="alpha"}') -> dict[str, Any]:
    """Return the document that Alertmanager posts for these alerts."""
    status = "firing" if any(one["status"] == "firing" for one in alerts) else "resolved"
    return {"version": "4", "groupKey": group, "truncatedAlerts": 0, "status": status, "receiver": "page",
            "groupLabels": {}, "commonLabels": common(one["labels"] for one in alerts),
            "commonAnnotations": common(one["annotations"] for one in alerts),
            "externalURL": "http://alertmanager", "alerts": list(alerts)}  # fmt: skip


def common(parts: Iterator[Mapping[str, str]] | Any) -> dict[str, str]:
    """Return what all the mappings have in common."""
    shared = [set(one.items()) for one in parts]
    return dict(sorted(set.intersection(*shared)))


def annotations() -> Iterator[str]:
    """Yield every text that the summaries, descriptions and ends in the shipped rules can have."""
    rules = yaml.safe_load((RULES / "sora-alerts.rules.yml").read_text("utf-8"))
    for rule in itertools.chain.from_iterable(group["rules"] for group in rules["groups"]):
        for name in ("summary", "description", "ended"):
            yield from variants(rule["annotations"].get(name, ""))


def variants(template: str) -> Sequence[str]:
    """Return every text that a template of Prometheus can write: with each branch, and each block once or never."""
    steps = [*itertools.chain.from_iterable(zip(ACTION.split(template)[::2], ACTION.findall(template), strict=False))]
    steps.append(ACTION.split(template)[-1])
    # Texts stand at even places, actions at odd ones.
    return list(dict.fromkeys(_texts(steps, 0)[0]))


def _texts(steps: Sequence[str], at: int) -> tuple[list[str], int]:
    """Return the texts from a place on, up to the end of its block, and the place of that end."""
    made = [""]
    while at < len(steps):
        step = steps[at]
        if at % 2 == 0:
            made = [f"{one}{step}" for one in made]
        elif step.startswith(("if ", "with ", "range ")):
            branches, is_complete = list[str](), False
            while step != "end":
                found, at = _texts(steps, at + 1)
                branches += found
                step = steps[at]
                is_complete = is_complete or step == "else"
            choices = [*branches, *([] if is_complete else [""])]
            made = [f"{one}{branch}" for one in made for branch in dict.fromkeys(choices)]
        elif step == "end" or step.startswith("else"):
            return made, at
        else:
            made = [f"{one}{_value(step)}" for one in made]
        at += 1
    return made, at


def _value(action: str) -> str:
    return next((value for word, value in VALUES if word in action), "Veo 3.1")
