"""The web configurations that exporter-toolkit tests itself with: each is accepted or refused here as it is there.

Source: the kinds of files under web/testdata of prometheus/exporter-toolkit, and the verdicts of its tests (2026-11).
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import bcrypt
import httpx2
import pytest
from support.faults.certificates import Authority

from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.web.access import WatchedFile, guarded
from sora_exporter.web.config_file import load_web_config

HASH = bcrypt.hashpw(b"correct horse", b"$2b$04$abcdefghijklmnopqrstuu").decode()
SLOW_HASH = "$2y$18$" + HASH[7:]
FILES = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n"
GIVEN = FILES + "  client_auth_type: VerifyClientCertIfGiven\n"
VERIFIED = FILES + "  client_auth_type: RequireAndVerifyClientCert\n"
ANY = "client_auth_type: RequireAnyClientCert\n"
NAMES = VERIFIED + "  client_ca_file: authority.pem\n  client_allowed_sans: "
SUITES = (
    *(f"TLS_ECDHE_{key}_WITH_AES_{size}" for key in ("ECDSA", "RSA") for size in ("128_GCM_SHA256", "256_GCM_SHA384")),
    *(f"TLS_ECDHE_{key}_WITH_AES_{size}_CBC_SHA" for key in ("ECDSA", "RSA") for size in (128, 256)),
    *(f"TLS_ECDHE_{key}_WITH_CHACHA20_POLY1305_SHA256" for key in ("ECDSA", "RSA")),
    *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
)
TWO_SUITES = "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
ONE_SUITE = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"
PEOPLE = f"basic_auth_users: {{alice: {HASH}, bob: {SLOW_HASH}, carol: {HASH}}}\n"
HEADERS = "http_server_config:\n  headers:\n"

ACCEPTED = {
    "empty": "",
    "certificate and key": FILES + PEOPLE,
    "certificate and key inline": "tls_server_config:\n  cert: |\n{pem}  key: |\n{pem}",
    "client certificate if given, verified by the system": GIVEN,
    "client certificate verified by the system": VERIFIED,
    "client certificate required, with blocks": VERIFIED + PEOPLE,
    "client certificate of an authority": VERIFIED + "  client_ca_file: authority.pem\n",
    "client certificate with a name": NAMES + "[one, test3, two]\n",
    "client certificate with another name": NAMES + "[bad]\n",
    "all suites": GIVEN + f"  cipher_suites: [{', '.join(SUITES)}]\n",
    "some suites": GIVEN + TWO_SUITES + "  max_version: TLS12\n",
    "some suites, the client's order": GIVEN + TWO_SUITES + "  prefer_server_cipher_suites: false\n",
    "no suite of HTTP/2, without HTTP/2": GIVEN + ONE_SUITE + "http_server_config: {http2: false}\n",
    "all curves": GIVEN + "  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n",
    "one curve": GIVEN + "  min_version: TLS13\n  curve_preferences: [CurveP521]\n",
    "headers": HEADERS + "    X-Frame-Options: deny\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1\n"
    "    Strict-Transport-Security: max-age=31536000\n    Content-Security-Policy: default-src 'self'\n",
    "users without TLS": PEOPLE,
    "limit of nothing": "rate_limit: {interval: 0, burst: 0}\n",
    "limit without a burst": "rate_limit: {interval: 1s, burst: 0}\n",
}
REFUSED = {
    "junk": "hWkNKCp3fvIx3jKnsaBI\nTuEjdwNS8A2vYdFbiKqr\n",
    "unknown key": "tls_server_config: {cert_filse: server.pem}\n",
    "authority without a kind of check": FILES + "  client_ca_file: authority.pem\n",
    "authority that is missing": FILES + "  client_ca_file: nowhere.pem\n",
    "user without a hash": FILES + "basic_auth_users: {john: doe}\n",
    "header of a wrong value (type)": HEADERS + "    X-Content-Type-Options: sniff\n",
    "header of a wrong value (frame)": HEADERS + "    X-Frame-Options: foo\n",
    "header that cannot be set": HEADERS + "    Content-Type: foo\n",
    "certificate's path empty": FILES.replace("cert_file: server.pem", 'cert_file: ""'),
    "key's path empty": FILES.replace("key_file: server.pem", 'key_file: ""'),
    "certificate empty": FILES.replace("cert_file: server.pem", 'cert: ""'),
    "key empty": FILES.replace("key_file: server.pem", 'key: ""'),
    "both paths empty": 'tls_server_config: {cert_file: "", key_file: "", client_auth_type: x}\n',
    "certificate's path invalid": FILES.replace("cert_file: server.pem", "cert_file: nowhere.pem"),
    "key's path invalid": FILES.replace("key_file: server.pem", "key_file: nowhere.pem"),
    "both paths invalid": FILES.replace("server.pem", "nowhere.pem"),
    "invented suite": GIVEN + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]\n",
    "invented curve": GIVEN + "  curve_preferences: [CurveP257]\n",
    "invented version": GIVEN + "  min_version: TLS111\n",
    "no suite of HTTP/2": GIVEN + ONE_SUITE,
}
STRICTER = {
    "any client certificate": FILES + "  " + ANY,
    "any client certificate, key inline": "tls_server_config:\n  cert_file: server.pem\n  key: |\n{pem}  " + ANY,
}
"""Accepted upstream. Python cannot ask for a certificate without verifying it, and says so."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, beside the one of its authority."""
    directory = tmp_path_factory.mktemp("toolkit")
    Authority.create(directory).server_context("server")
    return directory / "server.pem"


def written(pem: Path, text: str) -> Path:
    """Return the web configuration with this text, its inline texts filled in."""
    path = pem.with_name("web.yml")
    path.write_text(text.replace("{pem}", indent(pem.read_text("utf-8"), "    ")), "utf-8")
    return path


def test_the_table_has_every_case() -> None:
    """Each of upstream's 41 files has its row."""
    assert len(ACCEPTED) + len(REFUSED) + len(STRICTER) == 41


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_upstream_accepts_is_accepted(pem: Path, case: str) -> None:
    """A configuration that serves with other exporters serves here, with TLS where it has the section."""
    is_encrypted = "tls_server_config" in ACCEPTED[case]
    assert (WatchedFile(written(pem, ACCEPTED[case])).server_context() is not None) == is_encrypted


@pytest.mark.parametrize("case", [*REFUSED, *STRICTER])
def test_what_upstream_refuses_is_refused(pem: Path, case: str) -> None:
    """A configuration that other exporters refuse is refused, and so is a check that would admit any certificate."""
    with pytest.raises(ConfigError):
        load_web_config(written(pem, (REFUSED | STRICTER)[case]))


async def test_a_limit_without_a_burst_lets_nothing_pass(pem: Path) -> None:
    """An interval with a burst of 0 refuses every request, as upstream does."""
    app = guarded(httpx2.ASGITransport, WatchedFile(written(pem, ACCEPTED["limit without a burst"])))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://exporter") as client:
        assert (await client.get("/metrics")).status_code == 429
