"""The receivers of notifications in tests: a mail server and a webhook that keep everything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass(frozen=True)
class Mail:
    """One message that arrived at ``at`` (Unix seconds)."""

    to: str
    subject: str
    text: str
    at: float


@dataclass
class Sink:
    """Everything that has arrived until now; ``address`` is host:port."""

    address: str
    mails: list[Mail] = field(default_factory=list)
    posts: list[tuple[str, Any]] = field(default_factory=list)
    """Path and JSON body of each."""

    def mails_about(self, words: str) -> list[Mail]:
        """Return the mails whose subject holds these words."""
        return [mail for mail in self.mails if words in mail.subject]


class _MailHandler(StreamRequestHandler):
    """The few verbs of SMTP that a client needs to deliver."""

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self._say("354 go on")
                self._keep()
                self._say("250 kept")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 sink")

    def _keep(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        raw = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
        sink.mails.append(Mail(str(message["To"]), str(message["Subject"]), text, time.time()))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _PostHandler(BaseHTTPRequestHandler):
    """Keeps every POST of JSON."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
        sink.posts.append((self.path, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def mail_sink() -> Iterator[Sink]:
    """Run a mail server that keeps everything."""
    with _Server(("127.0.0.1", 0), _MailHandler) as server, _serving(server) as sink:
        yield sink


@contextmanager
def webhook_sink() -> Iterator[Sink]:
    """Run a web server that keeps every POST."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _PostHandler) as server, _serving(server) as sink:
        yield sink


@contextmanager
def _serving(server: ThreadingTCPServer | ThreadingHTTPServer) -> Iterator[Sink]:
    sink = Sink(f"127.0.0.1:{server.server_address[1]}")
    server.sink = sink  # type: ignore[union-attr]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield sink
    finally:
        server.shutdown()
