"""``python -m sora_exporter.simulator``: the simulated provider alone."""

from __future__ import annotations

import argparse
import sys

from .scenarios import SCENARIOS
from .serve import run


def main() -> int:
    """Parse the arguments, serve, and return the exit code."""
    parser = argparse.ArgumentParser(prog="sora_exporter.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--scenario", default="operational", help=", ".join(SCENARIOS))
    arguments = parser.parse_args()
    return run(arguments.host, arguments.port, arguments.scenario)


if __name__ == "__main__":
    sys.exit(main())
