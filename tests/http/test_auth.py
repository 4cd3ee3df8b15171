"""Authentication schemes: strict local servers check each credential; a failure is ours, never the service's."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.faults.server import answer, fixed, serve
from support.strict_provider import Check, client_of, guarded, statuses

from sora_exporter.http.auth import clock_fault
from sora_exporter.http.provider import ProviderClients, Request
from sora_exporter.result import Answer, ErrorClass

pytestmark = pytest.mark.usefixtures("own_keys")

E = ErrorClass


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
