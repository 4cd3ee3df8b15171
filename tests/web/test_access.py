"""Authentication, rate limit, headers, and a configuration that follows its file."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bcrypt
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from support.clock import HandClock
from support.faults.certificates import Authority
from support.handshake import shaken
from support.plain_http import basic_auth

import sora_exporter.web.login
from sora_exporter.web.access import Access, WatchedFile, guarded
from sora_exporter.web.login import MOST_WAITING, REMEMBERED_LOGINS
from sora_exporter.web.serve import server_config

COST = 4
HASH = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(COST)).decode()
OTHER = bcrypt.hashpw("пароль\0:".encode(), bcrypt.gensalt(COST)).decode()
USERS = f"basic_auth_users: {{prometheus: '{HASH}', other: '{OTHER}'}}\n"


async def text(request: Request) -> Response:  # noqa: ARG001
    """Answer with text."""
    return PlainTextResponse("the secret of the site")


async def page(request: Request) -> Response:  # noqa: ARG001
    """Answer with a page that sets its own policy."""
    return HTMLResponse("", headers={"content-security-policy": "default-src 'self'"})


APP = Starlette(routes=[Route("/text", text), Route("/page", page), Route("/-/healthy", text), Route("/-/ready", text)])


def write(directory: Path, said: str) -> Path:
    """Write the web configuration and return its path."""
    path = directory / "web.yml"
    path.write_text(said, "utf-8")
    return path


def client(app: object, **options: object) -> httpx2.AsyncClient:
    """Return a client of an application."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (basic_auth("prometheus", b"correct horse"), 200),
        (basic_auth("other", "пароль\0:".encode()), 200),
        (basic_auth("prometheus", "пароль\0:".encode()), 401),
        (basic_auth("prometheus", b"correct horsf"), 401),
        (basic_auth("prometheus", b""), 401),
        (basic_auth("prometheus", b"x" * 5000), 401),
        (basic_auth("", b"correct horse"), 401),
        (basic_auth("nobody", b"correct horse"), 401),
        ({"authorization": "Bearer abc"}, 401),
        ({"authorization": "Basic"}, 401),
        ({"authorization": "Basic not-base64!"}, 401),
        ({"authorization": "Basic " + base64.b64encode(b"\xff\xfe:a").decode()}, 401),
        ({"authorization": "basic " + base64.b64encode(b"prometheus:correct horse").decode()}, 200),
    ],
)
async def test_only_users_with_their_password_are_let_in(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    """A user's own password opens every path; other credentials open only /-/healthy and reveal nothing."""
    found = {"/text": 200, "/page": 200, "/missing": 404, "/-/healthy/": 307}
    async with client(guarded(APP, WatchedFile(write(tmp_path, USERS)))) as http:
        for path in found:
            answer = await http.get(path, headers=headers)
            assert answer.status_code == (found[path] if status == 200 else status)
            assert ("www-authenticate" in answer.headers, answer.text) == (True, "unauthorized\n") or status == 200
        for path in ("/-/healthy", "/-/ready"):
            assert (await http.get(path, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "seen"), [((), "127.0.0.1"), (("192.0.2.1",), "127.0.0.1"), (("127.0.0.1/32",), "203.0.113.9")]
)
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(trusted: tuple[str, ...], seen: str) -> None:
    """X-Forwarded-For of any other client is ignored, from loopback too, so it evades no limit of logins."""
    clients = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        clients.append(scope["client"][0])
        await PlainTextResponse("")(scope, receive, send)

    settings = server_config(app, trusted)
    settings.load()
    async with client(settings.loaded_app, headers={"x-forwarded-for": "203.0.113.9"}) as http:
        await http.get("/")
    assert clients == [seen]


async def test_a_right_login_is_remembered_until_the_hash_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bcrypt runs once for a right password, again after the file changed, and each time for a wrong one."""
    checked = []

    def checkpw(password: bytes, hashed: bytes) -> bool:
        checked.append(password)
        return bcrypt.checkpw(password, hashed)

    monkeypatch.setattr(sora_exporter.web.login, "bcrypt", type("Bcrypt", (), {"checkpw": staticmethod(checkpw)}))
    path = write(tmp_path, USERS)
    async with client(guarded(APP, WatchedFile(path))) as http:

        async def status(user: str, password: bytes) -> int:
            return (await http.get("/text", headers=basic_auth(user, password))).status_code

        assert [await status("prometheus", b"correct horse") for _ in range(3)] == [200] * 3
        assert len(checked) == 1
        # Wrong guesses are not remembered and displace no known login.
        for number in range(REMEMBERED_LOGINS + 5):
            assert await status("prometheus", b"guess %d" % number) == 401
        assert await status("prometheus", b"correct horse") == 200
        assert len(checked) == 1 + REMEMBERED_LOGINS + 5
        # An unknown user costs as much as a known one, also with a known user's password.
        assert await status("nobody", b"correct horse") == 401
        assert len(checked) == 2 + REMEMBERED_LOGINS + 5
        new = bcrypt.hashpw(b"battery staple", bcrypt.gensalt(COST)).decode()
        write(tmp_path, f"basic_auth_users: {{prometheus: '{new}'}}")
        assert (await status("prometheus", b"correct horse"), await status("prometheus", b"battery staple")) == (
            401,
            200,
        )
        assert await status("other", "пароль\0:".encode()) == 401


async def test_one_password_is_checked_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many guesses keep at most one core busy; only a few of one address wait, and others are served next."""
    inside, most = 0, 0

    async def check(*_: object) -> bool:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        return False

    monkeypatch.setattr(sora_exporter.web.login, "in_background", check)
    async with client(guarded(APP, WatchedFile(write(tmp_path, USERS)))) as http:
        guesses = (http.get("/text", headers=basic_auth("prometheus", b"%d" % number)) for number in range(20))
        answers = [answer.status_code for answer in await asyncio.gather(*guesses)]
        assert sorted(answers) == [401] * MOST_WAITING + [429] * (20 - MOST_WAITING)
        assert (await http.get("/text", headers=basic_auth("prometheus", b"again"))).status_code == 401
    assert most == 1


async def test_the_rate_limit_is_a_bucket(tmp_path: Path) -> None:
    """A burst passes, then one request an interval; health is never limited."""
    clock = HandClock()
    access = Access(APP, WatchedFile(write(tmp_path, "rate_limit: {interval: 2s, burst: 3}")), clock.monotonic)
    async with client(access) as http:

        async def statuses(count: int) -> list[int]:
            return [(await http.get("/text")).status_code for _ in range(count)]

        assert await statuses(5) == [200, 200, 200, 429, 429]
        await clock.advance(2)
        assert await statuses(2) == [200, 429]
        await clock.advance(1000)
        assert await statuses(5) == [200, 200, 200, 429, 429]
        assert (await http.get("/-/healthy")).status_code == 200


@pytest.mark.parametrize("limit", ["{interval: 0, burst: 3}", "{interval: 0s, burst: 3}"])
async def test_an_interval_of_zero_is_no_limit(tmp_path: Path, limit: str) -> None:
    """0 switches the limit off, as in other exporters."""
    async with client(guarded(APP, WatchedFile(write(tmp_path, f"rate_limit: {limit}")))) as http:
        assert {(await http.get("/text")).status_code for _ in range(20)} == {200}


async def test_every_answer_is_locked_down(tmp_path: Path) -> None:
    """Text can do nothing in a browser, also with an error status; a page keeps its own policy."""
    for app in (guarded(APP, None), guarded(APP, WatchedFile(write(tmp_path, USERS)))):
        async with client(app) as http:
            for path in ("/text", "/missing", "/-/healthy"):
                headers = (await http.get(path)).headers
                assert headers["content-security-policy"] == "default-src 'none'"
                assert headers["x-content-type-options"] == "nosniff"
    async with client(guarded(APP, None)) as http:
        assert (await http.get("/page")).headers["content-security-policy"] == "default-src 'self'"


async def test_configured_headers_come_with_every_answer(tmp_path: Path) -> None:
    """Configured headers replace ours and those of a page; an empty one changes nothing."""
    said = (
        "http_server_config: {headers: {Content-Security-Policy: x, Strict-Transport-Security: , X-XSS-Protection: 0}}"
    )
    async with client(guarded(APP, WatchedFile(write(tmp_path, said)))) as http:
        for path in ("/text", "/page", "/missing"):
            headers = (await http.get(path)).headers
            assert (headers.get_list("content-security-policy"), headers["x-xss-protection"]) == (["x"], "0")
            assert "strict-transport-security" not in headers


def test_an_invalid_change_is_logged_once_and_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The last valid configuration stays, one line is logged, and the next valid change is applied."""
    watched = WatchedFile(write(tmp_path, USERS))
    with caplog.at_level(logging.INFO):
        write(tmp_path, "basic_auth_users: {prometheus: plain}")
        for _ in range(3):
            watched.refresh()
        assert set(watched.config.basic_auth_users) == {"prometheus", "other"}
        write(tmp_path, "{")
        watched.refresh()
        (tmp_path / "web.yml").unlink()
        watched.refresh()
        watched.refresh()
        write(tmp_path, "rate_limit: {interval: 1s, burst: 1}")
        watched.refresh()
    assert not watched.config.basic_auth_users
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR", "ERROR", "INFO"]
    assert "plain" not in str([vars(record) for record in caplog.records])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority in the test's directory, with one certificate named ``server``."""
    authority = Authority.create(tmp_path)
    authority.server_context("server")
    return authority


TLS = "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n"


def test_tls_is_not_switched_while_running(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """A change that adds or removes TLS is refused as a whole: no password travels in clear text by accident."""
    watched = WatchedFile(write(tmp_path, TLS))
    write(tmp_path, USERS)
    watched.refresh()
    assert watched.config.tls_server_config is not None
    assert watched.server_context() is not None
    plain = WatchedFile(write(tmp_path, USERS))
    write(tmp_path, TLS)
    plain.refresh()
    assert plain.config.tls_server_config is None
    assert plain.server_context() is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert authority.path.exists()


def serial(context: Callable[[], ssl.SSLContext], authority: Authority) -> str:
    """Return the serial number of the certificate that a new connection gets, by a handshake in memory."""
    _, asking = shaken(context(), ssl.create_default_context(cafile=str(authority.path)))
    found = asking.getpeercert()
    assert found
    return str(found["serialNumber"])


def test_a_new_certificate_is_presented_to_new_connections(tmp_path: Path, authority: Authority) -> None:
    """Each connection gets the newest certificate, whether its file was rewritten, replaced, or named anew."""
    watched = WatchedFile(write(tmp_path, TLS))
    context = watched.server_context()
    assert context is not None
    first = serial(context, authority)
    assert serial(context, authority) == first
    authority.server_context("server")
    second = serial(context, authority)
    authority.server_context("third")
    os.replace(tmp_path / "third.pem", tmp_path / "server.pem")
    third = serial(context, authority)
    authority.server_context("fourth")
    write(tmp_path, TLS.replace("server.pem", "fourth.pem"))
    fourth = serial(context, authority)
    assert len({first, second, third, fourth}) == 4
    (tmp_path / "fourth.pem").write_text("half a file", "utf-8")
    assert serial(context, authority) == fourth


def test_a_removed_client_authority_is_no_longer_trusted(tmp_path: Path, authority: Authority) -> None:
    """Versions and client authorities follow the file too, not only the certificate."""
    watched = WatchedFile(write(tmp_path, TLS))
    context = watched.server_context()
    assert context is not None
    serial(context, authority)
    strict = TLS.replace("}", ", client_ca_file: authority.pem, client_auth_type: RequireAndVerifyClientCert}")
    write(tmp_path, strict)
    with pytest.raises(ssl.SSLError):
        serial(context, authority)
