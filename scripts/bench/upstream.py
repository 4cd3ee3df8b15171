"""The upstream of both exporters: HTTPS on loopback, a fixed delay, next to no work of its own.

Run as a process: ``python -m bench.upstream PEM DELAY_SECONDS`` prints its port. Every GET finds a model, every POST is
refused by validation, as a provider in good health does it.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import cast

import uvloop

OFFERED = b'{"id":"sora-2","object":"model","created":1759276800,"owned_by":"openai"}'
REFUSED = (
    b'{"error":{"message":"prompt is required","type":"invalid_request_error","param":"prompt",'
    b'"code":"missing_required_parameter"}}'
)
LENGTH = b"content-length: "


def answer(status: bytes, body: bytes) -> bytes:
    """Return a whole answer of HTTP/1.1."""
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\n%s%d\r\n\r\n" % (status, LENGTH, len(body))
    return head + body


ANSWERS = {b"GET": answer(b"200 OK", OFFERED), b"POST": answer(b"400 Bad Request", REFUSED)}


class Connection(asyncio.Protocol):
    """One connection; requests on it come one after another, and nothing is done before one is whole."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay, self._received = delay_seconds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._received = b""
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, ANSWERS[head.split(b" ", 1)[0]])


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(LENGTH)
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve(context: ssl.SSLContext, delay_seconds: float) -> None:
    """Serve until killed; prints the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delay_seconds), "127.0.0.1", 0, ssl=context, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(pem: str, delay_seconds: str) -> None:
    """Serve with the certificate and key in a PEM file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(context, float(delay_seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
