"""Write the four dashboards as JSON: ``python -m grafana.source [DIRECTORY] [OPTIONS]``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from grafana.source.dashboards import cost, overview, risk_control, service
from grafana.source.kit.frame import TAG, to_json
from grafana.source.kit.variant import Variant

DASHBOARDS = Path(__file__).parents[1] / "dashboards"
SOURCES = (overview, service, risk_control, cost)


def write_dashboards(directory: Path, variant: Variant) -> None:
    """Write every dashboard into ``directory`` as <uid>.json."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        document = variant.of(source.dashboard())
        (directory / f"{document['uid']}.json").write_text(to_json(document), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the dashboards of the repository, or a variant of them into another directory."""
    parser = ArgumentParser(prog="python -m grafana.source", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=DASHBOARDS, help="default: %(default)s")
    parser.add_argument("--uid-prefix", default=TAG, help="first part of the uids (default: %(default)s)")
    parser.add_argument("--tag", action="append", help=f"a tag of every dashboard, repeatable (default: {TAG})")
    parser.add_argument("--selector", default="", help="matchers for every series, e.g. 'cluster=\"eu\"'")
    parser.add_argument("--for-import", action="store_true", help="with an input for the data source; editable")
    chosen = parser.parse_args(arguments)
    tags = tuple(chosen.tag or [TAG])
    variant = Variant(chosen.uid_prefix, tags, chosen.selector, chosen.for_import)
    if variant != Variant() and chosen.directory == DASHBOARDS:
        parser.error("name a directory for a variant: the dashboards of the repository stay as they are")
    write_dashboards(chosen.directory, variant)


if __name__ == "__main__":
    main()
