"""The demo's receiver: notifications of the Alertmanager as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any

BODY_BYTES = 1024 * 1024


@contextmanager
def notices() -> Iterator[tuple[str, SimpleQueue[str]]]:
    """Listen on a free loopback port; yields the address to post to and the lines that came."""
    lines: SimpleQueue[str] = SimpleQueue()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(lines)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", lines
        finally:
            server.shutdown()


def lines_of(notification: dict[str, Any]) -> list[str]:
    """Return one line per alert of a webhook notification: the alert, its subject and the reason."""
    return [
        f"{alert['status'].upper():8} {alert['labels'].get('alertname', '?')}: "
        f"{alert['annotations'].get('description', '')}"
        for alert in notification.get("alerts", [])
    ]


def _handler(lines: SimpleQueue[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length", 0)), BODY_BYTES)
            for line in lines_of(json.loads(self.rfile.read(length))):
                lines.put(line)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: the notices are the log."""

    return Handler
