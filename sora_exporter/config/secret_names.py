"""The names of secrets: an environment variable or a file. The secret itself is never part of the configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from sora_exporter.config.values import File, require_readable

SECRET_BYTES = 8192
KEY_SHAPE = re.compile(r"(?=.*[0-9])[A-Za-z0-9_+=\-]{16,}|sk-.*|eyJ.*")
"""A name like a key: without a suffix, long, with a digit."""
VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


def require_one(env: object, file: object, member: str) -> None:
    """Raise ValueError if a secret is named by both a variable and a file."""
    if env and file:
        raise ValueError(f"{member}_env and {member}_file exclude each other: keep one")


def _set(name: str, info: ValidationInfo) -> str:
    secret = os.environ.get(name) if name and "\0" not in name else None
    if not secret:
        # A key pasted in place of its variable's name must not reach a log.
        shown = name if VARIABLE_NAME.fullmatch(name) else "named here"
        file = f"{(info.field_name or '').removesuffix('_env')}_file"
        raise ValueError(f"the environment variable {shown} is not set: export it or use {file}")
    _require_secret(secret.strip(), f"the environment variable {name}")
    return name


def _filled(path: Path) -> Path:
    # Unlike Path.exists, this returns False for a name that is too long for a file, as a pasted text may be.
    if not os.path.exists(path) and KEY_SHAPE.fullmatch(path.name):
        # A key pasted in place of its file's name must not reach a log.
        raise ValueError("no such file: name a file that contains the key, not the key")
    _require_secret(require_readable(path, SECRET_BYTES).decode("utf-8", "replace").strip(), str(path))
    return path


def _require_secret(secret: str, where: str) -> None:
    if not secret:
        raise ValueError(f"{where} is empty: put the key there")
    if not re.fullmatch(r"[!-~]+", secret):
        raise ValueError(f"{where} contains a space, a line break or a non-ASCII letter: put only the key there")


SecretVariable = Annotated[str, AfterValidator(_set)]
SecretFile = Annotated[File, AfterValidator(_filled)]
