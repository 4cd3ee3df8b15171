"""The demo's receiver of notifications."""

from __future__ import annotations

import urllib.request

from sora_exporter.demo.notices import lines_of, notices


def test_a_notification_is_a_line_for_each_alert() -> None:
    """State, name and description of each alert arrive in their order."""
    alerts = [
        {"status": "firing", "labels": {"alertname": "A"}, "annotations": {"description": "Sora 2 官转 fails."}},
        {"status": "resolved", "labels": {}, "annotations": {}},
    ]
    assert lines_of({"alerts": alerts}) == ["FIRING   A: Sora 2 官转 fails.", "RESOLVED ?: "]
    with notices() as (url, arrived):
        body = '{"alerts": [{"status": "firing", "labels": {"alertname": "B"}, "annotations": {"description": "x"}}]}'
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, body.encode(), timeout=5) as answer:
            assert answer.status == 200
        assert arrived.get(timeout=5) == "FIRING   B: x"
