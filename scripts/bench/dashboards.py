"""Measure every query of the dashboards at a thousand services: ``make bench-dashboards [PANELS=PATTERN]``.

Loads the series that the queries read into a Prometheus of its own, each as far back as a query at its dashboard's
default range looks, sends the queries of each panel together as Grafana does, and prints the cost of each panel. A
pattern chooses panels by ``uid / title``, so that a part of them can be measured alone.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from support.dashboard_model import PanelQuery, annotation_queries, load_dashboards, panel_queries, values_of
from support.programs.launch import Prometheus, prometheus

from bench.process import cpu_seconds
from sora_exporter.demo.article import living
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.series import Series
from sora_exporter.demo.tsdb import all_series, load_history

SERVICES = 1000
DAYS = 31
DAY = 86400
NAME = re.compile(r"(?<![\w:])(?:[a-z_]*:\w+:\w+|sora_\w+|ALERTS\w*|up)(?![\w:])(?=[{\[\s)]|$)")
WINDOW = re.compile(r"\[(\d+)([smhd])(?::\w*)?\]")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}
LOOK_BACK = 600
LIMIT_SECONDS = 2.0
ROUNDS = 3
"""A panel above the limit is measured so often, and the fastest counts: other work can only slow it down."""
FREE_PROBES = ("catalog", "canary")
"""Panels of all services read the history of paid probes alone."""


@dataclass(frozen=True, order=True)
class Cost:
    """Seconds until the last answer of a panel, CPU seconds of Prometheus meanwhile, samples read, bytes of answers."""

    seconds: float
    cpu_seconds: float
    samples: int
    size: int


def depths(queries: Mapping[PanelQuery, str]) -> Mapping[str, int]:
    """Return how far back, in seconds, the queries read each series: their range, and their longest window."""
    found: dict[str, int] = {}
    for query, expr in queries.items():
        windows = [int(number) * UNITS[unit] for number, unit in WINDOW.findall(expr)]
        shallow = max(windows, default=0) + LOOK_BACK
        deep = shallow + (0 if query.is_instant else query.range_seconds)
        bare = re.sub(r"\{[^}]*\}", "", re.sub(r'"[^"]*"', "", expr))
        once = {name for name in NAME.findall(bare) if not re.search(rf"{name}(?! @ end|\[\w+\] @ end)\b", bare)}
        for name in NAME.findall(bare):
            found[name] = max(found.get(name, 0), shallow if name in once else deep)
    return found


def many(histories: list[ServiceHistory], needed: Mapping[str, int], end: int) -> Iterator[Series]:
    """Yield the needed series of a thousand services: those of the demo's six, over and over under other ids."""
    for one in all_series(histories):
        if one.name not in needed:
            continue
        depth = LOOK_BACK if one.labels.get("probe") in FREE_PROBES else needed[one.name]
        first = bisect_left(one.times, end - depth)
        times, values = one.times[first:], one.values[first:]
        owner = one.labels.get("service_id")
        copies = range(SERVICES // len(histories) + 1) if owner or "product" in one.labels else range(1)
        for copy in copies:
            labels = dict(one.labels)
            for label in ("service_id", "product"):
                if label in labels:
                    labels[label] = f"{labels[label]}-{copy}"
            yield Series(one.name, labels, times, values)


def main(pattern: str) -> None:
    """Print one row per panel, the slowest first; exit with 1 if one takes longer than the limit at its best."""
    end = int(time.time()) // 60 * 60
    histories = [invent_history(story, end, DAYS) for story in living(end)]
    services = [f"{one.service.id}-{copy}" for copy in range(SERVICES // len(histories) + 1) for one in histories]
    queries: dict[PanelQuery, str] = {}
    for uid, dashboard in load_dashboards().items():
        chosen = services[:1] if uid == "sora-service" else services[:SERVICES]
        asked = (*panel_queries(dashboard), *annotation_queries(dashboard))
        values = values_of(dashboard, chosen)
        queries |= {query: query.filled(values) for query in asked if re.search(pattern, query.place)}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        load_history(data, many(histories, depths(queries), end), histories[0].start, end, progress=_say)
        config = Path(folder, "prometheus.yml")
        config.write_text("{}\n", encoding="utf-8")
        with prometheus(config, data) as server:
            panels = {panel: measured(server, queries, end) for panel, queries in by_panel(queries).items()}
    report(panels)
    sys.exit(max(panels.values()).seconds > LIMIT_SECONDS)


def by_panel(queries: Mapping[PanelQuery, str]) -> Mapping[str, Mapping[PanelQuery, str]]:
    """Return the queries of each panel and of each annotation, by its name."""
    found: dict[str, dict[PanelQuery, str]] = {}
    for query, expr in queries.items():
        found.setdefault(re.sub(r" / [A-Z]$", "", query.place), {})[query] = expr
    return found


def measured(server: Prometheus, queries: Mapping[PanelQuery, str], end: int) -> Cost:
    """Return the cost of a panel, at its best if it is above the limit."""
    best = _cost(server, queries, end)
    for _ in range(1, ROUNDS):
        if best.seconds > LIMIT_SECONDS:
            best = min(best, _cost(server, queries, end))
    return best


def report(panels: Mapping[str, Cost]) -> None:
    """Print the table, the slowest panel first."""
    print(f"| panel at {SERVICES:,} services | seconds | CPU seconds | samples | answers |")
    print("|---|---:|---:|---:|---:|")
    for panel, cost in sorted(panels.items(), key=lambda item: item[1], reverse=True):
        megabytes = cost.size / 1e6
        print(f"| {panel} | {cost.seconds:.2f} | {cost.cpu_seconds:.2f} | {cost.samples:,} | {megabytes:.2f} MB |")


def _cost(server: Prometheus, queries: Mapping[PanelQuery, str], end: int) -> Cost:
    before, began = cpu_seconds(server.process.pid), time.perf_counter()
    with ThreadPoolExecutor(len(queries)) as pool:
        bodies = list(pool.map(lambda item: _answer(server.url, *item, end), queries.items()))
    seconds, spent = time.perf_counter() - began, cpu_seconds(server.process.pid) - before
    samples = (json.loads(body)["data"]["stats"]["samples"]["totalQueryableSamples"] for body in bodies)
    return Cost(seconds, spent, sum(samples), sum(map(len, bodies)))


def _answer(url: str, query: PanelQuery, expr: str, end: int) -> bytes:
    """Post a query as Grafana does, and return its answer. Ends the bench when Prometheus refuses it."""
    path, moment = ("query", {"time": end}) if query.is_instant else ("query_range", _steps(query, end))
    asked = urlencode({"query": expr, "stats": "all", **moment}).encode()
    try:
        with urlopen(f"{url}/api/v1/{path}", asked) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        sys.exit(f"{query.place}: Prometheus answers {error.code}: {error.read()[:300]!r}")


def _steps(query: PanelQuery, end: int) -> Mapping[str, int]:
    return {"start": (end - query.range_seconds) // query.step * query.step, "end": end, "step": query.step}


def _say(step: str) -> None:
    print(step, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
