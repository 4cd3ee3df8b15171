"""Tokens of a service account: fetched once from a token host, whose faults are not the provider's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.faults.server import Connection, answer, fixed, serve
from support.strict_provider import GET, client_of, guarded, statuses

from sora_exporter.http.provider import ProviderClients, Request
from sora_exporter.result import ErrorClass

E = ErrorClass
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def account(directory: Path, token_uri: str) -> str:
    """Write a service account's file, and return its path."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    document = {
        "type": "service_account", "client_email": "a@p.example", "token_uri": token_uri,
        "private_key_id": "1", "private_key": RSA.private_bytes(*form).decode(),
    }  # fmt: skip
    path = directory / "account.json"
    path.write_text(json.dumps(document))
    return str(path)


async def test_a_service_account_gets_a_token_once(clients: ProviderClients, tmp_path: Path) -> None:
    """The token host verifies the assertion, and its token is sent with every request until it nears its end."""
    public = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    async def token(connection: Connection) -> None:
        form = parse_qs(connection.body.decode())
        claims = jwt.decode(form["assertion"][0], public, ["RS256"], audience="https://oauth2.googleapis.com/token")
        assert claims["iss"] == "a@p.example"
        await connection.send(answer(b'{"access_token":"ya29.token-0123","expires_in":3600,"token_type":"Bearer"}'))

    def check(_method: str, _target: str, headers: dict[str, str], _body: bytes) -> bool:
        return headers.get("authorization") == "Bearer ya29.token-0123"

    async with serve(token) as hosts, serve(guarded(check)) as server:
        settings = {"google": {"service_account_file": account(tmp_path, hosts.url)}}
        client = client_of(clients, server.url, auth=settings)
        assert await statuses(client) == [200, 200]
        assert len(hosts.requests) == 1
    assert client.secrets() == ("ya29.token-0123",)


INVALID = b'{"error":"invalid_grant","error_description":"Invalid JWT Signature."}'


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (fixed(answer(INVALID, "400 Bad Request")), E.AUTHENTICATION),
        (fixed(answer(b"<html>", "404 Not Found")), E.AUTHENTICATION),
        ("reset at once", E.LOCAL_NETWORK),
        ("silence", E.LOCAL_NETWORK),
    ],
)
async def test_a_fault_of_the_token_host_is_not_the_providers(
    clients: ProviderClients, tmp_path: Path, behaviour: Any, expected: ErrorClass
) -> None:
    """A token host that refuses or fails leads to no request, and to a class that says nothing of the service."""
    async with serve(behaviour) as hosts, serve("good") as server:
        settings = {"google": {"service_account_file": account(tmp_path, hosts.url)}}
        client = client_of(clients, server.url, auth=settings)
        reply = await client.ask(Request("GET", "/models/m", "models", 0.5), "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, server.requests, reply.is_sent) == (expected, [], False)
    assert "PRIVATE KEY" not in f"{reply}"


async def test_a_service_account_that_vanished_is_our_fault(clients: ProviderClients, tmp_path: Path) -> None:
    """A file that cannot be read any more gives ``authentication`` and names the file."""
    path = account(tmp_path, "http://127.0.0.1:1")
    client = client_of(clients, "http://127.0.0.1:1", auth={"google": {"service_account_file": path}})
    Path(path).unlink()  # noqa: ASYNC240 - a small local file
    reply = await client.ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, path in reply.own_fault.message) == (E.AUTHENTICATION, True)
