"""Loading the history as a separate program, so that it uses the second core and can be ended at once.

``python -m sora_exporter.demo.load DATA_DIR END DAYS HOST HOST`` prints its progress, line by line.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from sora_exporter.demo.article import living
from sora_exporter.demo.history import invent_history
from sora_exporter.demo.tsdb import LoadError, all_series, load_history


def main() -> None:
    """Load so many days up to END (Unix seconds), as if scraped from the exporters at the two places (host:port)."""
    data, end, days, hosts = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    histories = [invent_history(story, end, days) for story in living(end)]
    try:
        load_history(data, all_series(histories, hosts), end - days * 86400, end, progress=partial(print, flush=True))
    except LoadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
