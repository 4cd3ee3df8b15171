"""``--web.config.file``: TLS and basic authentication in the exporter-toolkit's schema, re-read when a file changes.

Source: prometheus/exporter-toolkit docs/web-configuration.md (2026-11).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from sora_exporter.yaml_file import ConfigError, YamlFile, read_yaml

BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "RequestClientCert": ssl.CERT_OPTIONAL,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAnyClientCert": ssl.CERT_REQUIRED,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def _bcrypt(value: SecretStr) -> SecretStr:
    if not BCRYPT.fullmatch(value.get_secret_value()):
        raise ValueError("is not a bcrypt hash: make one with 'htpasswd -nBC 10 USER'")
    return value


class Section(BaseModel):
    """Base of every section: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    cipher_suites: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_client_ca(self) -> TlsServer:
        if self.client_auth_type not in ("NoClientCert", "RequestClientCert") and self.client_ca_file is None:
            raise ValueError(f"client_auth_type {self.client_auth_type} needs client_ca_file")
        return self


class RateLimit(Section):
    """``rate_limit``: at most ``burst`` requests at once, one more every ``interval`` (a duration such as 1s)."""

    interval: str = Field(default="0s", pattern=r"^\d+(\.\d+)?(ms|s|m)$")
    burst: int = Field(default=1, ge=0)


class HttpServer(Section):
    """``http_server_config``: headers added to every answer."""

    http2: bool = True
    headers: Mapping[
        Literal[
            "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
            "Strict-Transport-Security",
        ],
        str,
    ] = Field(default_factory=dict)  # fmt: skip


class WebConfig(Section):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: Mapping[str, Annotated[SecretStr, AfterValidator(_bcrypt)]] = Field(default_factory=dict)
    rate_limit: RateLimit | None = None


def load_web_config(path: Path) -> WebConfig:
    """Return the file's configuration, its certificates proven readable. Raises ConfigError."""
    file = read_yaml(path)
    try:
        config = WebConfig.model_validate(file.document)
    except ValidationError as error:
        raise ConfigError(*(_mistake(file, item["loc"], item["msg"]) for item in error.errors())) from None
    if config.tls_server_config is not None:
        try:
            tls_context(path, config.tls_server_config)
        except OSError as error:
            problem = f"certificate or key cannot be used: {error.strerror or error}: check cert_file and key_file"
            raise ConfigError(file.mistake(("tls_server_config",), problem)) from None
    return config


def _mistake(file: YamlFile, location: tuple[int | str, ...], message: str) -> str:
    problem = message.removeprefix("Value error, ").replace(
        "Extra inputs are not permitted", "unknown key: remove it or correct its spelling"
    )
    return file.mistake(location, problem)


def tls_context(path: Path, tls: TlsServer) -> ssl.SSLContext:
    """Return a server context for the section. Raises OSError (``ssl.SSLError`` is one) for unusable files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    context.load_cert_chain(path.parent / tls.cert_file, path.parent / tls.key_file)
    if tls.cipher_suites:
        context.set_ciphers(":".join(tls.cipher_suites))
    if tls.client_ca_file is not None:
        context.load_verify_locations(path.parent / tls.client_ca_file)
    context.verify_mode = CLIENT_AUTH[tls.client_auth_type]
    return context
