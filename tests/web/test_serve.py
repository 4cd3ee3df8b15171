"""Following the configuration file, and the end of the server."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from support.faults.server import abort
from support.plain_http import basic_auth

import sora_exporter.web.login
from sora_exporter.web.access import WatchedFile, guarded
from sora_exporter.web.serve import Server, reload_on_change, server_config


async def test_the_configuration_is_reloaded_once_for_each_change_of_its_file(tmp_path: Path) -> None:
    """A changed, a replaced and a lost file are each reloaded once; a look that finds nothing new does nothing."""
    file, reloads, seen = tmp_path / "sora.yml", [], []
    file.write_text("a")

    def changes() -> Iterator[None]:
        yield
        yield file.write_text("longer") and None
        yield
        (tmp_path / "new.yml").write_text("other!")
        yield (tmp_path / "new.yml").replace(file) and None
        yield file.unlink()
        yield

    steps = changes()

    async def sleep(seconds: float) -> None:
        seen.append((seconds, len(reloads)))
        try:
            next(steps)
        except StopIteration:
            raise asyncio.CancelledError from None

    async def reload() -> None:
        reloads.append(1)

    with pytest.raises(asyncio.CancelledError):
        await reload_on_change(reload, file, 30.0, sleep)
    assert seen == [(30.0, 0), (30.0, 0), (30.0, 1), (30.0, 1), (30.0, 2), (30.0, 3), (30.0, 3)]


class Idle:
    """An engine without work."""

    async def stop(self) -> None:
        """Do nothing."""


class Impatient(Server):
    """A server that cuts off the answers under way as soon as it ends."""

    drain_seconds = 0.0


async def hung(request: Request) -> Response:
    """Answer never."""
    request.app.state.asked.release()
    await asyncio.Event().wait()
    return PlainTextResponse("never")


async def big(request: Request) -> Response:
    """Answer with more than the buffers of the system hold."""
    request.app.state.asked.release()
    return Response(bytes(32 * 1024 * 1024))


ENDING = Starlette(routes=[Route("/hung", hung), Route("/big", big)])


async def test_what_is_cut_off_at_the_end_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A stop ends answers that are not read, or never made, without an error or a traceback in the log."""
    ENDING.state.asked = asyncio.Semaphore(0)
    clients: list[asyncio.StreamWriter] = []
    with caplog.at_level(logging.WARNING), socket.create_server(("127.0.0.1", 0)) as listener:
        server = Impatient(Idle(), server_config(ENDING, ()))
        serving = asyncio.create_task(server.serve([listener]))
        for path in ("big", "big", "hung", "hung"):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            clients.append(writer)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(f"GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 2)
            await ENDING.state.asked.acquire()
        server.should_exit = True
        await serving
        await abort(clients)
    assert [record.getMessage() for record in caplog.records] == []
    assert server.server_state.tasks == set()


async def test_a_check_of_a_password_under_way_does_not_delay_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread of a long bcrypt check is one that the process does not wait for, and its answer is cut off."""
    begun, ended = threading.Event(), threading.Event()
    threads = []

    def checkpw(*_: Any) -> bool:
        threads.append(threading.current_thread())
        begun.set()
        return ended.wait(60)

    monkeypatch.setattr(sora_exporter.web.login, "bcrypt", type("Bcrypt", (), {"checkpw": staticmethod(checkpw)}))
    (tmp_path / "web.yml").write_text(
        f"basic_auth_users: {{me: '{bcrypt.hashpw(b'x', bcrypt.gensalt(4)).decode()}'}}", "utf-8"
    )
    app = guarded(ENDING, WatchedFile(tmp_path / "web.yml"))
    with caplog.at_level(logging.WARNING), socket.create_server(("127.0.0.1", 0)) as listener:
        server = Impatient(Idle(), server_config(app, ()))
        serving = asyncio.create_task(server.serve([listener]))
        _, writer = await asyncio.open_connection(*listener.getsockname())
        header = basic_auth("me", b"x")["authorization"]
        writer.write(f"GET /hung HTTP/1.1\r\nHost: a\r\nAuthorization: {header}\r\n\r\n".encode())
        await asyncio.to_thread(begun.wait, 60)
        server.should_exit = True
        await serving
        await abort([writer])
    assert not ended.is_set()
    ended.set()
    assert [thread.daemon for thread in threads] == [True]
    assert [record.getMessage() for record in caplog.records] == []
