"""The client of a provider: the requests it sends, their destination and number; no fault of a provider raises."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from pydantic import SecretStr
from support.faults.server import JSON, Connection, answer, fixed, serve

from sora_exporter.classify import classify
from sora_exporter.config import Provider
from sora_exporter.http.provider import ProviderClient, ProviderClients, Reply, Request
from sora_exporter.result import ErrorClass

E = ErrorClass
GET = Request("GET", "/models/sora-2", "models", 2.0)


def create(**settings: Any) -> Request:
    """Return a paid create request."""
    return Request("POST", "/videos", "videos", 2.0, {"model": "sora-2", "prompt": "p"}, is_paid=True, **settings)


def provider(url: str, **settings: Any) -> Provider:
    """Return the configuration of a provider."""
    return Provider.model_validate({"base_url": url, **settings})


def header(head: bytes, name: str) -> str | None:
    """Return the value of one header of a request's head."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    found = [value.strip().decode() for key, _, value in lines if key.lower() == name.encode()]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("fault", ["500", "absurd Retry-After", "reset at once", "silence", "redirect loop"])
async def test_a_create_request_is_sent_exactly_once(clients: ProviderClients, fault: str) -> None:
    """No answer and no fault makes the client send a create request again."""
    async with serve(fault) as server:
        request = Request("POST", "/videos", "videos", 0.3, {"model": "m"}, is_paid=True)
        await clients.get("one", provider(server.url)).ask(request, "official")
    assert (len(server.requests), server.connections) == (1, 1)


@pytest.mark.parametrize("status", ["401 Unauthorized", "408 Request Timeout", "409 Conflict", "503 Unavailable"])
async def test_no_status_is_answered_by_a_retry(clients: ProviderClients, status: str) -> None:
    """Statuses that SDKs like to retry are returned unchanged, after one request."""
    async with serve(fixed(answer(b"{}", status, "application/json", "x-should-retry: true"))) as server:
        reply = await clients.get("one", provider(server.url)).ask(GET, "official")
    assert (len(server.requests), reply.http_status) == (1, int(status[:3]))


async def test_the_key_is_read_again_for_each_request(clients: ProviderClients, tmp_path: Path) -> None:
    """A rotated key file is used by the very next request, and both keys count as secrets."""
    file = tmp_path / "key"
    file.write_text("sk-before\n")
    async with serve("good", is_kept=True) as server:
        client = clients.get("one", provider(server.url, api_key_file=str(file)))
        await client.ask(GET, "official")
        file.write_text("sk-after\n")
        await client.ask(GET, "official")
    assert [header(head, "authorization") for head in server.requests] == ["Bearer sk-before", "Bearer sk-after"]
    assert client.secrets() == ("sk-before", "sk-after")


@pytest.mark.parametrize("content", [b"", b"  \n", b"sk-one\nsk-two\n", "sk-schlüssel".encode(), b"sk-\xff", b"sk-\0"])
async def test_an_unusable_key_is_our_fault_and_never_shown(
    clients: ProviderClients, tmp_path: Path, content: bytes
) -> None:
    """A key file without a usable key gives ``authentication`` without a request, and the text holds none of it."""
    file = tmp_path / "key"
    file.write_bytes(b"sk-first")
    async with serve("good") as server:
        client = clients.get("one", provider(server.url, api_key_file=str(file)))
        file.write_bytes(content)
        reply = await client.ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, server.connections, reply.is_reached) == (E.AUTHENTICATION, 0, True)
    assert "sk-" not in f"{reply}"


async def test_a_key_file_that_vanished_is_our_fault(clients: ProviderClients, tmp_path: Path) -> None:
    """A key file that cannot be read any more gives ``authentication`` and names the file."""
    file = tmp_path / "key"
    file.write_bytes(b"sk-first")
    async with serve("good") as server:
        client = clients.get("one", provider(server.url, api_key_file=str(file)))
        file.unlink()
        reply = await client.ask(create(), "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, reply.is_sent) == (E.AUTHENTICATION, False)
    assert str(file) in reply.own_fault.message


@pytest.fixture
def openai_environment(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything the SDK takes from the environment, set to words that must not be seen."""
    names = ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET")
    for name in names:
        monkeypatch.setenv(f"OPENAI_{name}", f"leaked-{name}")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leaked: leaked-header\nAuthorization: leaked-authorization")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://leaked-base.invalid")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    return ["leaked", "openai-organization", "openai-project"]


@pytest.mark.parametrize(
    ("settings", "authorization"),
    [
        ({}, None),
        ({"api_key_env": "OWN_KEY"}, "Bearer sk-own"),
        ({"headers": {"authorization": "sk-bare", "X-Own": "1"}}, "sk-bare"),
    ],
)
async def test_only_configured_secrets_and_headers_are_sent(
    clients: ProviderClients,
    monkeypatch: pytest.MonkeyPatch,
    openai_environment: list[str],
    settings: dict[str, Any],
    authorization: str | None,
) -> None:
    """A relay sees the configured key and headers, no key if none is configured, nothing of OPENAI_*."""
    monkeypatch.setenv("OWN_KEY", "sk-own")
    requests = [GET, create(), create(is_multipart=True), Request("DELETE", "/videos/1", "video_job", 2.0)]
    async with serve("good", is_kept=True) as server:
        client = clients.get("one", provider(server.url, **settings))
        for request in requests:
            await client.ask(request, "official")
        await client.download("/videos/1/content", lambda _: None, limit=9, timeout_seconds=2.0,
                              endpoint="videos", access="official")  # fmt: skip
    sent = b"".join(server.requests).decode().lower()
    assert [header(head, "authorization") for head in server.requests] == [authorization] * 5
    assert [header(head, "x-own") for head in server.requests] == ["1" if "headers" in settings else None] * 5
    assert [word for word in openai_environment if word in sent] == []


async def test_cookies_are_not_kept(clients: ProviderClients) -> None:
    """A cookie set by a provider is not sent back."""
    async with serve(fixed(answer(JSON, "200 OK", "application/json", "Set-Cookie: a=b")), is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        await client.ask(GET, "official")
        await client.ask(GET, "official")
    assert [header(head, "cookie") for head in server.requests] == [None, None]


async def test_an_invalid_header_is_our_fault_and_not_quoted(clients: ProviderClients) -> None:
    """The message about a configured header that HTTP does not allow leaves its value out."""
    async with serve("good") as server:
        headers = {"X-Own": SecretStr("secret\r\nX-Other: 1")}
        client = clients.get("one", provider(server.url).model_copy(update={"headers": headers}))
        reply = await client.ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, server.requests) == (E.INVALID_REQUEST, [])
    assert "secret" not in f"{reply}"


def _all_of(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for inherited in kind.__subclasses__():
        yield from _all_of(inherited)


SDK_ERRORS = sorted({*_all_of(openai.OpenAIError), openai.InvalidWebhookSignatureError}, key=lambda kind: kind.__name__)
HTTP_ERRORS = sorted({*_all_of(httpx2.HTTPError), httpx2.InvalidURL}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", [*SDK_ERRORS, *HTTP_ERRORS], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("http_status", [None, 200, 500])
async def test_every_exception_of_the_sdk_maps_to_an_error_class(
    monkeypatch: pytest.MonkeyPatch, clients: ProviderClients, kind: type[BaseException], http_status: int | None
) -> None:
    """Every exception of the SDK or its HTTP library becomes an answer with a member of the closed set, never NONE."""
    client = clients.get("one", provider("http://127.0.0.1:1"))

    async def raising(*_: object, **__: object) -> None:
        from sora_exporter.http.exchange import EXCHANGE

        EXCHANGE.get().http_status = http_status
        error = kind.__new__(kind)
        Exception.__init__(error, "something")
        raise error

    monkeypatch.setattr(openai.AsyncOpenAI, "post", raising)
    monkeypatch.setattr(client._transport, "ask", raising)
    for request in (create(),) if kind in SDK_ERRORS else (GET, create()):
        reply = await client.ask(request, "official")
        verdict = reply.own_fault or classify(reply.answer)
        assert verdict.error_class in set(ErrorClass) - {E.NONE}
        if "Timeout" in kind.__name__ and http_status is None:
            assert verdict.error_class is E.TIMEOUT


async def test_a_connection_the_server_closed_meanwhile_is_no_outage(clients: ProviderClients) -> None:
    """A free request over a kept connection that is closed or reset just then goes out again on a new one."""
    served = 0

    async def once_per_connection(connection: Connection) -> None:
        nonlocal served
        served += 1
        if served == 2:
            connection.reset()
        else:
            await connection.send(answer(JSON))

    async with serve(once_per_connection, is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        first, second = await client.ask(GET, "official"), await client.ask(GET, "official")
    assert (first.http_status, second.http_status, server.connections) == (200, 200, 2)


async def test_a_connection_closed_in_the_idle_time_is_not_used_again(clients: ProviderClients) -> None:
    """A connection that the server ended while it was idle is replaced before anything is sent."""
    async with serve("good") as server:
        client = clients.get("one", provider(server.url))
        for _ in range(3):
            reply = await client.ask(GET, "official")
            await asyncio.sleep(0.01)
            assert reply.http_status == 200
    assert (server.connections, len(server.requests)) == (3, 3)


async def test_free_requests_share_a_connection_and_paid_ones_have_their_own(clients: ProviderClients) -> None:
    """Two free requests share one connection, and only the first has the phases of connecting."""
    async with serve("good", is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        replies = [await client.ask(request, "official") for request in (GET, GET, create())]
        assert server.connections == 2
    assert ["connect" in reply.phases for reply in replies] == [True, False, True]
    assert all("processing" in reply.phases for reply in replies)


async def test_concurrent_requests_keep_their_records_apart(clients: ProviderClients) -> None:
    """Many requests at once over one client each get their own answer, time and phases."""

    async def by_path(connection: Connection) -> None:
        number = int(connection.head.split()[1].rpartition(b"/")[2])
        await asyncio.sleep(0.01 * (number % 5))
        await connection.send(answer(b'{"id":"%d"}' % number))

    async def one(client: ProviderClient, number: int) -> Reply:
        return await client.ask(Request("GET", f"/models/{number}", "models", 5.0), "official")

    async with serve(by_path, is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        for _ in range(2):
            replies = await asyncio.gather(*(one(client, number) for number in range(20)))
            assert [reply.answer.body for reply in replies] == [f'{{"id":"{number}"}}' for number in range(20)]
            assert all(reply.phases["processing"] >= 0.01 * (n % 5) - 0.001 for n, reply in enumerate(replies))


async def test_the_response_time_is_the_providers_time(clients: ProviderClients) -> None:
    """The measured time covers the time in the provider's hands, and lies within the time of the call."""
    held = []

    async def delayed(connection: Connection) -> None:
        begun = time.monotonic()
        await asyncio.sleep(0.03)
        held.append(time.monotonic() - begun)
        await connection.send(answer(JSON))

    async with serve(delayed, is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        for _ in range(3):
            begun = time.monotonic()
            reply = await client.ask(GET, "official")
            called = time.monotonic() - begun
            assert held[-1] <= reply.phases["processing"] <= (reply.answer.elapsed_seconds or 0) <= called


@pytest.mark.parametrize("is_multipart", [False, True])
async def test_the_body_is_json_or_a_form(clients: ProviderClients, is_multipart: bool) -> None:
    """A create request is JSON, or a multipart form where the API wants one."""
    async with serve("good") as server:
        request = Request("POST", "/videos", "videos", 2.0, {"prompt": "p", "n": 1}, is_multipart=is_multipart)
        await clients.get("one", provider(server.url)).ask(request, "official")
    kind = header(server.requests[0], "content-type") or ""
    assert kind.startswith("multipart/form-data; boundary=") if is_multipart else kind == "application/json"


async def test_a_retired_client_completes_its_requests(clients: ProviderClients) -> None:
    """A reload that changes a provider cuts off no running request, and a job's later requests still work."""

    async def slow(connection: Connection) -> None:
        await asyncio.sleep(0.05)
        await connection.send(answer(JSON))

    async with serve(slow, is_kept=True) as server:
        client = clients.get("one", provider(server.url))
        running = asyncio.create_task(client.ask(GET, "official"))
        await asyncio.sleep(0.02)
        await clients.keep_only({"one": provider(server.url, max_concurrent=3)})
        during, after = await running, await client.ask(GET, "official")
    assert (during.http_status, after.http_status) == (200, 200)
    assert client is not clients.get("one", provider(server.url))


async def test_a_big_asset_is_not_kept(clients: ProviderClients) -> None:
    """An asset goes piece by piece to its check; nothing of it stays, and a longer one is cut at the limit."""
    sizes: list[int] = []
    async with serve("1 GiB body") as server:
        client = clients.get("one", provider(server.url))
        reply = await client.download("/asset", lambda piece: sizes.append(len(piece)), limit=8_000_000,
                                      timeout_seconds=20.0, endpoint="videos", access="official")  # fmt: skip
    assert (sum(sizes), reply.is_cut, reply.answer.body) == (8_000_000, True, "")
    assert max(sizes) <= 65536


async def test_a_hung_name_server_delays_no_other_look_up(
    clients: ProviderClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many look-ups that never end delay neither each other's timeouts nor a name that is known."""
    ended = threading.Event()
    returned: list[str] = []
    real = socket.getaddrinfo

    def looking(host: str, *arguments: Any, **settings: Any) -> Any:
        if host == "hung.example" and not settings.get("flags"):
            ended.wait(20)
            returned.append(host)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return real(host, *arguments, **settings)

    monkeypatch.setattr("socket.getaddrinfo", looking)
    hung = clients.get("hung", provider("http://hung.example"))
    request = Request("GET", "/models", "models", 0.2)
    async with serve("good") as server:
        good = clients.get("good", provider(server.url.replace("127.0.0.1", "localhost")))
        *late, found = await asyncio.gather(
            *(hung.ask(request, "official") for _ in range(40)), good.ask(GET, "official")
        )
    are_hanging = not returned
    ended.set()
    assert ({classify(reply.answer).error_class for reply in late}, found.http_status) == ({E.TIMEOUT}, 200)
    assert are_hanging


@pytest.mark.parametrize("configured", ["Host", "host"])
async def test_a_configured_host_and_encoding_are_sent_once_by_every_method(
    clients: ProviderClients, configured: str
) -> None:
    """Host is replaced by the configured one, Accept-Encoding never, through the SDK and the transport alike."""
    headers = {configured: "relay.example", "Accept-Encoding": "br"}
    async with serve("good") as server:
        client = clients.get("one", provider(server.url, headers=headers))
        for request in (GET, create(), Request("DELETE", "/videos/1", "video_job", 2.0)):
            assert (await client.ask(request, "official")).http_status == 200
    assert [header(head, "host") for head in server.requests] == ["relay.example"] * 3
    assert [header(head, "accept-encoding") for head in server.requests] == ["identity"] * 3


async def test_a_server_that_is_not_a_proxy_is_our_fault(clients: ProviderClients) -> None:
    """A wrong answer to a SOCKS greeting is reported as a fault between us and any provider."""
    async with serve(fixed(b"nonsense" * 9), wants=b"\x05") as proxy:
        settings = provider("http://relay.example", proxy=f"socks5://127.0.0.1:{proxy.port}")
        reply = await clients.get("one", settings).ask(GET, "official")
    assert reply.own_fault is not None
    assert reply.own_fault.error_class is E.LOCAL_NETWORK


async def test_no_descriptor_left_is_our_fault(clients: ProviderClients, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that fails because we may open no more of them says nothing of the provider."""

    async def exhausted(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("sora_exporter.http.network.start_connection", exhausted)
    reply = await clients.get("one", provider("http://127.0.0.1:9")).ask(GET, "official")
    assert reply.own_fault is not None
    assert (reply.own_fault.error_class, "ulimit -n" in reply.own_fault.message) == (E.INTERNAL, True)
