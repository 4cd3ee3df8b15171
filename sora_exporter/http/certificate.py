"""When a server's certificate ends, also where it does not verify."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any


def expiry(certificate: Mapping[str, Any] | bytes | None) -> float | None:
    """Return the end of a peer certificate as Unix time: as ``ssl`` tells a verified one, or in DER; else None."""
    if isinstance(certificate, bytes):
        return _encoded_expiry(certificate)
    ends = (certificate or {}).get("notAfter")
    return float(ssl.cert_time_to_seconds(ends)) if ends else None


async def presented_expiry(host: str, port: int, timeout_seconds: float) -> float | None:
    """Return the end of the certificate a server presents, trusted or not, or None where none can be had.

    Opens a connection of its own and sends nothing over it.
    """
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
    return _encoded_expiry(encoded) if encoded else None


def _encoded_expiry(encoded: bytes) -> float | None:
    from cryptography import x509  # only here: it costs start-up time that a good certificate never needs

    try:
        return x509.load_der_x509_certificate(encoded).not_valid_after_utc.timestamp()
    except ValueError:
        return None
