"""Tokens signed from two secrets: verified by PyJWT, kept, renewed."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest
from support.faults.server import serve
from support.strict_provider import ACCESS, SECRET, client_of, guarded, statuses

from sora_exporter.config.auth import JwtAuth
from sora_exporter.http.auth import Outgoing
from sora_exporter.http.jwt_auth import JwtScheme
from sora_exporter.http.provider import ProviderClients

pytestmark = pytest.mark.usefixtures("own_keys")


def _is_signed(_method: str, _target: str, headers: dict[str, str], _body: bytes) -> bool:
    claims = jwt.decode(headers["authorization"].removeprefix("Bearer "), SECRET, ["HS256"])
    return claims["iss"] == ACCESS and set(claims) == {"iss", "exp", "nbf"} and claims["exp"] - claims["nbf"] == 1805


async def test_a_token_is_signed_from_two_secrets(clients: ProviderClients) -> None:
    """PyJWT verifies the token of every request; both secrets and the token are known to redaction."""
    async with serve(guarded(_is_signed)) as server:
        keys = {"access_key_env": "OWN_ACCESS", "secret_key_env": "OWN_SECRET"}
        client = client_of(clients, server.url, auth={"jwt": keys})
        assert await statuses(client) == [200, 200]
    access, secret, token = client.secrets()
    assert (access, secret, token.count(".")) == (ACCESS, SECRET, 2)


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    """A token is kept for twenty minutes, replaced with ten minutes left, after a rotation and after a clock step."""
    (tmp_path / "secret").write_text(SECRET)
    settings = JwtAuth(access_key_env="OWN_ACCESS", secret_key_file=tmp_path / "secret")
    now = [1_000_000.0]
    scheme = JwtScheme(settings, now=lambda: now[0])

    def token_at(seconds: float) -> str:
        now[0] = 1_000_000.0 + seconds
        return scheme.sign(Outgoing("GET", None)).headers["Authorization"]  # type: ignore[arg-type]

    first = token_at(0)
    assert token_at(1199) == first
    later = token_at(1200)
    assert later != first
    assert token_at(-60) not in (first, later)
    (tmp_path / "secret").write_text(SECRET[::-1])
    rotated = token_at(-60)
    assert jwt.decode(rotated.removeprefix("Bearer "), SECRET[::-1], ["HS256"], {"verify_exp": False})["iss"] == ACCESS
