"""When certificates end."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.faults.certificates import ENDED, ENDS, Authority
from support.faults.server import serve

from sora_exporter.http.certificate import expiry, presented_expiry


def test_an_end_is_read_from_every_form(tmp_path: Path) -> None:
    """The expiry comes from a verified certificate and from DER; other bytes have none."""
    Authority.create(tmp_path).server_context("good")
    encoded = x509.load_pem_x509_certificate((tmp_path / "good.pem").read_bytes()).public_bytes(Encoding.DER)
    assert expiry({"notAfter": "Jan  5 09:34:43 2018 GMT"}) == 1515144883.0
    assert expiry(encoded) == ENDS.timestamp()
    assert (expiry(None), expiry({}), expiry(b""), expiry(b"\x30\x00")) == (None, None, None, None)


async def test_the_expiry_of_an_untrusted_certificate_is_found(tmp_path: Path) -> None:
    """The expiry of an expired certificate from an unknown authority is found."""
    context = Authority.create(tmp_path).server_context("expired", ends=ENDED)
    async with serve("silence", tls=context) as server:
        assert await presented_expiry("127.0.0.1", server.port, 2.0) == ENDED.timestamp()
    assert server.requests == []


@pytest.mark.parametrize("fault", ["plain text on a TLS port", "broken handshake", "silence", "reset at once"])
async def test_without_a_certificate_there_is_no_expiry(fault: str) -> None:
    """A server without TLS, and one that never answers, give None in time."""
    async with serve(fault) as server:
        assert await presented_expiry("127.0.0.1", server.port, 0.2) is None
    assert await presented_expiry("127.0.0.1", 1, 0.2) is None
