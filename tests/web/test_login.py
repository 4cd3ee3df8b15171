"""Logins under attack: the order of the checks, and what no flood of guesses can take from the right password."""

from __future__ import annotations

import asyncio
import base64
import random
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import bcrypt
import pytest
from support.clock import settle
from support.plain_http import basic_auth

from sora_exporter.web.login import MOST_QUEUED, MOST_WAITING, Bucket, Crowded, Logins, forget_oldest

HASHES = {"prometheus": b"hash", "other": b"hash of the other"}
GUESSES_PER_CHECK = 3
"""Ten guesses a second at bcrypt cost 12, which takes 0.31 s for a check."""

SOME_CHECKS = 2 * MOST_QUEUED // GUESSES_PER_CHECK
"""After so many, as many logins wait as can."""

Guess = tuple[str, str]
"""The address and the user's name of a guess."""


class Attacked:
    """Logins while guesses arrive without end, so many for each check; ``checked`` holds the passwords checked."""

    def __init__(self, guesses: Iterator[Guess]) -> None:
        self._guesses, self._number = guesses, 0
        self.checked: list[bytes] = []
        self._step = asyncio.Event()
        self._logins = Logins(self._check)
        self._waiting: set[asyncio.Task[bool]] = set()

    async def __aenter__(self) -> Attacked:
        self._guess()
        await settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._guesses = iter(())
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def login(self, address: str, password: bytes = b"right", user: str = "prometheus") -> asyncio.Task[bool]:
        """Return a login that has begun."""
        task = asyncio.create_task(self._logins.is_right(basic_auth(user, password)["authorization"], HASHES, address))
        self._waiting.add(task)
        return task

    async def until_checked(self, count: int) -> None:
        """Let so many passwords be checked."""
        target = len(self.checked) + count
        while len(self.checked) < target:
            self._step.clear()
            await self._step.wait()

    async def _check(self, password: bytes, _expected: bytes) -> bool:
        self.checked.append(password)
        self._step.set()
        for _ in range(GUESSES_PER_CHECK):
            self._guess()
        await asyncio.sleep(0)
        return password.startswith(b"right")

    def _guess(self) -> None:
        for address, user in self._guesses:
            self._number += 1
            self.login(address, b"guess %d" % self._number, user).add_done_callback(self._done)
            return

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._waiting.discard(task)
        if not task.cancelled():
            task.exception()  # Crowded is the answer to many of them.


def guesses(address: Callable[[random.Random], str], user: str = "prometheus") -> Iterator[Guess]:
    """Yield guesses without end, from an address of its own each."""
    chance = random.Random(16)
    while True:
        yield address(chance), user


def from_the_internet(chance: random.Random) -> str:
    """Return any address of the internet of IPv4."""
    return f"{chance.choice([*range(11, 100), *range(128, 168)])}.{chance.randrange(256)}.{chance.randrange(256)}.9"


def from_an_eighth(chance: random.Random) -> str:
    """Return any address of 20.0.0.0/8."""
    return ".".join(map(str, (20, *chance.choices(range(256), k=3))))


def from_ipv6(chance: random.Random) -> str:
    """Return any address of the internet of IPv6."""
    return ":".join(f"{part:x}" for part in (0x2A00, *chance.choices(range(0x10000), k=7)))


@pytest.mark.parametrize(
    ("attack", "address"),
    [
        (guesses(from_an_eighth), "93.184.216.34"),
        (guesses(from_an_eighth), "2a00:1450:4001:829::200e"),
        (guesses(from_the_internet), "10.1.2.3"),
        (guesses(from_the_internet), "2a00:1450:4001:829::200e"),
        (guesses(from_ipv6), "93.184.216.34"),
        (guesses(from_ipv6), "::ffff:127.0.0.1"),
        (guesses(from_the_internet, "admin"), "93.184.216.34"),
        (guesses(from_the_internet, "other"), "93.184.216.34"),
    ],
)  # fmt: skip
async def test_new_addresses_without_end_delay_a_first_login_by_two_checks(
    attack: Iterator[Guess], address: str
) -> None:
    """While each guess has a new address, the first login from another network or as another user is soon checked."""
    async with Attacked(attack) as attacked:
        await attacked.until_checked(SOME_CHECKS)
        before = len(attacked.checked)
        assert await attacked.login(address)
        assert attacked.checked.index(b"right") - before <= 2


async def test_guessers_in_several_networks_take_turns_with_a_first_login() -> None:
    """New addresses in four kinds of networks delay a first login beside one of them by three checks for each."""
    ways = from_an_eighth, from_ipv6, lambda chance: f"10.{chance.randrange(256)}.0.9", lambda _: "fe80::1"
    async with Attacked(guesses(lambda chance: chance.choice(ways)(chance))) as attacked:
        await attacked.until_checked(SOME_CHECKS)
        before = len(attacked.checked)
        assert await attacked.login("93.184.216.34")
        assert attacked.checked.index(b"right") - before <= 2 + 3 * 3


async def test_guessers_who_imitate_a_first_login_leave_it_a_fair_chance() -> None:
    """With new addresses in all its networks and under its name, every try still has its part of a third of the checks.

    Such guesses look like a first login, so three guesses for each check leave one in nine at least.
    """
    chance, tries, checks_of_a_try = random.Random(1), 9, 24
    async with Attacked(guesses(from_the_internet)) as attacked:
        await attacked.until_checked(SOME_CHECKS)
        logins = []
        for number in range(tries):
            logins.append(attacked.login(from_the_internet(chance), b"right %d" % number))
            await attacked.until_checked(checks_of_a_try)
        are_in = [login.done() and login.exception() is None for login in logins]
    assert sum(are_in) >= tries / 9


async def test_an_address_that_logged_in_comes_first() -> None:
    """Another user's login from an address where one logged in is checked next, whoever waits."""
    async with Attacked(guesses(from_an_eighth)) as attacked:
        known = attacked.login("93.184.216.34")
        assert await known
        await attacked.until_checked(SOME_CHECKS)
        before = len(attacked.checked)
        assert await attacked.login("93.184.216.34", b"right too", "other")
        assert attacked.checked.index(b"right too") == before


async def test_a_repeated_first_login_is_the_latest_again() -> None:
    """A first login that newer addresses delay does not stay behind them when its client repeats it."""
    checked: list[bytes] = []
    gate = asyncio.Event()

    async def check(password: bytes, _expected: bytes) -> bool:
        await gate.wait()
        checked.append(password)
        return password == b"right"

    logins, waiting = Logins(check), []

    async def come(password: bytes, address: str) -> None:
        waiting.append(
            asyncio.create_task(logins.is_right(basic_auth("prometheus", password)["authorization"], HASHES, address))
        )
        await settle()

    await come(b"first", "192.0.2.254")
    await come(b"right", "192.0.2.253")
    for number in range(50):
        await come(b"guess %d" % number, f"192.0.2.{number}")
    await come(b"right", "192.0.2.253")
    gate.set()
    answers = await asyncio.gather(*waiting)
    assert (checked[:2], answers.count(True)) == ([b"first", b"right"], 2)


async def test_of_too_many_logins_the_most_crowded_network_loses_one() -> None:
    """However many addresses guess, a bounded number waits, and the longest wait of the largest crowd ends."""
    never = asyncio.Event()

    async def check(_password: bytes, _expected: bytes) -> bool:
        return await never.wait()

    logins = Logins(check)

    def login(address: str) -> asyncio.Task[bool]:
        return asyncio.create_task(
            logins.is_right(basic_auth("prometheus", address.encode())["authorization"], HASHES, address)
        )

    under_way = login("9.9.9.9")
    await settle()
    other, inside = login("20.0.0.1"), login("10.0.0.1")
    crowd = [login(f"20.1.{number}.1") for number in range(MOST_QUEUED + 8)]
    await settle()
    refused = [task.done() and isinstance(task.exception(), Crowded) for task in crowd]
    assert refused == [True] * 10 + [False] * (MOST_QUEUED - 2)
    assert not any(task.done() for task in (under_way, other, inside))
    never.set()
    assert await asyncio.gather(other, inside) == [True, True]
    await asyncio.gather(*crowd, under_way, return_exceptions=True)


async def test_equal_logins_without_end_do_not_crowd_out_others() -> None:
    """One header from one address, sent again and again, takes no other login's place, and all get one answer."""
    gate, checks = asyncio.Event(), []

    async def check(password: bytes, _expected: bytes) -> bool:
        checks.append(password)
        await gate.wait()
        return password == b"right"

    logins = Logins(check)

    def login(password: bytes, address: str) -> asyncio.Task[bool]:
        return asyncio.create_task(
            logins.is_right(basic_auth("prometheus", password)["authorization"], HASHES, address)
        )

    right = login(b"right", "192.0.2.1")
    await settle()
    equal = [login(b"wrong", "192.0.2.2") for _ in range(3 * MOST_QUEUED)]
    await settle()
    gate.set()
    assert await right
    answers = await asyncio.gather(*equal, return_exceptions=True)
    assert (answers.count(False), len(checks)) == (MOST_QUEUED, 2)


async def test_a_crowd_of_one_address_lets_others_in() -> None:
    """While one address has all its logins waiting, those of another are checked, with bcrypt itself."""
    logins, hashes = Logins(), {"prometheus": bcrypt.hashpw(b"right", bcrypt.gensalt(4))}

    def guess(number: int) -> Coroutine[Any, Any, bool]:
        return logins.is_right(basic_auth("prometheus", b"%d" % number)["authorization"], hashes, "192.0.2.1")

    crowd = [asyncio.create_task(guess(number)) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await guess(99)
    assert await logins.is_right(basic_auth("prometheus", b"right")["authorization"], hashes, "192.0.2.2")
    assert await asyncio.gather(*crowd) == [False] * MOST_WAITING


async def test_equal_logins_at_once_share_one_check() -> None:
    """Many clients that log in at once with the same password cause one check, and all get access."""
    checks = []

    async def check(*arguments: object) -> bool:
        checks.append(arguments)
        await asyncio.sleep(0)
        return True

    logins = Logins(check)
    waiting = (
        logins.is_right(basic_auth("prometheus", b"right")["authorization"], HASHES, "192.0.2.1")
        for _ in range(4 * MOST_WAITING)
    )
    assert await asyncio.gather(*waiting) == [True] * 4 * MOST_WAITING
    assert len(checks) == 1


async def test_a_fault_in_one_check_refuses_that_login_alone(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected failure of a check is logged and lets the client out; the next login is checked."""

    async def check(password: bytes, _expected: bytes) -> bool:
        if password == b"broken":
            raise RuntimeError("no thread")
        return True

    logins = Logins(check)
    assert not await logins.is_right(basic_auth("prometheus", b"broken")["authorization"], HASHES, "192.0.2.1")
    assert await logins.is_right(basic_auth("prometheus", b"right")["authorization"], HASHES, "192.0.2.1")
    assert [record.levelname for record in caplog.records] == ["ERROR"]


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


def test_only_so_many_classes_are_remembered() -> None:
    """Guesses without end take no memory without end: the oldest entry is forgotten."""
    remembered = OrderedDict.fromkeys("abc")
    forget_oldest(remembered, 2)
    assert list(remembered) == ["b", "c"]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer abc", "Basic", "Basic not-base64!", "Basic " + base64.b64encode(b"\xff\xfe:a").decode(), "Basic Og=="],
)
async def test_a_header_without_a_user_checks_nothing(header: str) -> None:
    """A malformed header, or one without a user, is refused without any check of a password."""

    async def check(_password: bytes, _expected: bytes) -> bool:
        pytest.fail("checked")

    assert await Logins(check).is_right(header, HASHES, "192.0.2.1") is False
