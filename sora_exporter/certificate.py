"""When a server's certificate ends, also where it does not verify."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any


def expiry(certificate: Mapping[str, Any] | None) -> float | None:
    """Return the end of a verified peer certificate (as ``ssl`` tells it) as Unix time, or None."""
    ends = (certificate or {}).get("notAfter")
    return float(ssl.cert_time_to_seconds(ends)) if ends else None


async def presented_expiry(host: str, port: int, timeout_seconds: float) -> float | None:
    """Return the end of the certificate a server presents, trusted or not, or None where none can be had.

    Opens a connection of its own and sends nothing over it.
    """
    from cryptography import x509  # only here: it costs start-up time that a good certificate never needs

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    except (OSError, TimeoutError):
        return None
    tls = writer.get_extra_info("ssl_object")
    encoded = tls.getpeercert(binary_form=True) if tls is not None else None
    writer.transport.abort()
    if not encoded:
        return None
    try:
        return x509.load_der_x509_certificate(encoded).not_valid_after_utc.timestamp()
    except ValueError:
        return None
