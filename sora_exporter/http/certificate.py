"""When a server's certificate expires, even if it does not verify."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from sora_exporter.http.transport import usual_context


def expiry(certificate: Mapping[str, Any] | bytes | None) -> float | None:
    """Return the expiry of a peer certificate as Unix time, from ``ssl``'s dictionary or from DER, or None."""
    if isinstance(certificate, bytes):
        return _encoded_expiry(certificate)
    ends = (certificate or {}).get("notAfter")
    return float(ssl.cert_time_to_seconds(ends)) if ends else None


async def presented_expiry(host: str, port: int, timeout_seconds: float) -> float | None:
    """Return the expiry of the certificate that a server presents, trusted or not, or None without one.

    Opens a separate connection and sends no request over it.
    """
    context = usual_context(is_verifying=False)
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
    from cryptography import x509  # here: 20 to 40 ms of start-up that only an invalid certificate needs

    try:
        return x509.load_der_x509_certificate(encoded).not_valid_after_utc.timestamp()
    except ValueError:
        return None
