"""A provider: its address and the name of its key. The key itself is never part of the configuration."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from sora_exporter.config.section import Count, Flag, Section
from sora_exporter.config.values import File, HeaderName, HeaderValue, Proxy, Url, require_readable

KEY_BYTES = 8192
CERTIFICATE_BYTES = 16 * 1024 * 1024
VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


class Provider(Section):
    """A base URL, and the variable or file that holds its key."""

    base_url: Url
    api_key_env: str | None = None
    api_key_file: File | None = None
    proxy: Proxy | None = None
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict)
    verify: Flag = True
    ca_file: File | None = None
    max_concurrent: Count = Field(default=8, ge=1, le=1000)

    @model_validator(mode="after")
    def _one_key_source(self) -> Self:
        if self.api_key_env and self.api_key_file:
            raise ValueError("api_key_env and api_key_file exclude each other: keep one")
        return self

    @field_validator("api_key_env")
    @classmethod
    def _is_set(cls, name: str | None) -> str | None:
        if name is None:
            return None
        key = os.environ.get(name) if name and "\0" not in name else None
        if not key:
            # A key pasted in place of its variable's name must not reach a log.
            shown = name if VARIABLE_NAME.fullmatch(name) else "named here"
            raise ValueError(f"the environment variable {shown} is not set: export it or use api_key_file")
        _require_key(key.strip(), f"the environment variable {name}")
        return name

    @field_validator("api_key_file")
    @classmethod
    def _holds_key(cls, path: Path | None) -> Path | None:
        if path is not None:
            _require_key(require_readable(path, KEY_BYTES).decode("utf-8", "replace").strip(), str(path))
        return path

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


def _require_key(key: str, where: str) -> None:
    if not key:
        raise ValueError(f"{where} is empty: put the key there")
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError(f"{where} contains a space, a line break or a non-ASCII letter: put only the key there")
