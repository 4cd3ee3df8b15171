"""A TLS handshake in memory."""

from __future__ import annotations

import ssl
from contextlib import suppress


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Return the server's and the client's side of a handshake with 127.0.0.1. Raises ssl.SSLError if it fails."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    served = server.wrap_bio(to_server, to_client, server_side=True)
    asking = client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    for side in (asking, served, asking, served):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return served, asking
