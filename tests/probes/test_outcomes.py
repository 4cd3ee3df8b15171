"""The one table of create requests that may have begun a job, and that probes and fallback client both follow it."""

from __future__ import annotations

import pytest
from support.faults.server import answer, fixed, serve
from support.probing import Bench
from support.shop import OFFICIAL, config_of, service

from sora_exporter.fallback import AllRoutesFailed, AmbiguousSubmit, FallbackError, RequestRefused
from sora_exporter.fallback.asynchronous import AsyncFallbackClient
from sora_exporter.probes.outcomes import BEGUN, OPEN_STATUS, Begun, may_have_begun
from sora_exporter.result import ErrorClass, ProbeKind

E = ErrorClass
STATUSES = (200, 202, 302, 400, 401, 402, 403, 404, 408, 409, 422, 429, *range(500, 506), *range(520, 531))
BODIES = {
    "nothing": b"",
    "web page": b"<html><body>Error</body></html>",
    "no channel": b'{"error":{"message":"no available channel for model sora-2"}}',
    "rate limit": b'{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}',
    "moderation": b'{"error":{"message":"blocked","code":"moderation_blocked"}}',
    "failed job": b'{"id":"video_7","status":"failed","error":{"message":"no available channel"}}',
    "server error": b'{"error":{"message":"internal error","type":"server_error"}}',
}


def test_the_table_has_every_error_class() -> None:
    """The table has each error class once, so that every outcome has an answer."""
    assert set(BEGUN) == set(E)


@pytest.mark.parametrize("error_class", E)
def test_the_careful_answer_wins(error_class: ErrorClass) -> None:
    """Nothing begins before a byte is sent; silence and a job in the answer leave the request open in any class."""
    for http_status in (None, *STATUSES):
        assert not may_have_begun(error_class, http_status, is_sent=False, has_begun=True), http_status
        assert may_have_begun(error_class, http_status, has_begun=True), http_status
    assert may_have_begun(error_class, None)


@pytest.mark.parametrize(
    "error_class", [error_class for error_class, begun in BEGUN.items() if begun is Begun.BY_STATUS]
)
def test_an_unspecific_class_leaves_it_to_the_status(error_class: ErrorClass) -> None:
    """Successes, lost requests and failed servers are open, all other statuses refuse."""
    found = {status for status in STATUSES if may_have_begun(error_class, status)}
    assert found == OPEN_STATUS & set(STATUSES)
    assert {200, 408, 500, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527} <= found


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("http_status", [200, 302, 404, 429, 500, 503, 504, 521])
async def test_probe_and_fallback_client_agree(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, http_status: int, body: str
) -> None:
    """For each answer the probe charges its budget exactly when the client refuses to order elsewhere."""
    monkeypatch.setenv("SHOP_KEY", "sk-of-the-application")
    async with serve(fixed(answer(BODIES[body], f"{http_status} Words", "application/json"))) as server:
        result = await bench.run(ProbeKind.SUBMIT, server.url, "videos", "sora-2")
        async with AsyncFallbackClient(config_of(server.url, service(OFFICIAL))) as client:
            with pytest.raises(FallbackError) as failed:
                await client.create_video("A paper boat")
    (attempt,) = failed.value.attempts
    assert (attempt.error_class, attempt.is_ambiguous) == (result.error_class, result.cost_usd > 0)
    ends = RequestRefused if result.error_class in (E.CONTENT_POLICY, E.INVALID_REQUEST) else AllRoutesFailed
    assert type(failed.value) is (ends if ends is RequestRefused or not attempt.is_ambiguous else AmbiguousSubmit)
