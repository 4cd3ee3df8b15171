"""Authentication schemes: strict local servers check each credential; a failure is ours, never the service's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsKeys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.faults.server import Connection, answer, fixed, serve

from sora_exporter.config import Provider
from sora_exporter.config.auth import JwtAuth
from sora_exporter.http.auth import Outgoing, clock_fault
from sora_exporter.http.jwt_auth import JwtScheme
from sora_exporter.http.provider import ProviderClient, ProviderClients, Request
from sora_exporter.http.trace import MOST_CALLS, Trace
from sora_exporter.http.traced import TracedClient
from sora_exporter.redact import HIDDEN
from sora_exporter.result import Answer, ErrorClass

E = ErrorClass
GET = Request("GET", "/models/m?n=1", "models", 5.0)
POST = Request("POST", "/videos", "videos", 5.0, {"prompt": "雨", "n": 1}, is_paid=True)
ACCESS, SECRET = "access-key-0123456789", "secret-key-0123456789-0123456789-abc"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_KEY", "own-key-0123456789")
    monkeypatch.setenv("OWN_ACCESS", ACCESS)
    monkeypatch.setenv("OWN_SECRET", SECRET)


@pytest.fixture
async def clients() -> AsyncIterator[ProviderClients]:
    """Clients that are closed afterwards."""
    found = ProviderClients()
    yield found
    await found.keep_only({})


Check = Callable[[str, str, dict[str, str], bytes], bool]


def guarded(check: Check) -> Callable[[Connection], Any]:
    """Return a behaviour that answers 200 to a request that passes the check, and 401 to any other."""

    async def behave(connection: Connection) -> None:
        line, *lines = connection.head.decode("latin-1").split("\r\n")
        method, target, _ = line.split()
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines) if name}
        is_good = check(method, target, headers, connection.body)
        await connection.send(answer(b"{}", "200 OK" if is_good else "401 Unauthorized"))

    return behave


def client_of(clients: ProviderClients, url: str, **settings: Any) -> ProviderClient:
    """Return the client of a provider with these settings."""
    return clients.get("one", Provider.model_validate({"base_url": url, **settings}))


async def statuses(client: ProviderClient) -> list[int | None]:
    """Return the HTTP statuses of a request without and of one with a body."""
    return [(await client.ask(request, "official")).http_status for request in (GET, POST)]


def _in_header(_method: str, _target: str, headers: dict[str, str], _body: bytes) -> bool:
    return headers.get("x-key") == "Key own-key-0123456789" and "authorization" not in headers


def _in_query(_method: str, target: str, headers: dict[str, str], _body: bytes) -> bool:
    return parse_qs(urlsplit(target).query)["key"] == ["own-key-0123456789"] and "authorization" not in headers


@pytest.mark.parametrize(
    ("auth", "check"), [({"header": "X-Key", "prefix": "Key "}, _in_header), ({"query": "key"}, _in_query)]
)
async def test_a_key_goes_to_the_place_of_its_scheme(clients: ProviderClients, auth: Any, check: Check) -> None:
    """The key is in the named header or query parameter of every request, nowhere else, and known to redaction."""
    async with serve(guarded(check)) as server:
        client = client_of(clients, server.url, auth=auth, api_key_env="OWN_KEY")
        assert await statuses(client) == [200, 200]
    assert client.secrets() == ("own-key-0123456789",)


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


@pytest.mark.parametrize("is_ambient", [True, False])
async def test_aws_signatures_hold(clients: ProviderClients, monkeypatch: pytest.MonkeyPatch, is_ambient: bool) -> None:
    """botocore computes the same signature over method, address, body and time of each request."""

    def check(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
        request = AWSRequest(method, server.url + target, data=body)
        request.context["timestamp"] = headers["x-amz-date"]
        request.headers["X-Amz-Date"] = headers["x-amz-date"]
        signer = SigV4Auth(AwsKeys(ACCESS, SECRET), "bedrock", "us-east-1")
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        return headers["authorization"].endswith(f"Signature={signature}")

    named = {"access_key_env": "OWN_ACCESS", "secret_key_env": "OWN_SECRET"}
    if is_ambient:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    async with serve(guarded(check)) as server:
        aws = {"service": "bedrock", "region": "us-east-1", **({} if is_ambient else named)}
        client = client_of(clients, server.url, auth={"aws": aws})
        assert await statuses(client) == [200, 200]
    assert {ACCESS, SECRET} <= set(client.secrets())


NOW = 1_790_000_000.0


def refused(body: str, off: float = 0.0, status: int = 401) -> Answer:
    """Return a refusal by a provider whose clock is ``off`` seconds away from ours."""
    date = format_datetime(datetime.fromtimestamp(NOW + off, UTC), usegmt=True)
    return Answer(endpoint="models", access="official", http_status=status, headers={"date": date}, body=body)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (refused('{"code":1003,"message":"Authorization is not yet valid"}'), "ahead"),
        (refused('{"code":1004,"message":"Authorization expired"}'), "behind"),
        (refused('{"code":1000,"message":"auth failed"}', off=310), "310 s behind"),
        (refused("Signature expired: 1 is now earlier than 2", status=403), "behind"),
        (refused('{"code":1002,"message":"token invalid"}'), None),
        (refused('{"message":"Your plan expired"}', status=429, off=310), None),
    ],
)
def test_a_wrong_clock_is_named(given: Answer, words: str | None) -> None:
    """A refusal of a new token as early or late, or a Date that is far off, blames the clock; no other refusal does."""
    verdict = clock_fault(given, NOW)
    assert (verdict is None) == (words is None)
    if verdict is not None and words is not None:
        assert (verdict.error_class, words in verdict.message) == (E.AUTHENTICATION, True)


@pytest.mark.parametrize(
    ("location", "base"),
    [
        ("https://api.example/v1/models/m?key=s3cret", "https://api.example/v1"),
        ("https://u:s3cret@other.example:8443/", "https://other.example:8443"),
        ("/v2/models/m", None),
        ("ftp://other.example/", None),
    ],
)
async def test_a_moved_base_url_is_named(clients: ProviderClients, location: str, base: str | None) -> None:
    """A redirect to another scheme or host names the new base URL as our own mistake, without a secret in it."""
    async with serve(fixed(answer(b"", "301 Moved", "text/html", f"Location: {location}"))) as server:
        reply = await client_of(clients, server.url + "/v1").ask(Request("GET", "/models/m", "models", 5.0), "official")
    assert len(server.requests) == 1
    if base is None:
        assert reply.own_fault is None
    else:
        assert reply.own_fault is not None
        assert reply.own_fault.error_class is E.INVALID_REQUEST
        assert reply.own_fault.message == f"base_url redirects to {base}: use it"


async def test_a_trace_shows_each_exchange_without_secrets(clients: ProviderClients) -> None:
    """Method, address, headers, bodies and status are kept in order; the key is hidden everywhere."""
    echo = fixed(answer(b'{"error":"wrong key own-key-0123456789"}', "401 Unauthorized"))
    async with serve(echo) as server:
        trace = Trace()
        client = client_of(clients, server.url, auth={"query": "key"}, api_key_env="OWN_KEY")
        traced = TracedClient(client, trace)
        for request in (GET, POST):
            await traced.ask(request, "official")
        await traced.download("/a.mp4", bytearray().extend, limit=9, timeout_seconds=5.0, endpoint="videos",
                              access="official")  # fmt: skip
        await client.ask(GET, "official")
    assert [(call.method, call.http_status) for call in trace.calls] == [("GET", 401), ("POST", 401), ("GET", 401)]
    assert json.loads(trace.calls[1].body) == {"prompt": "雨", "n": 1}
    assert trace.calls[0].url.startswith(f"{server.url}/models/m?n=1&")
    assert HIDDEN in trace.calls[0].answer_body
    assert "own-key" not in f"{trace}"


async def test_a_trace_is_bounded(clients: ProviderClients) -> None:
    """Exchanges beyond the limit are counted and not kept; one that sends nothing says why."""
    trace = Trace()
    client = client_of(clients, "http://127.0.0.1:1")
    for _ in range(MOST_CALLS + 2):
        await client.ask(Request("GET", "/m", "models", 5.0), "official", trace=trace)
    assert (len(trace.calls), trace.left_out) == (MOST_CALLS, 2)
    assert "ConnectionRefusedError" in trace.calls[0].trouble
