"""The balance probe: its readings of real answers over HTTP, and its failures."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from support.clock import HandClock, settle
from support.configured import SERVICE, loaded
from support.over_http import over_http

from sora_exporter.cli.check import probe_once
from sora_exporter.clock import SystemClock
from sora_exporter.config import Config
from sora_exporter.evidence.balance import BalanceTrack
from sora_exporter.http.provider import ProviderClients
from sora_exporter.probes.balance import Balances
from sora_exporter.result import BalanceReading, ErrorClass, ProbeKind
from sora_exporter.simulator import create_app

KEY = "sk-0123456789abcdefghijklmnop"
Seen = list[tuple[str, str, Mapping[str, str]]]


def config_of(base_url: str, balance: object) -> Config:
    """Return a configuration of one provider with a balance."""
    provider = {"base_url": base_url, "api_key_env": "RELAY_API_KEY", "balance": balance}
    return loaded({"providers": {"relay": provider}, "services": [SERVICE]})


async def reading_of(base_url: str, balance: object) -> BalanceReading:
    """Return what one attempt reads there."""
    readings: list[tuple[str, BalanceReading]] = []
    clients = ProviderClients()
    config = config_of(base_url, balance)
    balances = Balances(config, clients, SystemClock(), lambda *noted: readings.append(noted))
    try:
        await balances.read("relay")
    finally:
        await clients.keep_only({})
    [(provider, reading)] = readings
    assert provider == "relay"
    return reading


def serving(answer: Response | Mapping[str, Response], seen: Seen | None = None) -> Any:
    """Return a server that answers every path the same, or each path its own, and notes its requests."""

    async def reply(request: Request) -> Response:
        if seen is not None:
            seen.append((request.url.path, request.url.query, dict(request.headers)))
        return answer[request.url.path] if isinstance(answer, Mapping) else answer

    return over_http(Starlette(routes=[Route("/{path:path}", reply)]))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_API_KEY", KEY)


AT_GATEWAYS = [
    ("new-api", "new-api"),
    ("new-api", "new-api-token"),
    ("sub2api", "sub2api"),
    ("litellm", "litellm"),
    ("openrouter", "openrouter"),
    ("openrouter", "openrouter-key"),
]


@pytest.mark.parametrize(("gateway", "balance"), AT_GATEWAYS)
async def test_a_gateways_balance_is_read_as_the_gateway_keeps_it(gateway: str, balance: str) -> None:
    """Each gateway's call gives the dollars that the simulated account has left, and nothing once they are used up."""
    app = create_app("operational", gateway=gateway)
    left = app.state.simulation.granted_usd - app.state.simulation.spent_usd
    with over_http(app) as origin:
        full = await reading_of(f"{origin}/v1", balance)
        app.state.simulation.granted_usd = 0.0
        empty = await reading_of(f"{origin}/v1", balance)
    assert (full.error_class, full.value, full.unit) == (ErrorClass.NONE, pytest.approx(left), "USD")
    assert (empty.error_class, empty.value) == (ErrorClass.NONE, 0.0)


@pytest.mark.parametrize(("gateway", "balance"), AT_GATEWAYS)
async def test_a_refused_key_is_an_authentication_failure(gateway: str, balance: str) -> None:
    """A gateway that refuses the key gives no amount, with any form of error document."""
    with over_http(create_app("operational", gateway=gateway, condition="our_wrong_key")) as origin:
        reading = await reading_of(f"{origin}/v1", balance)
    assert (reading.error_class, reading.value) == (ErrorClass.AUTHENTICATION, None)


PACKS = [{"remaining_quantity": 118, "status": "online"}, {"remaining_quantity": 7, "status": "expired"}]
VENDORS: list[tuple[str, str, Any, float, str]] = [
    (
        "deepseek",
        "/user/balance",
        {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "110.00"}]},
        110.0,
        "USD",
    ),
    (
        "moonshot",
        "/v1/users/me/balance",
        {"code": 0, "data": {"available_balance": -0.5, "cash_balance": 0}},
        -0.5,
        "CNY",
    ),
    ("moonshot-ai", "/v1/users/me/balance", {"code": 0, "data": {"available_balance": 42.5}}, 42.5, "USD"),
    (
        "siliconflow",
        "/v1/user/info",
        {"code": 20000, "status": True, "data": {"balance": "0.88", "totalBalance": "88.88"}},
        88.88,
        "CNY",
    ),
    ("kie", "/api/v1/chat/credit", {"code": 200, "msg": "success", "data": 100}, 0.5, "USD"),
    ("runway", "/v1/organization", {"tier": {}, "usage": {"models": {}}, "creditBalance": 1234}, 12.34, "USD"),
    ("luma", "/v1/credits", {"credit_balance": 1000}, 10.0, "USD"),
    (
        "pixverse",
        "/openapi/v2/account/balance",
        {"ErrCode": 0, "ErrMsg": "success", "Resp": {"account_id": 1, "credit_monthly": 70, "credit_package": 30}},
        100.0,
        "credits",
    ),
    (
        "vidu",
        "/ent/v2/credits",
        {"remains": [{"type": "test", "credit_remain": 5}, {"type": "metered", "credit_remain": 100}], "packages": []},
        105.0,
        "credits",
    ),
    (
        "kling",
        "/account/costs",
        {"code": 0, "data": {"code": 0, "resource_pack_subscribe_infos": PACKS}},
        118.0,
        "units",
    ),
    ("kling", "/account/costs", {"code": 0, "data": {"code": 0, "msg": "success"}}, 0.0, "units"),
    ("litellm", "/key/info", {"key": "x", "info": {"spend": 0.42, "max_budget": None}}, math.inf, "USD"),
    ("openrouter-key", "/v1/key", {"data": {"limit": None, "limit_remaining": None, "usage": 3}}, math.inf, "USD"),
    (
        "new-api-token",
        "/api/usage/token/",
        {"code": True, "data": {"total_available": 0, "unlimited_quota": True}},
        math.inf,
        "USD",
    ),
    ("sub2api", "/v1/usage", {"isValid": True, "mode": "unrestricted", "remaining": 6.8, "unit": "CNY"}, 6.8, "CNY"),
]
"""The answers that vendors document, and the amount in each."""


@pytest.mark.parametrize(("name", "path", "answer", "value", "unit"), VENDORS, ids=[vendor[0] for vendor in VENDORS])
async def test_each_vendors_documented_answer_gives_its_amount(
    name: str, path: str, answer: Any, value: float, unit: str
) -> None:
    """The call goes to the documented path with the key, and its answer's numbers, texts and sums are read."""
    seen: Seen = []
    with serving(JSONResponse(answer), seen) as origin:
        reading = await reading_of(f"{origin}/v1", name)
    assert (reading.error_class, reading.value, reading.unit) == (ErrorClass.NONE, value, unit), reading.detail
    [(asked, _, headers)] = seen
    assert (asked, headers["authorization"]) == (path, f"Bearer {KEY}")


async def test_an_unlimited_key_of_new_api_has_no_limit() -> None:
    """The 100000000 that stands for an unlimited key is not an amount."""
    answers = {
        "/v1/dashboard/billing/subscription": JSONResponse({"hard_limit_usd": 100000000}),
        "/v1/dashboard/billing/usage": JSONResponse({"total_usage": 250}),
    }
    with serving(answers) as origin:
        assert (await reading_of(f"{origin}/v1", "new-api")).value == math.inf


async def test_the_two_calls_of_new_api_give_the_difference() -> None:
    """The usage is in cents, and is subtracted from the dollars granted."""
    answers = {
        "/v1/dashboard/billing/subscription": JSONResponse({"object": "billing_subscription", "hard_limit_usd": 10}),
        "/v1/dashboard/billing/usage": JSONResponse({"object": "list", "total_usage": 250}),
    }
    with serving(answers) as origin:
        assert (await reading_of(f"{origin}/v1", "new-api")).value == 7.5


def test_the_amount_and_currency_of_fal_are_read_from_its_platform_api() -> None:
    """The call goes to the host of fal's platform API for any base_url, and its answer names the currency."""
    balance = config_of("https://queue.fal.run", "fal").providers["relay"].balance
    assert balance is not None
    address = balance.address(balance.path, "https://queue.fal.run", 0.0)
    assert address == ("https://api.fal.ai", "/v1/account/billing?expand=credits")
    answer = {"username": "me", "credits": {"current_balance": 24.5, "currency": "EUR"}}
    assert (balance.amount(answer, answer), balance.unit_of(answer)) == (24.5, "EUR")


async def test_a_kling_answer_without_data_is_a_failure() -> None:
    """Only a list of packs left out means that there is no pack; an answer without its object says nothing."""
    with serving(JSONResponse({"code": 0, "message": "SUCCEED"})) as origin:
        assert (await reading_of(origin, "kling")).value is None


async def test_moments_and_fresh_ids_go_into_the_request() -> None:
    """A query's moments are numbers, a day apart as written, and {uuid} in a header differs between two requests."""
    seen: Seen = []
    own = {"path": "/left", "value": "left", "unit": "USD", "headers": {"X-Id": "{uuid}"}}
    own["query"] = {"from": "{1d_ago_ms}", "to": "{now_ms}"}
    with serving(JSONResponse({"left": 1}), seen) as origin:
        await reading_of(origin, own)
        await reading_of(origin, own)
    query = dict(part.split("=") for part in seen[0][1].split("&"))
    assert int(query["to"]) - int(query["from"]) == 86_400_000
    assert seen[0][2]["x-id"] != seen[1][2]["x-id"]


PLAIN = {"path": "/left", "value": "left", "unit": "USD"}
FAULTS: list[tuple[str, Response, ErrorClass]] = [
    ("html", HTMLResponse("<html><title>Console</title><body>Sign in</body></html>"), ErrorClass.INVALID_RESPONSE),
    ("no such member", JSONResponse({"rest": 5}), ErrorClass.INVALID_RESPONSE),
    ("null", JSONResponse({"left": None}), ErrorClass.INVALID_RESPONSE),
    ("true", JSONResponse({"left": True}), ErrorClass.INVALID_RESPONSE),
    ("words", JSONResponse({"left": "plenty"}), ErrorClass.INVALID_RESPONSE),
    ("a list", JSONResponse({"left": [5]}), ErrorClass.INVALID_RESPONSE),
    ("endless", Response('{"left": Infinity}', media_type="application/json"), ErrorClass.INVALID_RESPONSE),
    ("empty", Response(b""), ErrorClass.INVALID_RESPONSE),
    (
        "401",
        JSONResponse({"error": {"message": "Invalid API key", "code": "invalid_api_key"}}, 401),
        ErrorClass.AUTHENTICATION,
    ),
    ("500", JSONResponse({"message": "oops"}, 500), ErrorClass.SERVER_ERROR),
    (
        "error in a 200",
        JSONResponse({"error": {"message": "Invalid API key", "type": "new_api_error"}, "left": 3}),
        ErrorClass.AUTHENTICATION,
    ),
    (
        "a made-up amount in a refusal",
        JSONResponse({"code": 401, "message": "令牌无效", "left": 0}),
        ErrorClass.AUTHENTICATION,
    ),
]


@pytest.mark.parametrize(("answer", "error_class"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
async def test_an_answer_without_an_amount_is_a_failure_and_never_a_zero(
    answer: Response, error_class: ErrorClass
) -> None:
    """Pages, missing members, words and refusals give no value, and the class and a line that explain it."""
    with serving(answer) as origin:
        reading = await reading_of(origin, PLAIN)
    assert (reading.value, reading.error_class) == (None, error_class)
    assert reading.detail


async def test_the_amount_of_an_empty_account_counts_beside_words_about_it() -> None:
    """Words about a used-up balance confirm an amount of nought, and do not make it unreadable."""
    with serving(JSONResponse({"message": "余额不足", "left": 0})) as origin:
        reading = await reading_of(origin, PLAIN)
    assert (reading.error_class, reading.value) == (ErrorClass.NONE, 0.0)


async def test_an_answer_whose_code_is_not_the_good_one_is_a_failure() -> None:
    """An amount beside a vendor's own fault code does not count."""
    with serving(JSONResponse({"code": 500, "msg": "busy", "data": 0})) as origin:
        reading = await reading_of(origin, "kie")
    assert reading.value is None


async def test_a_path_that_finds_nothing_is_named() -> None:
    """The line says which path found no number, in the answer of which call."""
    with serving(JSONResponse({"rest": 5})) as origin:
        reading = await reading_of(origin, PLAIN)
    assert reading.detail == "no number at left in the answer of /left"


async def test_a_balance_call_that_answers_a_page_is_named() -> None:
    """The console of a site with a success code is one line: the call gave no JSON."""
    with serving(FAULTS[0][1]) as origin:
        reading = await reading_of(origin, PLAIN)
    assert reading.detail == "no number at left in the answer of /left: it is not JSON"


async def test_a_negative_balance_is_read_as_it_is() -> None:
    """Debts are an amount below nought, which no video can be paid from, and no failure."""
    with serving(JSONResponse({"left": "-0.25"})) as origin:
        reading = await reading_of(origin, PLAIN)
    assert (reading.error_class, reading.value) == (ErrorClass.NONE, -0.25)
    track = BalanceTrack(config_of("http://relay.example", PLAIN).providers["relay"])
    track.record(reading, 0.0)
    assert (track.can_pay(0.0), track.is_low) == (False, True)


async def test_a_provider_that_cannot_be_reached_gives_no_value() -> None:
    """A refused connection is a connection failure that reached nothing."""
    with serving(JSONResponse({})) as origin:
        pass
    reading = await reading_of(origin, PLAIN)
    assert (reading.value, reading.error_class, reading.is_reached) == (None, ErrorClass.CONNECTION, False)


class CountingClients:
    """Clients whose answers never come, so that each attempt stays under way."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, name: str, _: object) -> Any:
        self.asked.append(name)
        return self

    async def ask(self, *_: object) -> Any:
        await asyncio.get_running_loop().create_future()


async def test_balances_start_stop_and_change_with_the_configuration() -> None:
    """A described balance is read, one that did not change is left alone, a changed one starts anew, a removed ends."""
    clock, clients = HandClock(), CountingClients()
    first, second = (config_of("http://relay.example", {**PLAIN, "interval": each}) for each in ("10m", "20m"))
    balances = Balances(first, clients, clock, lambda *_: None)
    balances.apply(first)
    await clock.advance(3600)
    balances.apply(first)
    await clock.advance(3600)
    assert len(clients.asked) == 1
    balances.apply(second)
    await clock.advance(3600)
    assert len(clients.asked) == 2
    balances.apply(loaded({"providers": {}, "services": []}))
    await settle()
    await clock.advance(3600)
    assert len(clients.asked) == 2
    await balances.stop()


@pytest.mark.parametrize(("granted", "status", "amount"), [(5.0, "operational", 5.0), (0.0, "unknown", 0.0)])
async def test_check_reads_the_balance_and_a_route_that_cannot_pay_is_unknown(
    granted: float, status: str, amount: float, tmp_path: Path
) -> None:
    """A service behind an empty account has our used-up quota as its reason and an advice; a full one works."""
    app = create_app("operational", gateway="new-api")
    app.state.simulation.granted_usd = granted
    with over_http(app) as origin:
        provider = {"base_url": f"{origin}/v1", "api_key_env": "RELAY_API_KEY", "balance": "new-api"}
        config = loaded({"providers": {"relay": provider}, "services": [{**SERVICE, "model": "sora-2"}]})
        [found] = await probe_once(config, tmp_path, [], [ProbeKind.CATALOG])
    assert (found["status"], found["balance"]["amount"], found["balance"]["unit"]) == (status, amount, "USD")
    assert found["error_class"] == ("none" if granted else "quota_exhausted")
    assert bool(found["what_to_do"]) is not bool(granted)
