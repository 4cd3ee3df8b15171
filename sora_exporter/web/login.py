"""Basic authentication and the rate limit."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
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
    """Too many logins of one address wait for a check."""


class Turns:
    """One turn at a time, next for the address with the fewest wrong logins; of equals for the one that came first."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, int] = OrderedDict()
        self._queue: list[tuple[str, asyncio.Future[None]]] = []
        self._is_taken = False

    async def take(self, address: str) -> None:
        """Wait for the turn."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((address, turn))
        await turn

    def give(self) -> None:
        """Give the turn to the next one."""
        self._queue = [(address, turn) for address, turn in self._queue if not turn.done()]
        self._is_taken = bool(self._queue)
        if self._queue:
            entry = min(self._queue, key=lambda waiting: self._wrong.get(waiting[0], 0))
            self._queue.remove(entry)
            entry[1].set_result(None)

    def note(self, address: str, *, is_right: bool) -> None:
        """Count a wrong login of an address; a right one clears its count."""
        wrong = self._wrong.pop(address, 0)
        if not is_right:
            self._wrong[address] = wrong + 1
        while len(self._wrong) > REMEMBERED_ADDRESSES:
            self._wrong.popitem(last=False)


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
        if key not in self._checks:
            if self._waiting[address] >= MOST_WAITING:
                raise Crowded
            self._waiting[address] += 1
            self._checks[key] = start(self._check(key, password, expected, address), "login")
        is_right = await asyncio.shield(self._checks[key])
        if not is_right or name not in hashes:
            return False
        self._known[key] = None
        while len(self._known) > REMEMBERED_LOGINS:
            self._known.popitem(last=False)
        return True

    async def _check(self, key: bytes, password: bytes, expected: bytes, address: str) -> bool:
        """Check a password once for all equal logins at the same time."""
        try:
            await self._turns.take(address)
            try:
                is_right = await asyncio.to_thread(bcrypt.checkpw, password[:PASSWORD_BYTES], expected)
            finally:
                self._turns.give()
            self._turns.note(address, is_right=is_right)
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
