"""Who is let in, and how often: basic authentication, and the rate at which anybody may ask."""

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
MOST_WAITING: Final = 4
"""So many logins of one address are checked or wait for it."""
PASSWORD_BYTES: Final = 72
"""bcrypt looks at no more."""


class Bucket:
    """A rate limit: ``burst`` requests at once, then one every ``interval`` seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._missing, self._at = 0.0, monotonic()

    def take(self, interval: float, burst: int) -> bool:
        """Whether one more request may pass; 0 in either number lets all pass."""
        if not interval or not burst:
            return True
        now = self._monotonic()
        self._missing = max(self._missing - (now - self._at) / interval, 0.0)
        self._at = now
        if self._missing > burst - 1:
            return False
        self._missing += 1
        return True


class Crowded(Exception):
    """Too many logins of one address wait to be checked."""


class Logins:
    """Basic authentication against bcrypt hashes; who was right once is recognized without asking bcrypt again."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._turn = asyncio.Lock()
        self._waiting: Counter[str] = Counter()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}

    async def is_right(self, header: str, hashes: Mapping[str, bytes], address: str) -> bool:
        """Whether an Authorization header names a user and the password of their hash. Raises Crowded.

        Unknown users take as long as known ones, so that the time does not tell who exists. One check runs at a time:
        guessers wait for each other, a few from each address, and keep neither a processor from the probes for long
        nor others from being let in. Who says the same at the same time shares one check.
        """
        name, password = _credentials(header)
        asked = hashes.get(name, next(iter(hashes.values())))
        # What is remembered is salted and holds for this hash only: a changed password is asked for again.
        key = hashlib.sha256(b"\0".join((self._salt, asked, name.encode(), password))).digest()
        if key in self._known:
            self._known.move_to_end(key)
            return True
        if not name:
            return False
        if key not in self._checks:
            if self._waiting[address] >= MOST_WAITING:
                raise Crowded
            self._waiting[address] += 1
            self._checks[key] = start(self._check(key, password, asked, address), "login")
        is_right = await asyncio.shield(self._checks[key])
        if not is_right or name not in hashes:
            return False
        self._known[key] = None
        while len(self._known) > REMEMBERED_LOGINS:
            self._known.popitem(last=False)
        return True

    async def _check(self, key: bytes, password: bytes, asked: bytes, address: str) -> bool:
        """Ask bcrypt once for all who say the same at the same time."""
        try:
            async with self._turn:
                return await asyncio.to_thread(bcrypt.checkpw, password[:PASSWORD_BYTES], asked)
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()
            del self._checks[key]


def _credentials(header: str) -> tuple[str, bytes]:
    """Return user and password of an Authorization header; an empty user for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return "", b""
