"""An API of jobs that are done soon, at the simulated provider, for tests that end exporters in the middle of them."""

from __future__ import annotations

from typing import Any


def quick_api(poll_seconds: float) -> dict[str, Any]:
    """Return the section of ``apis`` in a configuration; jobs are polled at this interval, found and deleted."""
    return {
        "create": {"path": "/videos", "body": {"model": "{model}", "prompt": "{prompt}"}},
        "job": {
            "id": "id",
            "status": "status",
            "queued": "queued",
            "running": "in_progress",
            "done": "completed",
            "failed": "failed",
            "poll": {"path": "/videos/{job_id}"},
            "poll_interval_seconds": poll_seconds,
            "delete": {"method": "DELETE", "path": "/videos/{job_id}"},
            "find": {"path": "/videos?limit=100&order=desc", "items": "data", "prompt": "prompt"},
        },
        "asset": {"kinds": ["video"], "route": {"path": "/videos/{job_id}/content"}},
    }
