"""A provider: its address and the name of its key. The key itself is never part of the configuration."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from sora_exporter.config.apis.calls import FILLED_PER_REQUEST
from sora_exporter.config.auth import Auth, AuthAsWritten, auth_of
from sora_exporter.config.balance import Balance, BalanceAsWritten, described
from sora_exporter.config.secret_names import SecretFile, SecretVariable, require_one
from sora_exporter.config.section import Count, Flag, Section
from sora_exporter.config.values import BudgetShare, File, HeaderName, HeaderValue, Proxy, Text, Url, require_readable

CERTIFICATE_BYTES = 16 * 1024 * 1024


def _placeholder(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise ValueError(f"{name!r} is not the name of a placeholder: use a-z, 0-9 and '_', a letter first")
    if name in FILLED_PER_REQUEST:
        raise ValueError(f"{{{name}}} is filled by each request: choose another name")
    return name


IpProtocol = Literal["ip4", "ip6", "prefer-ip4", "prefer-ip6"]

Placeholder = Annotated[str, AfterValidator(_placeholder)]


class Provider(Section):
    """A base URL, and the variables or files that hold its secrets."""

    base_url: Url
    """The address before every path."""
    api_key_env: SecretVariable | None = None
    """The variable with the key."""
    api_key_file: SecretFile | None = None
    """Or the file with it; read again on every use."""
    auth: Annotated[Auth | None, BeforeValidator(auth_of, json_schema_input_type=AuthAsWritten)] = None
    """How the key is sent; defaults to a bearer token (docs/apis.md)."""
    values: Mapping[Placeholder, Text] = Field(default_factory=dict)
    """Values for placeholders of the same names in paths, headers and bodies."""
    relay: Flag | None = None
    """True if the provider resells other makers' models; inferred from the host by default."""
    balance: Annotated[Balance | None, BeforeValidator(described, json_schema_input_type=BalanceAsWritten)] = None
    """How its balance is read: a built-in name, ``{like: NAME, low: 5}``, or a description."""
    proxy: Proxy | None = None
    """A proxy to it: ``http://``, ``https://``, ``socks5://`` or ``socks5h://``."""
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers of every request. Their values are never shown."""
    verify: Flag = True
    """False if its certificate is not verified."""
    ca_file: File | None = None
    """Certificates to trust instead of the system's, in PEM; a path beside the configuration file."""
    asset_ports: tuple[Annotated[Count, Field(ge=1, le=65535)], ...] = Field(default=(), max_length=10)
    """Further ports of its host from which videos may be loaded if that host is inside our own network."""
    ip_protocol: IpProtocol | None = None
    """The addresses of its name to use: only ``ip4`` or ``ip6``, or ``prefer-ip4``, ``prefer-ip6``; by default all."""
    max_concurrent: Count = Field(default=8, ge=1, le=1000)
    """The most attempts at once."""
    budget_share: BudgetShare | None = None
    """The most that its services spend of the day's budget: 0.3 or 30%."""
    canary: Flag = True
    """False if no canary may be sent to it."""

    @model_validator(mode="after")
    def _one_key_source(self) -> Self:
        require_one(self.api_key_env, self.api_key_file, "api_key")
        has_key = self.api_key_env is not None or self.api_key_file is not None
        if self.auth is not None and self.auth.sends_api_key and not has_key:
            raise ValueError("this scheme of auth sends a key: name it with api_key_env or api_key_file")
        if self.auth is not None and has_key and not self.auth.sends_api_key:
            raise ValueError("this scheme of auth has its own secrets: remove api_key_env or api_key_file")
        return self

    @field_validator("ca_file")
    @classmethod
    def _holds_certificate(cls, path: Path | None) -> Path | None:
        if path is not None:
            text = require_readable(path, CERTIFICATE_BYTES).decode("ascii", "replace")
            try:
                ssl.create_default_context(cadata=text)
            except (ssl.SSLError, ValueError):
                raise ValueError(f"{path} does not contain a PEM certificate: name a file of CA certificates") from None
        return path
