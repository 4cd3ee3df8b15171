"""The files of tests to begin with."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
LONGEST = (
    "whole/test_demo_month.py",
    "rules/test_episodes.py",
    "whole/test_combinations.py",
    "whole/test_end_to_end_alerts.py",
    "whole/test_report_month.py",
    "whole/browser/test_pages_in_browser.py",
    "whole/test_demo_programs.py",
    "whole/test_replicas.py",
    "bundle/dashboards/test_queries.py",
    "rules/test_rules_history.py",
)
"""The files that take longest, the longest first. A file runs in one process, so that one begun late would end alone.
The first has one test, and its process gets the fifth file, a shorter one, as its second."""


def rank(path: Path) -> int:
    """Return the place of a file among the longest; all others come after them."""
    name = path.relative_to(TESTS).as_posix()
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)
