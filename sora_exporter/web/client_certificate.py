"""Which clients a server admits by the alternative names in their certificates."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from typing import Any


class ServerContext(ssl.SSLContext):
    """A server's context, with the alternative names of which a client needs one; empty: any client."""

    allowed_names: frozenset[str] = frozenset()


def is_admitted(connection: ssl.SSLObject | None) -> bool:
    """Return whether the client of a connection after its handshake, or of one without TLS, may send requests."""
    context = connection.context if connection is not None else None
    if connection is None or not isinstance(context, ServerContext) or not context.allowed_names:
        return True
    return not context.allowed_names.isdisjoint(_names(connection))


def _names(connection: ssl.SSLObject) -> Iterator[str]:
    """Yield the names of a client's verified certificate, addresses in their usual form."""
    entries: Any = (connection.getpeercert() or {}).get("subjectAltName", ())
    for kind, name in entries:
        yield str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name
