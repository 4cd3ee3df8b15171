"""Every way to break the protocols, against the probes: the class, the time, nothing raised, nothing left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from support.faults.server import BEFORE_REQUEST, FAULTS, serve
from support.probing import Bench

from sora_exporter.result import ErrorClass, ProbeKind

TIMEOUT_SECONDS = 0.4
PATIENCE_SECONDS = 30.0
HANG_SECONDS = 60

E = ErrorClass
CLASSES: Mapping[str, ErrorClass] = {
    "good": E.NONE,
    "reset at once": E.CONNECTION,
    "reset in mid-body": E.INVALID_RESPONSE,
    "silence": E.TIMEOUT,
    "header byte by byte": E.TIMEOUT,
    "body byte by byte": E.TIMEOUT,
    "endless body": E.INVALID_RESPONSE,
    "endless headers": E.CONNECTION,
    "endless tiny chunks": E.TIMEOUT,
    "1 GiB body": E.INVALID_RESPONSE,
    "gzip bomb": E.INVALID_RESPONSE,
    "content length too long": E.INVALID_RESPONSE,
    "content length too short": E.INVALID_RESPONSE,
    "content length no number": E.CONNECTION,
    "bad chunking": E.INVALID_RESPONSE,
    "no HTTP": E.CONNECTION,
    "invalid UTF-8": E.INVALID_RESPONSE,
    "NaN": E.NONE,
    "huge number": E.INVALID_RESPONSE,
    "deep JSON": E.INVALID_RESPONSE,
    "deep JSON error": E.SERVER_ERROR,
    "HTML with 200": E.INVALID_RESPONSE,
    "empty body": E.INVALID_RESPONSE,
    "204": E.INVALID_RESPONSE,
    "redirect loop": E.INVALID_RESPONSE,
    "HTTP/1.0": E.NONE,
    "1xx flood": E.TIMEOUT,
    "absurd Retry-After": E.RATE_LIMITED,
    "500": E.SERVER_ERROR,
    "endless event stream": E.NONE,
    "cut event stream": E.NONE,
    "event stream of nothing": E.INVALID_RESPONSE,
    "plain text on a TLS port": E.TLS,
    "broken handshake": E.TLS,
    "reset in the handshake": E.CONNECTION,
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_each_fault_ends_with_its_class(bench: Bench, fault: str) -> None:
    """A free probe against each fault ends by itself, with the fault's class."""
    api, probe = ("chat", ProbeKind.CANARY) if "event stream" in fault else ("videos", ProbeKind.CATALOG)
    async with serve(fault, scheme="https" if fault in BEFORE_REQUEST else "http") as server:
        # Only what waits for the timeout needs a short one.
        timeout = TIMEOUT_SECONDS if CLASSES[fault] is E.TIMEOUT else PATIENCE_SECONDS
        async with asyncio.timeout(HANG_SECONDS):
            result = await bench.run(probe, server.url, api, "sora-2", timeout=timeout)
    assert result.error_class == CLASSES[fault], result
