"""Measure every query of the dashboards at a thousand services: ``make bench-dashboards``.

Loads the series that the queries read into a Prometheus of its own, each as far back as a query at its dashboard's
default range looks, sends every query once as Grafana would, and prints the slowest query of each panel.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from support.dashboard_model import PanelQuery, load_dashboards, panel_queries, values_of
from support.programs.launch import prometheus

from sora_exporter.demo.article import living
from sora_exporter.demo.history import ServiceHistory, invent_history
from sora_exporter.demo.series import Series
from sora_exporter.demo.tsdb import all_series, load_history

SERVICES = 1000
DAYS = 31
DAY = 86400
NAME = re.compile(r"(?<![\w:])(?:[a-z_]*:\w+:\w+|sora_\w+|ALERTS\w*|up)(?![\w:])(?=[{\[\s)]|$)")
WINDOW = re.compile(r"\[(\d+)([mhd])(?::\w*)?\]")
UNITS = {"m": 60, "h": 3600, "d": DAY}
LOOK_BACK = 600
LIMIT_SECONDS = 2.0
FREE_PROBES = ("catalog", "canary")
"""Panels of all services read the history of paid probes alone."""


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


def main() -> None:
    """Print one row per panel, the slowest first; exit with 1 if one takes longer than the limit."""
    end = int(time.time()) // 60 * 60
    histories = [invent_history(story, end, DAYS) for story in living(end)]
    services = [f"{one.service.id}-{copy}" for copy in range(SERVICES // len(histories) + 1) for one in histories]
    queries: dict[PanelQuery, str] = {}
    for uid, dashboard in load_dashboards().items():
        chosen = services[:1] if uid == "sora-service" else services[:SERVICES]
        filled = {query: query.filled(values_of(dashboard, chosen)) for query in panel_queries(dashboard)}
        queries |= filled
    slowest: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        load_history(data, many(histories, depths(queries), end), histories[0].start, end, progress=_say)
        config = Path(folder, "prometheus.yml")
        config.write_text("{}\n", encoding="utf-8")
        with prometheus(config, data) as server:
            for query, expr in queries.items():
                began = time.perf_counter()
                if query.is_instant:
                    _ask(server.url, "query", query=expr, time=end)
                else:
                    start = end - query.range_seconds
                    _ask(server.url, "query_range", query=expr, start=start, end=end, step=query.step)
                panel = query.place.rpartition(" / ")[0]
                slowest[panel] = max(slowest.get(panel, 0), time.perf_counter() - began)
    print(f"| panel at {SERVICES} services | slowest query |\n|---|---|")
    for panel, seconds in sorted(slowest.items(), key=lambda item: -item[1]):
        print(f"| {panel} | {seconds:.2f} s |")
    sys.exit(max(slowest.values()) > LIMIT_SECONDS)


def _ask(url: str, path: str, **form: object) -> None:
    """Post a query as Grafana does, and read its whole answer. Raises HTTPError when Prometheus refuses it."""
    with urlopen(f"{url}/api/v1/{path}", urlencode(form).encode()) as answer:
        answer.read()


def _say(step: str) -> None:
    print(step, file=sys.stderr)


if __name__ == "__main__":
    main()
