"""``python -m sora_exporter.simulator``: the simulated provider alone."""

from __future__ import annotations

import argparse
import sys

from .gateways import CONDITIONS, GATEWAYS
from .scenarios import SCENARIOS
from .serve import run
from .vendors import VENDORS


def main() -> int:
    """Parse the arguments, serve, and return the exit code."""
    parser = argparse.ArgumentParser(prog="sora_exporter.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--scenario", default="operational", help=", ".join(SCENARIOS))
    parser.add_argument("--gateway", default="direct", help=", ".join(GATEWAYS))
    parser.add_argument("--condition", default="good", help=", ".join(CONDITIONS))
    parser.add_argument("--vendor", default="", help=f"instead of a scenario: {', '.join(VENDORS)}")
    parser.add_argument("--fault", default="", help="one of the vendor's faults")
    parser.add_argument("--tls-port", type=int, default=0, help="of the same over TLS; 0 takes a free one (default)")
    parser.add_argument("--tls-file", default="", help="certificate and key in PEM, to serve over TLS as well")
    return run(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
