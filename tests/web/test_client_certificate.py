"""Clients that are admitted by the names in their certificates."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from support.faults.certificates import Authority
from support.handshake import shaken
from uvicorn.server import ServerState

from sora_exporter.web.client_certificate import is_admitted
from sora_exporter.web.config_file import TlsServer, tls_context
from sora_exporter.web.protocol import PatientProtocol


@pytest.mark.parametrize(
    ("host", "named", "admitted"),
    [
        ("scraper.example", ["other", "scraper.example"], True),
        ("::1", ["::1"], True),
        ("scraper.example", ["scraper.example.org"], False),
        ("scraper.example", [], True),
    ],
)
def test_a_client_needs_one_of_the_names(tmp_path: Path, host: str, named: list[str], admitted: bool) -> None:
    """With names in the configuration a verified certificate is not enough: it must hold one of them."""
    authority = Authority.create(tmp_path)
    authority.server_context("server")
    authority.server_context("client", host=host)
    pem, kind = Path("server.pem"), "RequireAndVerifyClientCert"
    document = {"cert_file": pem, "key_file": pem, "client_ca_file": authority.path, "client_auth_type": kind}
    server = tls_context(tmp_path / "web.yml", TlsServer.model_validate({**document, "client_allowed_sans": named}))
    client = ssl.create_default_context(cafile=str(authority.path))
    client.load_cert_chain(tmp_path / "client.pem")
    assert is_admitted(shaken(server, client)[0]) is admitted


async def test_no_request_of_a_stranger_is_handed_on(tmp_path: Path) -> None:
    """A request that a stranger sends right with the handshake never reaches the application."""
    authority = Authority.create(tmp_path)
    authority.server_context("server")
    pem, kind = Path("server.pem"), "RequireAndVerifyClientCert"
    document = {"cert_file": pem, "key_file": pem, "client_ca_file": authority.path, "client_auth_type": kind}
    asked: list[str] = []

    async def application(scope: Any, *_: Any) -> None:
        asked.append(scope["path"])

    config = uvicorn.Config(application, lifespan="off", log_config=None)
    config.load()
    client = ssl.create_default_context(cafile=str(authority.path))
    client.load_cert_chain(tmp_path / "server.pem")
    for names, expected in ((["friend.example"], []), (["127.0.0.1"], ["/reload"])):
        tls = TlsServer.model_validate({**document, "client_allowed_sans": names})
        server = await asyncio.get_running_loop().create_server(
            lambda: PatientProtocol(config=config, server_state=ServerState(), app_state={}),
            *("127.0.0.1", 0), ssl=tls_context(tmp_path / "web.yml", tls),
        )  # fmt: skip
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=client)
        writer.write(b"POST /reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        server.close()
        assert asked == expected


def test_a_connection_without_tls_has_no_name() -> None:
    """Without TLS there is nothing to check."""
    assert is_admitted(None)
