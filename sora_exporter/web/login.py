"""Basic authentication and the rate limit."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import bcrypt

from sora_exporter.tasks import apart, in_background, start
from sora_exporter.web.client_address import networks_of

REMEMBERED_LOGINS: Final = 100
REMEMBERED_SITES: Final = 10_000
REMEMBERED_CLASSES: Final = 50_000
MOST_WAITING: Final = 4
"""The limit of different logins of one address that are checked or wait for a check."""
MOST_QUEUED: Final = 64
"""The limit of logins of all addresses that wait; beyond it, one of the most crowded network is given up."""
USER_GROUPS: Final = 16
"""So many classes of user names: an endless number of names is not an endless number of turns."""
PASSWORD_BYTES: Final = 72
"""bcrypt uses no more of a password."""

Check = Callable[[bytes, bytes], Awaitable[bool]]
"""Returns whether a password has a hash."""


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


class Login(NamedTuple):
    """A login that waits for its check. ``key`` is the same for equal logins, ``is_right`` its answer to come.

    ``networks`` hold its address, the widest first; ``user_group`` is the class of its user's name.
    """

    address: str
    networks: tuple[str, ...]
    user_group: str
    is_user: bool
    password: bytes
    expected: bytes
    key: bytes
    is_right: asyncio.Future[bool]

    @property
    def site(self) -> str:
        """The smallest network, which a client has to itself."""
        return self.networks[-1]


ORDERS: Final[tuple[Callable[[Login], tuple[str, ...]], ...]] = (
    lambda login: (*login.networks, login.user_group),
    lambda login: (login.user_group, login.site),
    lambda login: (),  # noqa: ARG005 - regardless of its classes
)
"""The classes by which the next login is chosen, one order after another.

The first two are fair to networks and to users: a flood of new addresses, or of names, is one class among others. Names
and addresses that imitate every class may crowd them out, but not the last one, which takes the latest login of all.
"""


class Queue:
    """The logins that wait, and which of them is next: the one whose class had its last wrong login longest ago.

    A site that logged in before comes first. Of equals the latest does, so a client that repeats its login renews it.
    """

    def __init__(self) -> None:
        self._logins: list[Login] = []
        self._under_way: Login | None = None
        self._turn = 0
        self._known: OrderedDict[str, None] = OrderedDict()
        self._last_wrong: OrderedDict[str, int] = OrderedDict()

    def join(self, login: Login) -> None:
        """Add a login. Raises Crowded if too many of its address wait; ends the wait of another if too many do."""
        checked = [self._under_way] if self._under_way is not None else []
        keys = {other.key for other in (*self._logins, *checked) if other.address == login.address}
        if len(keys | {login.key}) > MOST_WAITING:
            raise Crowded
        self._logins.append(login)
        if len(self._logins) > MOST_QUEUED:
            self._give_up_one()

    def next(self) -> Login | None:
        """Take the login that is checked next, or None if none waits."""
        self._logins = [login for login in self._logins if not login.is_right.done()]
        if not self._logins:
            return None
        classes_of, self._turn = ORDERS[self._turn % len(ORDERS)], self._turn + 1
        found = min(
            reversed(self._logins),
            key=lambda login: (login.site not in self._known, *map(self._wrong_at, classes_of(login))),
        )
        self._logins.remove(found)
        self._under_way = found
        return found

    def answer(self, checked: Login, *, is_right: bool) -> None:
        """Give all equal logins the outcome of a check, and note it for the order of the next ones."""
        self._under_way = None
        for login in (checked, *self._logins):
            if login.key == checked.key and not login.is_right.done():
                login.is_right.set_result(is_right)
        self._known.pop(checked.site, None)
        if is_right:
            self._known[checked.site] = None
        else:
            for name in (*checked.networks, checked.user_group):
                self._last_wrong[name] = self._turn
                self._last_wrong.move_to_end(name)
        forget_oldest(self._known, REMEMBERED_SITES)
        forget_oldest(self._last_wrong, REMEMBERED_CLASSES)

    def _wrong_at(self, name: str) -> int:
        """Return the turn of a class's last wrong login, 0 if none is remembered."""
        return self._last_wrong.get(name, 0)

    def _give_up_one(self) -> None:
        """End the longest wait in the most crowded network, and in its most crowded part."""
        crowds = Counter(network for login in self._logins for network in login.networks)
        given_up = max(self._logins, key=lambda login: [crowds[network] for network in login.networks])
        self._logins.remove(given_up)
        if not given_up.is_right.done():
            given_up.is_right.set_exception(Crowded())


def forget_oldest(remembered: OrderedDict[Any, Any], most: int) -> None:
    """Remove the oldest entries beyond ``most``."""
    while len(remembered) > most:
        remembered.popitem(last=False)


async def in_thread(password: bytes, expected: bytes) -> bool:
    """Return whether a password has a bcrypt hash, without delaying the event loop or the end of the process."""
    return await in_background(partial(bcrypt.checkpw, password, expected), "check of a password")


class Logins:
    """Basic authentication against bcrypt hashes; a right login is remembered and not checked again."""

    def __init__(self, check: Check = in_thread) -> None:
        self._check = check
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._salt = secrets.token_bytes(16)
        self._queue = Queue()
        self._checking: asyncio.Task[None] | None = None

    async def is_right(self, header: str, hashes: Mapping[str, bytes], address: str) -> bool:
        """Return whether an Authorization header has a user and the password of their hash. Raises Crowded.

        Unknown users take as long as known ones, so the time does not reveal which users exist. One check runs at a
        time, in the order of the queue; equal logins share one.
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
        login = Login(
            address=address,
            networks=networks_of(address),
            user_group=_group(name),
            is_user=name in hashes,
            password=password,
            expected=expected,
            key=key,
            is_right=asyncio.get_running_loop().create_future(),
        )
        self._queue.join(login)
        if self._checking is None or self._checking.done():
            self._checking = start(self._check_all(), "logins")
        return await login.is_right

    async def _check_all(self) -> None:
        """Check one login after another until none waits."""
        while (login := self._queue.next()) is not None:
            # A fault of ours in one check is logged, refuses that login and ends no other.
            check = await apart(self._is_right(login), "check of a login")
            is_right = check.exception() is None and check.result()
            if is_right:
                self._known[login.key] = None
                forget_oldest(self._known, REMEMBERED_LOGINS)
            self._queue.answer(login, is_right=is_right)

    async def _is_right(self, login: Login) -> bool:
        """Return whether the password is right; the one of an unknown user never is, and takes as long to check."""
        return await self._check(login.password[:PASSWORD_BYTES], login.expected) and login.is_user


def _group(name: str) -> str:
    return f"user group {hashlib.sha256(name.encode()).digest()[0] % USER_GROUPS}"


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
