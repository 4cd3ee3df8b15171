"""``--web.config.file``: TLS and basic authentication in the schema of exporter-toolkit.

Source: prometheus/exporter-toolkit docs/web-configuration.md (2026-11).
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator

from sora_exporter.config import parse_duration
from sora_exporter.config.section import Count, Flag, Section
from sora_exporter.config.yaml_file import ConfigError, YamlFile, read_yaml
from sora_exporter.web.client_certificate import ServerContext

BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
COSTS = range(4, 21)
"""A cost of 15 takes two seconds; each one more doubles that."""
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    # The certificate would be requested and ignored, which is the same as none.
    "RequestClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireClientCert": ssl.CERT_REQUIRED,
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
TLS13_SUITES = frozenset({"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
"""Always on with TLS 1.3; naming them changes nothing, as in Go."""
FOR_HTTP2 = frozenset({"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"})
"""HTTP/2 needs one of these for TLS 1.2. Source: RFC 9113 section 9.2.2."""
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
"""OpenSSL's names of Go's curves."""
MOST_PEM = 16_384
"""The longest text of an inline certificate or key: as much as a pipe holds on every system."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-Content-Type-Options": ("nosniff",),
    "X-XSS-Protection": (),
    "Strict-Transport-Security": (),
}
"""The headers that can be set, each with its values if they are a closed set."""


def _bcrypt(value: SecretStr) -> SecretStr:
    found = BCRYPT.fullmatch(value.get_secret_value())
    if not found:
        raise ValueError("is not a bcrypt hash: make one with 'htpasswd -nBC 10 USER'")
    if int(found[1]) not in COSTS:
        raise ValueError(f"has cost {found[1]}: make one with a cost from {COSTS[0]} to {COSTS[-1]}")
    return value


def _cipher(value: str) -> str:
    if value not in CIPHERS and value not in TLS13_SUITES:
        raise ValueError(f"{value!r} is not a cipher suite of TLS 1.2: use {', '.join(CIPHERS)}")
    return value


def _headers(values: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in values.items():
        if name not in HEADERS:
            raise ValueError(f"{name!r} cannot be set: use {', '.join(HEADERS)}")
        if HEADERS[name] and value not in HEADERS[name]:
            raise ValueError(f"{name} must be {' or '.join(HEADERS[name])}")
    return values


def _curves(value: tuple[str, ...]) -> tuple[str, ...]:
    # Python hands one curve to OpenSSL, or leaves all of them on.
    if 1 < len(set(value)) < len(CURVES):
        raise ValueError(f"name one curve, or all of {', '.join(CURVES)}")
    return value


def _or_empty(value: Any) -> Any:
    """Return an empty mapping for a section that is named and left blank."""
    return {} if value is None else value


def _or_none(value: Any) -> Any:
    """Return None for an empty text: the member is as good as absent."""
    return None if value == "" else value


def _text(value: Any) -> Any:
    """Return a header's value as text: YAML reads a bare 1 as a number, and a blank as nothing."""
    return "" if value is None else str(value) if isinstance(value, int) and not isinstance(value, bool) else value


File = Annotated[Path | None, BeforeValidator(_or_none)]
Pem = Annotated[str, Field(max_length=MOST_PEM)]
PemKey = Annotated[SecretStr, Field(max_length=MOST_PEM)]


def _interval(value: object) -> float:
    return 0.0 if value == 0 and not isinstance(value, bool) else parse_duration(value)


class TlsServer(Section):
    """``tls_server_config``. Relative file names are relative to the web configuration file."""

    cert: Annotated[Pem | None, BeforeValidator(_or_none)] = None
    key: Annotated[PemKey | None, BeforeValidator(_or_none)] = None
    client_ca: Annotated[str | None, BeforeValidator(_or_none)] = None
    cert_file: File = None
    key_file: File = None
    client_ca_file: File = None
    client_auth_type: Annotated[
        Literal[
            "NoClientCert", "RequestClientCert", "VerifyClientCertIfGiven", "RequireAnyClientCert",
            "RequireClientCert", "RequireAndVerifyClientCert",
        ] | None,
        BeforeValidator(_or_none),
    ] = None  # fmt: skip
    client_allowed_sans: tuple[str, ...] = ()
    """Alternative names of which a client's certificate needs one."""
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    max_version: Literal["TLS12", "TLS13"] = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(_cipher)], ...] = ()
    curve_preferences: Annotated[tuple[Literal["CurveP256", "CurveP384", "CurveP521", "X25519"], ...],
                                AfterValidator(_curves)] = ()  # fmt: skip
    prefer_server_cipher_suites: Flag = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.is_enabled:
            return self
        for name, given in (("cert", self.cert_file or self.cert), ("key", self.key_file or self.key)):
            if given is None:
                raise ValueError(f"{name} and {name}_file are missing: give one of them")
        has_authority = self.client_ca_file is not None or self.client_ca is not None
        if has_authority and self.client_auth_type in (None, "NoClientCert"):
            raise ValueError(
                "client_ca_file has no effect: give client_auth_type, for example RequireAndVerifyClientCert"
            )
        if not has_authority and self.client_auth_type in ("RequireAnyClientCert", "RequireClientCert"):
            raise ValueError(
                f"{self.client_auth_type} without an authority would admit everybody, and is not supported: give"
                " client_ca_file"
            )
        if self.client_allowed_sans and self.client_verification is ssl.CERT_NONE:
            raise ValueError("client_allowed_sans needs a client_auth_type that verifies certificates")
        if VERSIONS[self.min_version] > VERSIONS[self.max_version]:
            raise ValueError("min_version is above max_version: lower the one or raise the other")
        return self

    @property
    def is_enabled(self) -> bool:
        """True if the section switches TLS on; versions and suites alone do not."""
        members = self.cert, self.key, self.client_ca, *self.files, self.client_auth_type
        return any(member is not None for member in members)

    @property
    def client_verification(self) -> ssl.VerifyMode:
        """How OpenSSL treats certificates of clients."""
        return CLIENT_AUTH[self.client_auth_type or "NoClientCert"]

    @property
    def files(self) -> tuple[Path, ...]:
        """The files it names, as written."""
        return tuple(file for file in (self.cert_file, self.key_file, self.client_ca_file) if file is not None)


class RateLimit(Section):
    """``rate_limit``: ``burst`` requests at once, then one every ``interval`` (seconds).

    With an interval of 0 there is no limit; with a burst of 0 no request passes.
    """

    interval: Annotated[float, BeforeValidator(_interval)] = 0.0
    burst: Count = Field(default=0, ge=0)


class HttpServer(Section):
    """``http_server_config``: headers of every answer. ``http2`` is accepted; HTTP/1.1 is used either way."""

    http2: Flag = True
    headers: Annotated[
        Mapping[str, Annotated[str, BeforeValidator(_text), Field(pattern=r"^[\t -~]*$")]],
        BeforeValidator(_or_empty), AfterValidator(_headers),
    ] = Field(default_factory=dict)  # fmt: skip


class WebConfig(Section):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    http_server_config: Annotated[HttpServer, BeforeValidator(_or_empty)] = HttpServer()
    basic_auth_users: Annotated[
        Mapping[str, Annotated[SecretStr, AfterValidator(_bcrypt)]], BeforeValidator(_or_empty)
    ] = Field(default_factory=dict)  # fmt: skip
    rate_limit: RateLimit | None = None

    @model_validator(mode="after")
    def _has_a_suite_for_http2(self) -> Self:
        tls = self.tls
        if tls is None or not self.http_server_config.http2 or tls.min_version == "TLS13" or not tls.cipher_suites:
            return self
        if not FOR_HTTP2 & set(tls.cipher_suites):
            raise ValueError(f"cipher_suites has none of HTTP/2: add {min(FOR_HTTP2)}, or set http2: false")
        return self

    @property
    def tls(self) -> TlsServer | None:
        """The section of TLS if it switches TLS on."""
        section = self.tls_server_config
        return section if section is not None and section.is_enabled else None


def load_web_config(path: Path) -> WebConfig:
    """Return the file's configuration, with usable certificates. Raises ConfigError."""
    file = read_yaml(path, "--web.config.file")
    try:
        config = WebConfig.model_validate(file.document)
    except ValidationError as error:
        raise ConfigError(*(_mistake(file, item["loc"], item["msg"]) for item in error.errors())) from None
    if config.tls is not None:
        try:
            tls_context(path, config.tls)
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


def tls_context(path: Path, tls: TlsServer) -> ServerContext:
    """Return a server's context for the section. Raises OSError (``ssl.SSLError`` is one) for unusable files."""
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.allowed_names = frozenset(tls.client_allowed_sans)
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    for file in tls.files:
        # OpenSSL does not name the file it cannot read. With the password below it does not prompt for one.
        (path.parent / file).open("rb").close()
    key = tls.key.get_secret_value() if tls.key is not None else ""
    with _readable(path, tls.cert_file, tls.cert or "") as cert_file, _readable(path, tls.key_file, key) as key_file:
        context.load_cert_chain(cert_file, key_file, password=lambda: b"")
    _set_suites(context, tls)
    _set_clients(context, path, tls)
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _readable(path: Path, file: Path | None, text: str) -> Iterator[str]:
    """Give OpenSSL a file to read: the one named, or a pipe that holds the text, so that no key reaches the disk."""
    if file is not None:
        yield str(path.parent / file)
        return
    reading, writing = os.pipe()
    try:
        with open(writing, "w", encoding="utf-8") as pipe:
            pipe.write(text)
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def _set_suites(context: ServerContext, tls: TlsServer) -> None:
    suites = [CIPHERS[name] for name in tls.cipher_suites if name in CIPHERS]
    if suites:
        context.set_ciphers(":".join(suites))
    elif tls.cipher_suites:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if len(set(tls.curve_preferences)) == 1:
        context.set_ecdh_curve(CURVES[tls.curve_preferences[0]])


def _set_clients(context: ServerContext, path: Path, tls: TlsServer) -> None:
    if tls.client_ca_file is not None:
        context.load_verify_locations(path.parent / tls.client_ca_file)
    elif tls.client_ca is not None:
        context.load_verify_locations(cadata=tls.client_ca)
    elif tls.client_verification is not ssl.CERT_NONE:
        context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = tls.client_verification
