"""Write the four dashboards as JSON."""

from __future__ import annotations

import sys
from pathlib import Path

from grafana.source import cost, overview, risk_control, service
from grafana.source.frame import to_json

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
SOURCES = (overview, service, risk_control, cost)


def write_dashboards(directory: Path) -> list[Path]:
    """Write every dashboard into ``directory`` as <uid>.json and return the paths."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for source in SOURCES:
        path = directory / f"{source.UID}.json"
        path.write_text(to_json(source.dashboard()), encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write_dashboards(DASHBOARDS):
        print(path, file=sys.stderr)
