"""Reading a report's figures from Prometheus, and refusing a report that they cannot support."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from sora_exporter.history.prometheus import PrometheusApi, Series
from sora_exporter.report import queries
from sora_exporter.report.findings import WEEK, Facts, Findings, Window
from sora_exporter.report.incidents import MINUTE
from sora_exporter.report.reading import Answers, Minutes, Numbers, Sums, described, numbers, service_findings

RULES_FILE: Final = "alerting-rules/sora-recording.rules.yml"
PIECE_SECONDS: Final = WEEK
"""Length of one range query by the minute: Prometheus returns at most 11,000 samples per series."""


class NoReport(Exception):
    """No report is possible; the text names the reason and the fix."""


async def measure(
    api: PrometheusApi,
    window: Window,
    end: float,
    *,
    video_seconds: float,
    service_ids: Sequence[str] = (),
    products: Sequence[str] = (),
) -> Findings:
    """Return the recorded findings of the window up to ``end`` (Unix seconds).

    Only the named services and products are read, or all if none is named. Raises NoReport if no report is possible,
    and PrometheusError.
    """
    last = int(end) // MINUTE * MINUTE
    series = await _ask(api, {**queries.NOW, **queries.figures(window)}, end)
    values = {question: numbers(answer) for question, answer in series.items()}
    facts = described(series["info"])
    _require_rules(window, facts, values)
    chosen = _chosen(facts, values["coverage"], service_ids, products)
    minutes = {name: await _minutes(api, question, window, last) for name, question in queries.MINUTES.items()}
    answers = Answers(window, last, series, values, minutes, await _sums(api, window, last))
    found = [service_findings(answers, one) for one in chosen]
    return Findings(window, last, api.name, video_seconds, found, tuple(api.warnings))


async def _ask(api: PrometheusApi, questions: Mapping[str, str], at: float) -> dict[str, list[Series]]:
    answers = await asyncio.gather(*(api.query(question, at) for question in questions.values()))
    return dict(zip(questions, answers, strict=True))


def _require_rules(window: Window, facts: Mapping[str, Facts], values: Numbers) -> None:
    """Raise NoReport when nothing was recorded at all, or a rule is missing that the figures need."""
    coverage = values["coverage"]
    if not coverage and not facts:
        raise NoReport(
            f"this Prometheus holds nothing of sora_exporter in the last {window.name}: "
            "see that it scrapes the exporter, and that --prometheus-url is the right one"
        )
    if not coverage:
        raise NoReport(
            f"service_id:sora_service_coverage:ratio{window.name} is not recorded: load {RULES_FILE} into this "
            "Prometheus; windows of days begin with the first full hour after that"
        )
    seen = {service_id for service_id, ratio in coverage.items() if ratio > 0}
    missing = [
        series
        for question, series in (
            ("availability", f"service_id:sora_service_availability:ratio{window.name}"),
            ("episodes", f"service_id:sora_service_risk_control_episodes:sum{window.name}"),
            ("hours", f"service_id:sora_service_risk_control_hours:sum{window.name}"),
        )
        if seen and not seen & values[question].keys()
    ]
    if {service_id for service_id, ratio in values["coverage_of_stars"].items() if ratio > 0} and not values["stars"]:
        missing.append("service_id:sora_service_stability:stars")
    if missing:
        raise NoReport(f"not recorded: {', '.join(missing)}: load {RULES_FILE} of this version into this Prometheus")


def _chosen(
    facts: Mapping[str, Facts], coverage: Mapping[str, float], service_ids: Sequence[str], products: Sequence[str]
) -> list[Facts]:
    known = [facts.get(service_id) or Facts(service_id, service_id, *[""] * 5) for service_id in {*facts, *coverage}]
    unknown = [
        *({*service_ids} - {one.service_id for one in known}),
        *({*products} - {one.product for one in known}),
    ]
    if unknown:
        there = ", ".join(sorted(one.service_id for one in known))
        raise NoReport(f"nothing is recorded of {', '.join(sorted(unknown))}: there are {there}")
    taken = (
        one
        for one in known
        if (not service_ids or one.service_id in service_ids) and (not products or one.product in products)
    )
    return sorted(taken, key=lambda one: (one.product, one.service_id))


async def _minutes(api: PrometheusApi, question: str, window: Window, last: int) -> Minutes:
    found: dict[str, dict[int, frozenset[str]]] = {}
    for first in range(last - window.seconds + MINUTE, last + 1, PIECE_SECONDS):
        final = min(first + PIECE_SECONDS - MINUTE, last)
        for one in await api.query_range(question, first, final, MINUTE):
            of_service = found.setdefault(one.labels.get("service_id", ""), {})
            error_class = frozenset(filter(None, [one.labels.get("error_class")]))
            for time, _ in one.samples:
                of_service[int(time)] = of_service.get(int(time), frozenset()) | error_class
    return found


async def _sums(api: PrometheusApi, window: Window, last: int) -> dict[str, Sums]:
    first = last - window.seconds + window.bar_seconds
    return {
        name: {
            one.labels.get("service_id", ""): {int(time): value for time, value in one.samples}
            for one in await api.query_range(question, first, last, window.bar_seconds)
        }
        for name, question in queries.bars(window).items()
    }
