"""Logins: whose password is checked next, how often, and the rate limit."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine
from typing import Any

import bcrypt
import pytest
from support.plain_http import basic_auth

import sora_exporter.web.login
from sora_exporter.web.login import MOST_QUEUED, MOST_WAITING, Bucket, Crowded, Logins, Standing, Turns


async def test_a_login_does_not_wait_for_addresses_that_guessed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """While fifty addresses guess again and again, the right password of another is checked next."""
    checked: list[bytes] = []

    async def to_thread(_check: object, password: bytes, _hash: bytes) -> bool:
        checked.append(password)
        await asyncio.sleep(0)
        return password == b"right"

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    logins, hashes = Logins(), {"prometheus": b"hash"}

    def login(password: bytes, address: str) -> Coroutine[Any, Any, bool]:
        return logins.is_right(basic_auth("prometheus", password)["authorization"], hashes, address)

    for number in range(50):
        assert not await login(b"first %d" % number, f"192.0.2.{number}")
    crowd = [asyncio.create_task(login(b"again %d" % number, f"192.0.2.{number}")) for number in range(50)]
    await asyncio.sleep(0)
    before = len(checked)
    assert await login(b"right", "198.51.100.1")
    assert checked.index(b"right") - before <= 2
    assert not any(await asyncio.gather(*crowd))


async def test_a_first_login_does_not_wait_for_a_crowd_of_new_addresses() -> None:
    """Of addresses without a login the latest is next, so a crowd that came before delays it by one check."""
    turns = Turns()
    await turns.take("192.0.2.254", "prometheus")
    served: list[str] = []

    async def wait(address: str) -> None:
        await turns.take(address, "prometheus")
        served.append(address)
        turns.give()

    tasks = [asyncio.create_task(wait(f"192.0.2.{number}")) for number in range(250)]
    tasks.append(asyncio.create_task(wait("198.51.100.1")))
    await asyncio.sleep(0)
    turns.give()
    await asyncio.gather(*tasks)
    assert served[0] == "198.51.100.1"


async def test_a_repeated_first_login_is_the_latest_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first login that newer addresses delay does not stay behind them when its client repeats it."""
    checked: list[bytes] = []
    gate = asyncio.Event()

    async def to_thread(_check: object, password: bytes, _hash: bytes) -> bool:
        await gate.wait()
        checked.append(password)
        return password == b"right"

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    logins, hashes, waiting = Logins(), {"prometheus": b"hash"}, []

    async def come(password: bytes, address: str) -> None:
        header = basic_auth("prometheus", password)["authorization"]
        waiting.append(asyncio.create_task(logins.is_right(header, hashes, address)))
        for _ in range(3):
            await asyncio.sleep(0)

    await come(b"first", "192.0.2.254")
    await come(b"right", "198.51.100.1")
    for number in range(50):
        await come(b"guess %d" % number, f"192.0.2.{number}")
    await come(b"right", "198.51.100.1")
    gate.set()
    answers = await asyncio.gather(*waiting)
    assert (checked[:2], answers.count(True)) == ([b"first", b"right"], 2)


async def test_more_logins_than_can_wait_are_given_up() -> None:
    """However many addresses guess, a bounded number waits; those that would be last are refused at once."""
    turns = Turns()
    turns.note("192.0.2.1", "prometheus", is_right=False)
    await turns.take("192.0.2.254", "prometheus")
    addresses = ["192.0.2.1", *(f"2001:db8:{number:x}::1" for number in range(MOST_QUEUED + 9))]
    tasks = [asyncio.create_task(turns.take(address, "prometheus")) for address in addresses]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    refused = [task.done() and isinstance(task.exception(), Crowded) for task in tasks]
    assert refused == [True] * 10 + [False] * MOST_QUEUED
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("pattern", "user", "first"),
    [
        ("192.0.2.{}", "prometheus", ("198.51.100.1", "prometheus")),
        ("192.0.2.{}", "admin", ("203.0.113.1", "prometheus")),
        ("2001:db8::{}", "prometheus", ("2001:db8:1::1", "prometheus")),
    ],
)
async def test_turns_are_fair_by_address_and_user(pattern: str, user: str, first: tuple[str, str]) -> None:
    """New addresses that guess go behind one that logged in, behind users that no guess is at, and by the /64."""
    turns = Turns()
    turns.note("198.51.100.1", "prometheus", is_right=True)
    turns.note(pattern.format(255), user, is_right=False)
    await turns.take("192.0.2.254", "anybody")
    served: list[tuple[str, str]] = []

    async def wait(address: str, name: str) -> None:
        await turns.take(address, name)
        served.append((address, name))
        turns.give()

    waiting = [(pattern.format(number), user) for number in range(20)] + [first]
    tasks = [asyncio.create_task(wait(*entry)) for entry in waiting]
    await asyncio.sleep(0)
    turns.give()
    await asyncio.gather(*tasks)
    assert served[0] == first


async def test_a_crowd_of_one_address_lets_others_in() -> None:
    """While one address has all its logins waiting, those of another are checked."""
    logins, hashes = Logins(), {"prometheus": bcrypt.hashpw(b"right", bcrypt.gensalt(4))}

    def guess(number: int) -> Coroutine[Any, Any, bool]:
        return logins.is_right(basic_auth("prometheus", b"%d" % number)["authorization"], hashes, "192.0.2.1")

    crowd = [asyncio.create_task(guess(number)) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await guess(99)
    assert await logins.is_right(basic_auth("prometheus", b"right")["authorization"], hashes, "192.0.2.2")
    assert await asyncio.gather(*crowd) == [False] * MOST_WAITING


async def test_equal_logins_at_once_share_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients that log in at once with the same password cause one check, and all get access."""
    checks = []

    async def to_thread(*arguments: object) -> bool:
        checks.append(arguments)
        await asyncio.sleep(0)
        return True

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    logins, header = Logins(), basic_auth("prometheus", b"right")["authorization"]
    waiting = (logins.is_right(header, {"prometheus": b"hash"}, "192.0.2.1") for _ in range(4 * MOST_WAITING))
    assert await asyncio.gather(*waiting) == [True] * 4 * MOST_WAITING
    assert len(checks) == 1


def test_a_bucket_refills_with_time() -> None:
    """A burst passes at once, then one request an interval; unused time fills it no further than the burst."""
    now = [0.0]
    bucket = Bucket(lambda: now[0])
    assert [bucket.take(2.0, 2) for _ in range(3)] == [True, True, False]
    now[0] = 1.9
    assert not bucket.take(2.0, 2)
    now[0] = 2.0
    assert [bucket.take(2.0, 2) for _ in range(2)] == [True, False]
    now[0] = 1000.0
    assert [bucket.take(2.0, 2) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("interval", "burst", "passes"), [(0.0, 0, True), (0.0, 1, True), (2.0, 0, False)])
def test_the_edges_of_a_limit(interval: float, burst: int, passes: bool) -> None:
    """With an interval of 0 all pass; with a burst of 0 none does."""
    bucket = Bucket(lambda: 0.0)
    assert [bucket.take(interval, burst) for _ in range(3)] == [passes] * 3


def test_only_so_many_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right login begins anew, wrong ones add up, and the oldest name is forgotten beyond the limit."""
    monkeypatch.setattr(sora_exporter.web.login, "REMEMBERED_ADDRESSES", 2)
    standing = Standing()
    for is_right in (False, False, True, False):
        standing.note("a", is_right=is_right)
    assert standing.of("a") == 0
    standing.note("b", is_right=False)
    standing.note("c", is_right=True)
    assert [standing.of(name) for name in "abc"] == [0, 1, -1]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer abc", "Basic", "Basic not-base64!", "Basic " + base64.b64encode(b"\xff\xfe:a").decode(), "Basic Og=="],
)
async def test_a_header_without_a_user_checks_nothing(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    """A malformed header, or one without a user, is refused without any check of a password."""
    monkeypatch.setattr(asyncio, "to_thread", None)
    assert await Logins().is_right(header, {"prometheus": b"hash"}, "192.0.2.1") is False
