"""The certificate of the simulated provider."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from support.handshake import shaken

from sora_exporter.demo.certificate import write_certificate


def test_the_provider_shows_a_certificate_that_its_file_makes_trusted(tmp_path: Path) -> None:
    """A client that trusts the file, as strict as clients can be, finds the address in it and sixty days left."""
    file, now = write_certificate(tmp_path / "simulator.pem", time.time()), time.time()
    served, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(file))
    served.load_cert_chain(file)
    trusted.verify_flags |= ssl.VERIFY_X509_STRICT
    _, asking = shaken(served, trusted)
    shown = asking.getpeercert()
    assert shown
    assert ssl.cert_time_to_seconds(str(shown["notAfter"])) == pytest.approx(now + 60 * 86400, abs=60)
    assert file.stat().st_mode & 0o077 == 0
