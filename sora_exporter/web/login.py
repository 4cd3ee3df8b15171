"""Basic authentication and the rate limit."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import ipaddress
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import bcrypt

from sora_exporter.tasks import start

REMEMBERED_LOGINS: Final = 100
REMEMBERED_ADDRESSES: Final = 10_000
MOST_WAITING: Final = 4
"""The limit of logins of one address that are checked or wait for a check."""
MOST_QUEUED: Final = 500
"""The limit of logins of all addresses that wait; beyond it, the one that would be checked last is given up."""
PASSWORD_BYTES: Final = 72
"""bcrypt uses no more of a password."""


class Bucket:
    """A rate limit: ``burst`` requests at once, then one every ``interval`` seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._missing, self._at = 0.0, monotonic()

    def take(self, interval: float, burst: int) -> bool:
        """Return whether one more request may pass; with an interval of 0 all pass, with a burst of 0 none."""
        if not interval:
            return True
        now = self._monotonic()
        self._missing = max(self._missing - (now - self._at) / interval, 0.0)
        self._at = now
        if self._missing > burst - 1:
            return False
        self._missing += 1
        return True


class Crowded(Exception):
    """Too many logins wait for a check, those of one address or of all."""


class Standing:
    """How many wrong logins each name has since its last right one, -1 right after one; the oldest are forgotten."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, int] = OrderedDict()

    def of(self, name: str) -> int:
        """Return the number of a name."""
        return self._wrong.get(name, 0)

    def note(self, name: str, *, is_right: bool) -> None:
        """Count one more wrong login, or begin anew with a right one."""
        wrong = self._wrong.pop(name, 0)
        self._wrong[name] = -1 if is_right else wrong + 1
        while len(self._wrong) > REMEMBERED_ADDRESSES:
            self._wrong.popitem(last=False)


Waiting = tuple[str, str, asyncio.Future[None]]
"""A login that waits: its address, its user, and its turn to come."""


class Turns:
    """One turn at a time, next for the address and then for the user with the fewest wrong logins.

    An address that logged in before comes first. Of equals the latest does: a crowd of new addresses delays no first
    login. Addresses of IPv6 count by their /64, which one client has to itself.
    """

    def __init__(self) -> None:
        self._addresses, self._users = Standing(), Standing()
        self._queue: list[Waiting] = []
        self._is_taken = False

    async def take(self, address: str, user: str) -> None:
        """Wait for the turn. Raises Crowded in place of a turn that is given up."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((_site(address), user, turn))
        if len(self._queue) > MOST_QUEUED:
            last = max(self._queue, key=self._wrong)
            self._queue.remove(last)
            last[2].set_exception(Crowded())
        await turn

    def renew(self, address: str, user: str) -> None:
        """Make the waiting logins of an address as a user the latest ones, because the client has come again."""
        renewed = _site(address), user
        self._queue.sort(key=lambda entry: entry[:2] == renewed)

    def give(self) -> None:
        """Give the turn to the next one."""
        self._queue = [entry for entry in self._queue if not entry[2].done()]
        self._is_taken = bool(self._queue)
        if self._queue:
            entry = min(reversed(self._queue), key=self._wrong)
            self._queue.remove(entry)
            entry[2].set_result(None)

    def _wrong(self, waiting: Waiting) -> tuple[int, int]:
        """Return how many wrong logins the address and the user have."""
        return self._addresses.of(waiting[0]), self._users.of(waiting[1])

    def note(self, address: str, user: str, *, is_right: bool) -> None:
        """Count a login of an address as a user."""
        self._addresses.note(_site(address), is_right=is_right)
        self._users.note(user, is_right=is_right)


def _site(address: str) -> str:
    """Return the address, or the /64 of one of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Logins:
    """Basic authentication against bcrypt hashes; a right login is remembered and not checked again."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._turns = Turns()
        self._waiting: Counter[str] = Counter()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}

    async def is_right(self, header: str, hashes: Mapping[str, bytes], address: str) -> bool:
        """Return whether an Authorization header has a user and the password of their hash. Raises Crowded.

        Unknown users take as long as known ones, so the time does not reveal which users exist. One check runs at a
        time, only a few of each address wait, and an address that guessed before waits for those that did not: however
        many addresses guess, another one's login is soon checked. Equal logins at the same time share one check.
        """
        name, password = _credentials(header)
        expected = hashes.get(name, next(iter(hashes.values())))
        # The key is salted and includes the hash, so that a login is checked again once the password has changed.
        key = hashlib.sha256(b"\0".join((self._salt, expected, name.encode(), password))).digest()
        if key in self._known:
            self._known.move_to_end(key)
            return True
        if not name:
            return False
        if key in self._checks:
            self._turns.renew(address, name)
        else:
            if self._waiting[address] >= MOST_WAITING:
                raise Crowded
            self._waiting[address] += 1
            self._checks[key] = start(self._check(key, name, password, expected, address), "login")
        is_right = await asyncio.shield(self._checks[key])
        if not is_right or name not in hashes:
            return False
        self._known[key] = None
        while len(self._known) > REMEMBERED_LOGINS:
            self._known.popitem(last=False)
        return True

    async def _check(self, key: bytes, name: str, password: bytes, expected: bytes, address: str) -> bool:
        """Check a password once for all equal logins at the same time."""
        try:
            await self._turns.take(address, name)
            try:
                is_right = await asyncio.to_thread(bcrypt.checkpw, password[:PASSWORD_BYTES], expected)
            finally:
                self._turns.give()
            self._turns.note(address, name, is_right=is_right)
            return is_right
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()
            del self._checks[key]


def _credentials(header: str) -> tuple[str, bytes]:
    """Return user and password of an Authorization header; an empty user for any other header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return "", b""
