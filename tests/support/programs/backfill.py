"""The recording rules evaluated over the past by a real Prometheus, level by level.

``promtool tsdb create-blocks-from rules`` does the same, but at a second of its own choice in each minute, by a hash
of the group's name; here the samples of all levels lie on the full minute, so that they can be compared one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from sora_exporter.demo.series import Series
from sora_exporter.demo.tsdb import load_history
from support.programs.launch import RULES, Prometheus, prometheus

PIECE_SECONDS = 7 * 86400
EXPRESSIONS: Mapping[str, str] = {
    rule["record"]: rule["expr"]
    for group in yaml.safe_load((RULES / "sora-recording.rules.yml").read_text())["groups"]
    for rule in group["rules"]
}
"""The expressions of the shipped recording rules by name."""
LATER = "service_id:sora_service_trouble:severity"
"""Rules before it read it from their last evaluation, to bridge silences within a trouble; the past is read without."""


def needed(name: str) -> frozenset[str]:
    """Return the recorded series that this one is computed from, directly."""
    named = frozenset(re.findall(r"[a-z_]*:\w+:\w+|sora:\w+:\w+", EXPRESSIONS[name]))
    return named & EXPRESSIONS.keys() - {name, LATER}


def levels(names: Iterable[str]) -> list[list[str]]:
    """Return the names and all they need, sorted into levels that only read the levels before."""
    wanted: set[str] = set()
    open_ends = set(names)
    while open_ends:
        wanted |= open_ends
        open_ends = {other for name in open_ends for other in needed(name)} - wanted
    sorted_levels: list[list[str]] = []
    done: set[str] = set()
    while wanted - done:
        sorted_levels.append(sorted(name for name in wanted - done if needed(name) <= done))
        done.update(sorted_levels[-1])
    return sorted_levels


@contextmanager
def history_engine(data: Path) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes nothing over the data, with no memory of ended series.

    Samples from a file have no staleness markers; a lookback under a minute gives them the meaning that they had.
    """
    config = data.parent / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    with prometheus(config, data, "--query.lookback-delta=50s") as engine:
        yield engine


def record(data: Path, names: Iterable[str], spans: Sequence[tuple[int, int]]) -> None:
    """Evaluate the rules of these names each minute of the spans (Unix seconds, both ends included) into ``data``."""
    for level in levels(names):
        with history_engine(data) as engine:
            series = [one for name in level for span in spans for one in evaluated(engine, name, *span)]
        load_history(data, series, spans[0][0], spans[-1][1])


def evaluated(engine: Prometheus, name: str, start: int, end: int) -> Iterator[Series]:
    """Yield what a rule gives each minute; an answer holds at most 11,000 points of a series, hence the pieces."""
    for first in range(start, end + 1, PIECE_SECONDS):
        last = min(first + PIECE_SECONDS - 60, end)
        answer = engine.api("query_range", query=EXPRESSIONS[name], start=first, end=last, step=60)["result"]
        merged: dict[tuple[tuple[str, str], ...], dict[int, float]] = {}
        for one in answer:
            # Parts of an expression may keep their own name: in a rule they are one series.
            labels = tuple(sorted((label, value) for label, value in one["metric"].items() if label != "__name__"))
            merged.setdefault(labels, {}).update((int(time), float(value)) for time, value in one["values"])
        for labels, samples in merged.items():
            times = sorted(samples)
            yield Series(name, dict(labels), times, [samples[time] for time in times])
