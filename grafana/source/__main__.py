"""Write the four dashboards as JSON, into grafana/dashboards or the directory named."""

from __future__ import annotations

import sys
from pathlib import Path

from grafana.source.dashboards import cost, overview, risk_control, service
from grafana.source.kit.frame import to_json

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
SOURCES = (overview, service, risk_control, cost)


def write_dashboards(directory: Path) -> None:
    """Write every dashboard into ``directory`` as <uid>.json."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        (directory / f"{source.UID}.json").write_text(to_json(source.dashboard()), encoding="utf-8")


if __name__ == "__main__":
    write_dashboards(Path(*sys.argv[1:2]) if sys.argv[1:] else DASHBOARDS)
