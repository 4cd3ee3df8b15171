"""The authentication at a provider: one scheme, and the names of its secrets."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from sora_exporter.config.secret_names import SecretFile, SecretVariable, require_one
from sora_exporter.config.section import Section
from sora_exporter.config.values import File, HeaderName, Text, require_readable

ACCOUNT_BYTES = 65536
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
"""The scope that every API of Google Cloud accepts. Source: https://developers.google.com/identity/protocols/oauth2/scopes"""
ACCOUNT_MEMBERS = ("client_email", "private_key", "token_uri")
BEARER = "bearer"
EXTRAS = MappingProxyType({"google": "google.auth", "aws": "botocore"})
"""The module that a scheme needs, by the name of the scheme, which is that of the extra as well."""
SCHEMES = "bearer, google, {header: NAME}, {query: NAME}, {jwt: {…}}, {google: {…}} or {aws: {…}}"


class _Keys(Section):
    """The names of an access key and of its secret key; each is a variable or a file."""

    access_key_env: SecretVariable | None = None
    """The variable with the access key."""
    access_key_file: SecretFile | None = None
    """Or the file with it."""
    secret_key_env: SecretVariable | None = None
    """The variable with the secret key."""
    secret_key_file: SecretFile | None = None
    """Or the file with it."""

    @model_validator(mode="after")
    def _one_source_each(self) -> Self:
        require_one(self.access_key_env, self.access_key_file, "access_key")
        require_one(self.secret_key_env, self.secret_key_file, "secret_key")
        if self.has_access_key != self.has_secret_key:
            missing = "secret_key" if self.has_access_key else "access_key"
            raise ValueError(f"the {missing.replace('_', ' ')} is missing: add {missing}_env or {missing}_file")
        return self

    @property
    def has_access_key(self) -> bool:
        """True if a variable or a file is named for the access key."""
        return self.access_key_env is not None or self.access_key_file is not None

    @property
    def has_secret_key(self) -> bool:
        """True if a variable or a file is named for the secret key."""
        return self.secret_key_env is not None or self.secret_key_file is not None


class JwtAuth(_Keys):
    """A JSON Web Token, HS256: the access key issues it, the secret key signs it."""

    @model_validator(mode="after")
    def _with_keys(self) -> Self:
        if not self.has_access_key:
            raise ValueError("jwt needs two secrets: add access_key_env and secret_key_env")
        return self


class GoogleAuth(Section):
    """An access token of Google Cloud, from a service account's file or from the credentials of the environment."""

    service_account_file: File | None = None
    """The JSON key of a service account; defaults to the credentials of the environment."""
    scopes: tuple[Text, ...] = Field(default=(CLOUD_PLATFORM,), min_length=1, max_length=20)
    """The scopes to ask for."""

    @model_validator(mode="before")
    @classmethod
    def _installed(cls, members: Any) -> Any:
        _require_extra("google")
        return members

    @field_validator("service_account_file")
    @classmethod
    def _is_account(cls, path: Path | None) -> Path | None:
        if path is not None:
            _require_account(path)
        return path


class AwsAuth(_Keys):
    """AWS Signature Version 4, with the two keys named here or with the credentials of the environment."""

    service: Text
    """The name of the AWS service in the signature."""
    region: Text
    """The region in the signature."""

    @model_validator(mode="before")
    @classmethod
    def _installed(cls, members: Any) -> Any:
        _require_extra("aws")
        return members


def _query_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", value):
        raise ValueError("not the name of a query parameter: use letters, digits, '.', '_', '~' and '-'")
    return value


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[ -~]{0,100}", value) or value != value.lstrip():
        raise ValueError("the text before a key in a header is printable ASCII without a leading space: correct it")
    return value


class Auth(Section):
    """One authentication scheme; a provider without one sends its key as a bearer token."""

    header: HeaderName | None = None
    """The header that holds the key."""
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """Text before the key in that header, such as ``"Key "``."""
    query: Annotated[str, AfterValidator(_query_name)] | None = None
    """The query parameter that holds the key. It is kept out of logs."""
    jwt: JwtAuth | None = None
    """A token (HS256) that is signed here and renewed."""
    google: GoogleAuth | None = None
    """An access token of Google Cloud; needs the extra ``google``."""
    aws: AwsAuth | None = None
    """AWS Signature Version 4; needs the extra ``aws``."""

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        chosen = [scheme for scheme in (self.header, self.query, self.jwt, self.google, self.aws) if scheme is not None]
        if len(chosen) != 1:
            raise ValueError(f"a provider has one authentication scheme: write {SCHEMES}")
        if self.prefix is not None and self.header is None:
            raise ValueError("prefix belongs to header: remove it or add header")
        return self

    @property
    def sends_api_key(self) -> bool:
        """True if the scheme sends the key of ``api_key_env`` or ``api_key_file``."""
        return self.header is not None or self.query is not None


AuthAsWritten = Auth | Literal["bearer", "google"] | None


def auth_of(value: Any) -> Any:
    """Return the members of a scheme that is written as one word, and anything else unchanged; None stands for bearer.

    Raises ValueError for a word that is not a scheme.
    """
    if value == BEARER:
        return None
    if value == "google":
        return {"google": {}}
    if isinstance(value, str):
        raise ValueError(f"not an authentication scheme: write {SCHEMES}")
    return value


def installation(scheme: str) -> str | None:
    """Return the command that installs what a scheme lacks; None if it lacks nothing."""
    module = EXTRAS.get(scheme)
    try:
        is_there = module is None or importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        is_there = False
    return None if is_there else f"pip install 'sora-exporter[{scheme}]'"


def _require_extra(scheme: str) -> None:
    if (command := installation(scheme)) is not None:
        raise ValueError(f"this scheme needs more packages: {command}")


def _require_account(path: Path) -> None:
    """Raise ValueError, without any part of the file, unless it is the JSON key of a service account."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # here: 20 to 40 ms of start-up

    advice = "download the account's key as JSON again"
    try:
        account = json.loads(require_readable(path, ACCOUNT_BYTES))
    except (ValueError, RecursionError) as error:
        if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
            raise ValueError(f"{path} is not JSON: {advice}") from None
        raise
    if not isinstance(account, dict) or account.get("type") != "service_account":
        raise ValueError(f"{path} is not the key of a service account, its type differs: {advice}")
    for member in ACCOUNT_MEMBERS:
        if not isinstance(account.get(member), str) or not account[member]:
            raise ValueError(f"{path} has no {member}: {advice}")
    try:
        load_pem_private_key(account["private_key"].encode(), None)
    except (ValueError, TypeError):
        raise ValueError(f"{path} contains an unreadable private_key: {advice}") from None
