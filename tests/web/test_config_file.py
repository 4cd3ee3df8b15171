"""The web configuration file: its values, and one line for each mistake."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from support.faults.certificates import Authority

from sora_exporter.config.yaml_file import ConfigError
from sora_exporter.web.config_file import CIPHERS, CLIENT_AUTH, TlsServer, WebConfig, load_web_config, tls_context

HASH = bcrypt.hashpw(b"correct horse", b"$2b$04$abcdefghijklmnopqrstuu").decode()
"""With a fixed salt: the workers of a parallel run must name the same tests."""
"""Of cost 4, the quickest."""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an authority, two certificates of it, and files that are none."""
    directory = tmp_path_factory.mktemp("web")
    authority = Authority.create(directory)
    authority.server_context("server")
    authority.server_context("other")
    (directory / "garbage.pem").write_text("no PEM", "utf-8")
    return directory


def load(directory: Path, text: str) -> WebConfig:
    """Return the configuration from a file with this text."""
    path = directory / "web.yml"
    path.write_text(text, "utf-8")
    return load_web_config(path)


@contextmanager
def expect_mistake(directory: Path, words: str) -> Iterator[None]:
    """Expect exactly one line, which begins with the file and line and holds these words, and no hash."""
    with pytest.raises(ConfigError) as caught:
        yield
    (line,) = caught.value.mistakes
    assert line.startswith(f"{directory / 'web.yml'}:"), line
    assert words in line
    assert HASH not in line


WHOLE = f"""
tls_server_config:
  cert_file: server.pem
  key_file: server.pem
  client_ca_file: authority.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers: {{Strict-Transport-Security: max-age=31536000, X-Frame-Options: deny}}
basic_auth_users:
  prometheus: {HASH}
  admin: $2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG
rate_limit: {{interval: 500ms, burst: 20}}
"""


def test_a_whole_file(directory: Path) -> None:
    """Every section of the schema is understood, and files are looked for beside the file."""
    config = load(directory, WHOLE)
    assert config.tls_server_config is not None
    assert config.tls_server_config.files == (Path("server.pem"), Path("server.pem"), Path("authority.pem"))
    assert (config.rate_limit and config.rate_limit.interval, config.rate_limit and config.rate_limit.burst) == (
        0.5,
        20,
    )
    assert config.basic_auth_users["prometheus"].get_secret_value() == HASH
    assert config.http_server_config.headers["X-Frame-Options"] == "deny"


def test_no_hash_is_ever_shown(directory: Path) -> None:
    """A printed or dumped configuration hides the hashes: they can be tried at leisure."""
    config = load(directory, WHOLE)
    assert HASH not in repr(config) + str(config.model_dump()) + config.model_dump_json()


def test_the_context_is_as_strict_as_the_file(directory: Path) -> None:
    """Versions, suites, preference and client certificates reach OpenSSL."""
    tls = load(directory, WHOLE).tls_server_config
    assert tls is not None
    context = tls_context(directory / "web.yml", tls)
    assert (context.minimum_version, context.maximum_version) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    names = {suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"}
    assert names == {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"}


@pytest.mark.parametrize("name", CIPHERS)
def test_openssl_has_every_suite(directory: Path, name: str) -> None:
    """Each name of the table stands for exactly one suite of OpenSSL."""
    tls = TlsServer(cert_file=Path("server.pem"), key_file=Path("server.pem"), cipher_suites=(name,))
    suites = tls_context(directory / "web.yml", tls).get_ciphers()
    assert [suite["name"] for suite in suites if suite["protocol"] != "TLSv1.3"] == [CIPHERS[name]]


@pytest.mark.parametrize("kind", CLIENT_AUTH)
def test_kinds_of_client_authentication(directory: Path, kind: Any) -> None:
    """Each kind becomes OpenSSL's nearest that is not weaker; any certificate at all is never enough."""
    files = {"cert_file": Path("server.pem"), "key_file": Path("server.pem"), "client_auth_type": kind}
    if kind in ("RequireAnyClientCert", "RequireClientCert"):
        with pytest.raises(ValueError, match=f"{kind} without an authority"):
            TlsServer(**files)
        files["client_ca_file"] = Path("authority.pem")
    context = tls_context(directory / "web.yml", TlsServer(**files))
    assert (context.verify_mode is ssl.CERT_NONE) == (kind in ("NoClientCert", "RequestClientCert"))


CERTIFICATE = "tls_server_config: {{cert_file: {}, key_file: {}}}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("basic_auth_users: {me: secret-in-plain}", "basic_auth_users.me: is not a bcrypt hash: make one with"),
        (f"basic_auth_users: {{me: {HASH[:4]}31{HASH[6:]}}}", "has cost 31: make one with a cost from 4 to 20"),
        ("basic_auth: {}", "basic_auth: unknown key, or one that is not supported"),
        ("tls_server_config: {cert_file: server.pem}", "key and key_file are missing: give one of them"),
        (CERTIFICATE.format("missing.pem", "server.pem"), "missing.pem cannot be read: No such file or directory"),
        (CERTIFICATE.format("garbage.pem", "server.pem"), "certificate and key cannot be used"),
        (CERTIFICATE.format("server.pem", "other.pem"), "KEY_VALUES_MISMATCH): give PEM files that belong together"),
        ("tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}", "min_version: Input should be 'TLS12'"),
        ("tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}", "min_version is"),
        ("tls_server_config: {cert_file: a, key_file: b, cipher_suites: [RC4]}", "'RC4' is not a cipher suite"),
        ("http_server_config: {headers: {Server: me}}", "'Server' cannot be set: use Content-Security-Policy"),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\nb"}}', "X-XSS-Protection: String should match"),
        ("rate_limit: {interval: 5, burst: 1}", "rate_limit.interval: write a duration with its unit"),
        ("rate_limit: {interval: 5s, burst: -1}", "rate_limit.burst: Input should be greater than or equal to 0"),
        ("tls_server_config: [", "not valid YAML"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(directory: Path, text: str, words: str) -> None:
    """A mistake is reported with file, line, path and a fix; a hash or password is not repeated."""
    with expect_mistake(directory, words):
        load(directory, text)


def test_a_password_in_place_of_a_hash_is_not_repeated(directory: Path) -> None:
    """A password in place of its hash does not reach a log."""
    with pytest.raises(ConfigError) as caught:
        load(directory, "basic_auth_users: {me: hunter2-in-plain}")
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_names_the_flag(directory: Path) -> None:
    """The line about a file that is not there names the flag that named it."""
    with pytest.raises(ConfigError, match=r"no such file: name an existing one with --web\.config\.file"):
        load_web_config(directory / "nowhere.yml")


def test_an_encrypted_key_is_refused_without_asking_for_its_password(directory: Path) -> None:
    """A key that needs a password is a mistake; the exporter does not wait at a terminal."""
    from cryptography.hazmat.primitives import serialization

    pem = (directory / "server.pem").read_bytes()
    key = serialization.load_pem_private_key(pem[pem.index(b"-----BEGIN PRIVATE") :], None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"abc")
    )
    (directory / "encrypted.pem").write_bytes(encrypted)
    with expect_mistake(directory, "certificate and key cannot be used"):
        load(directory, CERTIFICATE.format("server.pem", "encrypted.pem"))
