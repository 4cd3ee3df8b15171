"""The demo's receiver: notifications of the Alertmanager as lines on the terminal."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY_BYTES = 1024 * 1024


class Notices:
    """A webhook on a free loopback port that tells each alert of each notification."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(tell))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def lines_of(notification: dict[str, Any]) -> list[str]:
    """Return one line per alert of a webhook notification."""
    return [
        f"{alert['status'].upper():8} {alert['labels'].get('alertname', '?')}"
        f" {alert['labels'].get('service_id', '')}: {alert['annotations'].get('description', '')}"
        for alert in notification.get("alerts", [])
    ]


def _handler(tell: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length", 0)), BODY_BYTES)
            for line in lines_of(json.loads(self.rfile.read(length))):
                tell(line)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the notices are the log."""

    return Handler
