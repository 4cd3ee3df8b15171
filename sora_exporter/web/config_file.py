"""``--web.config.file``: TLS and basic authentication in the schema of exporter-toolkit.

Source: prometheus/exporter-toolkit docs/web-configuration.md (2026-11).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator

from sora_exporter.config import parse_duration
from sora_exporter.config.section import Count, Flag, Section
from sora_exporter.config.yaml_file import ConfigError, YamlFile, read_yaml

BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
COSTS = range(4, 16)
"""A cost of 15 takes two seconds; each one more doubles that."""
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    # The certificate would be requested and ignored, which is the same as none.
    "RequestClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAnyClientCert": ssl.CERT_REQUIRED,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
CIPHERS = {
    f"TLS_ECDHE_{key}_WITH_{name}": f"ECDHE-{key}-{openssl}"
    for key in ("ECDSA", "RSA")
    for name, openssl in (
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("AES_128_CBC_SHA", "AES128-SHA"),
        ("AES_256_CBC_SHA", "AES256-SHA"),
    )
}
"""OpenSSL's names of the suites that Go's ``tls.CipherSuites`` lists for TLS 1.2. Source: pkg.go.dev/crypto/tls."""

HEADERS = (
    "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
    "Strict-Transport-Security",
)  # fmt: skip


def _bcrypt(value: SecretStr) -> SecretStr:
    found = BCRYPT.fullmatch(value.get_secret_value())
    if not found:
        raise ValueError("is not a bcrypt hash: make one with 'htpasswd -nBC 10 USER'")
    if int(found[1]) not in COSTS:
        raise ValueError(f"has cost {found[1]}: make one with a cost from {COSTS[0]} to {COSTS[-1]}")
    return value


def _cipher(value: str) -> str:
    if value not in CIPHERS:
        raise ValueError(f"{value!r} is not a cipher suite of TLS 1.2: use {', '.join(CIPHERS)}")
    return value


def _header(value: str) -> str:
    if value not in HEADERS:
        raise ValueError(f"{value!r} cannot be set: use {', '.join(HEADERS)}")
    return value


def _interval(value: object) -> float:
    return 0.0 if value == 0 and not isinstance(value, bool) else parse_duration(value)


class TlsServer(Section):
    """``tls_server_config``. Relative file names are relative to the web configuration file."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    client_auth_type: Literal[
        "NoClientCert", "RequestClientCert", "VerifyClientCertIfGiven", "RequireAnyClientCert",
        "RequireAndVerifyClientCert",
    ] = "NoClientCert"  # fmt: skip
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    max_version: Literal["TLS12", "TLS13"] = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(_cipher)], ...] = ()
    prefer_server_cipher_suites: Flag = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if CLIENT_AUTH[self.client_auth_type] is not ssl.CERT_NONE and self.client_ca_file is None:
            raise ValueError(f"client_auth_type {self.client_auth_type} needs client_ca_file")
        if VERSIONS[self.min_version] > VERSIONS[self.max_version]:
            raise ValueError("min_version is above max_version: lower the one or raise the other")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The files it names, as written."""
        return tuple(file for file in (self.cert_file, self.key_file, self.client_ca_file) if file is not None)


class RateLimit(Section):
    """``rate_limit``: ``burst`` requests at once, then one every ``interval`` (seconds); 0 in either: no limit."""

    interval: Annotated[float, BeforeValidator(_interval)] = 0.0
    burst: Count = Field(default=0, ge=0)


class HttpServer(Section):
    """``http_server_config``: headers of every answer. ``http2`` is accepted; HTTP/1.1 is used either way."""

    http2: Flag = True
    headers: Mapping[
        Annotated[str, AfterValidator(_header)], Annotated[str, Field(pattern=r"^[\t -~]*$")]
    ] = Field(default_factory=dict)  # fmt: skip


class WebConfig(Section):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: Mapping[str, Annotated[SecretStr, AfterValidator(_bcrypt)]] = Field(default_factory=dict)
    rate_limit: RateLimit | None = None


def load_web_config(path: Path) -> WebConfig:
    """Return the file's configuration, with usable certificates. Raises ConfigError."""
    file = read_yaml(path, "--web.config.file")
    try:
        config = WebConfig.model_validate(file.document)
    except ValidationError as error:
        raise ConfigError(*(_mistake(file, item["loc"], item["msg"]) for item in error.errors())) from None
    if config.tls_server_config is not None:
        try:
            tls_context(path, config.tls_server_config)
        except OSError as error:
            raise ConfigError(file.mistake(("tls_server_config",), _unusable(error))) from None
    return config


def _mistake(file: YamlFile, location: tuple[int | str, ...], message: str) -> str:
    problem = message.removeprefix("Value error, ").replace(
        "Extra inputs are not permitted", "unknown key, or one that is not supported: remove it"
    )
    return file.mistake(tuple(step for step in location if step != "[key]"), problem)


def _unusable(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        reason = error.reason or error.strerror or "not PEM"
        return f"certificate and key cannot be used ({reason}): give PEM files that belong together"
    return f"{error.filename} cannot be read: {error.strerror}: correct the path or its permissions"


def tls_context(path: Path, tls: TlsServer) -> ssl.SSLContext:
    """Return a server's context for the section. Raises OSError (``ssl.SSLError`` is one) for unusable files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    for file in tls.files:
        # OpenSSL does not name the file it cannot read. With the password below it does not prompt for one.
        (path.parent / file).open("rb").close()
    context.load_cert_chain(path.parent / tls.cert_file, path.parent / tls.key_file, password=lambda: b"")
    if tls.cipher_suites:
        context.set_ciphers(":".join(CIPHERS[name] for name in tls.cipher_suites))
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.client_ca_file is not None:
        context.load_verify_locations(path.parent / tls.client_ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = CLIENT_AUTH[tls.client_auth_type]
    return context
