"""The description of a provider's balance call: the request, the place of the amount in its answer, and its unit.

Built-in descriptions are in ``balances.yml``. Paths into answers are dotted, as in an API: ``data.0.balance``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from sora_exporter.config.apis.calls import Paths
from sora_exporter.config.section import Flag, Json, Section
from sora_exporter.config.service import require_shorter, usual_timeout
from sora_exporter.config.values import HeaderName, HeaderValue, Interval, Seconds, parse_duration
from sora_exporter.documents import at, shipped

INTERVAL, TIMEOUT = 600.0, 10.0
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
CURRENCY = re.compile(r"[A-Z]{3}")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MOMENT = re.compile(r"(?:now|([0-9]+[smhd])_ago)(_ms)?")
DECIMALS = 9
"""Amounts are rounded to this many decimals, to drop the error of floating-point differences."""


def _timeout(balance: dict[str, Any]) -> float:
    return usual_timeout(TIMEOUT, balance.get("interval", INTERVAL))


def _path(value: str) -> str:
    # The key goes to a whole address, so that must be encrypted; nothing in it is filled.
    if not re.fullmatch(r"(?:https://[!-~]+|/(?!/)[!-~]*)", value) or set("?#@{}") & set(value):
        raise ValueError("write a path such as /user/balance or a whole https:// address, without any of ? # @ { }")
    return value


def _query(value: str) -> str:
    unknown = [name for name in PLACEHOLDER.findall(value) if not MOMENT.fullmatch(name)]
    if unknown:
        raise ValueError(f"{{{unknown[0]}}} is not a moment: write {{now}}, {{now_ms}}, {{30d_ago}} or {{30d_ago_ms}}")
    return value


def _used(value: object) -> object:
    return {"value": value} if isinstance(value, (str, list)) else value


CallPath = Annotated[str, AfterValidator(_path)]
Divisor = Annotated[float, Field(gt=0, le=1e12)]
Unit = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,15}$")]
QueryValue = Annotated[str, Field(max_length=200), AfterValidator(_query)]


class Used(Section):
    """The amount to subtract: in the same answer, or in that of a separate call."""

    path: CallPath | None = None
    """A call of its own for what was used; defaults to the same answer."""
    value: Paths = Field(min_length=1)
    """Paths whose numbers are added."""
    divisor: Divisor = 1.0
    """The divisor of the sum."""


class Balance(Section):
    """How a provider's balance is read: one call, or two, and where the amount is in the answer."""

    path: CallPath
    """Added to ``base_url``, or a whole ``https://`` address, which gets the key."""
    from_root: Flag = False
    """True if the path is added to the host alone."""
    query: Mapping[str, QueryValue] = Field(default_factory=dict)
    """Query parameters; ``{now}``, ``{now_ms}``, ``{30d_ago}`` and ``{30d_ago_ms}`` are filled."""
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers of the call; ``{uuid}`` is filled."""
    good: Json = Field(default_factory=dict)
    """Paths with their values in a good answer."""
    items: str | None = Field(default=None, min_length=1)
    """The path to a list, within whose members the values are read."""
    where: Json = Field(default_factory=dict)
    """Paths with the values of those members that count."""
    value: Paths = Field(min_length=1)
    """Paths whose numbers are added."""
    divisor: Divisor = 1.0
    """The divisor of the sum."""
    used: Annotated[Used | None, BeforeValidator(_used, json_schema_input_type=Used | str | list[str] | None)] = None
    """The amount to subtract: paths, or a separate call."""
    unlimited: Json = Field(default_factory=dict)
    """Paths with the values that mean no limit."""
    unit: Unit
    """The unit: ``USD``, ``CNY``, ``credits``."""
    absent: float | None = Field(default=None, ge=0, le=1e12)
    """The amount in a good answer without the list."""
    unit_at: str | None = Field(default=None, min_length=1)
    """The path to the currency in the answer."""
    low: float | None = Field(default=None, ge=0, le=1e12)
    """The amount below which the balance is low."""
    interval: Interval = INTERVAL
    """The time between two readings."""
    timeout: Seconds = Field(default_factory=_timeout)
    """The longest time for one reading."""

    @model_validator(mode="after")
    def _ends_before_next(self) -> Self:
        require_shorter(self.timeout, self.interval)
        return self

    @model_validator(mode="after")
    def _filters_a_list(self) -> Self:
        if self.where and self.items is None:
            raise ValueError("where chooses among the members of a list: add items, the path of that list")
        if self.absent is not None and self.items is None:
            raise ValueError("absent is the amount without a list: add items, the path of that list")
        return self

    def address(self, path: str, base_url: str, now: float) -> tuple[str, str]:
        """Return the base address of a call and the rest of it with its query. ``now`` is Unix time."""
        if not path.startswith("/"):
            base_url, path = _origin(path), urlsplit(path).path or "/"
        elif self.from_root:
            base_url = _origin(base_url)
        query = "&".join(f"{quote(name)}={quote(_filled(value, now))}" for name, value in self.query.items())
        return base_url, f"{path}?{query}" if query else path

    def header_values(self) -> dict[str, str]:
        """Return the headers of one request by lower-case names; ``{uuid}`` is a new one each time."""
        return {
            name.lower(): value.get_secret_value().replace("{uuid}", str(uuid4()))
            for name, value in self.headers.items()
        }

    def is_good(self, document: object) -> bool:
        """Return whether an answer is a good one, by the members named in ``good``."""
        is_fault = isinstance(document, dict) and bool(document.get("error"))
        return not is_fault and all(_holds(document, path, expected) for path, expected in self.good.items())

    def amount(self, document: object, used: object) -> float:
        """Return the balance, infinite without a limit. Raises ValueError naming the path without a number.

        ``used`` is the answer of the separate call for the amount to subtract; the same document if there is none.
        """
        if any(_holds(document, path, expected) for path, expected in self.unlimited.items()):
            return math.inf
        if self.absent is not None and self.items is not None and _lacks(document, self.items):
            return self.absent
        left = sum(_number(each, path) for each in self._holders(document) for path in self.value) / self.divisor
        if self.used is not None:
            left -= sum(_number(used, path) for path in self.used.value) / self.used.divisor
        return round(left, DECIMALS)

    def unit_of(self, document: object) -> str:
        """Return the currency that an answer names, or the configured unit."""
        said = at(document, self.unit_at) if self.unit_at else None
        return said if isinstance(said, str) and CURRENCY.fullmatch(said) else self.unit

    def _holders(self, document: object) -> list[Any]:
        if self.items is None:
            return [document]
        found = at(document, self.items)
        if not isinstance(found, list):
            raise ValueError(f"no list at {self.items}")
        return [each for each in found if all(_holds(each, path, said) for path, said in self.where.items())]


class Like(BaseModel, extra="allow"):
    """A built-in description by its name, with the members that replace its own."""

    like: Annotated[str, Field(description="The name of a built-in description.")]


BalanceAsWritten = Balance | str | Like | None


@cache
def builtin_balances() -> Mapping[str, Mapping[str, Any]]:
    """Return the built-in descriptions by name, as they are written in a configuration."""
    return MappingProxyType(shipped(files(__package__).joinpath("balances.yml")))


def described(value: object) -> object:
    """Return a configured balance with the built-in description it names filled in. Raises ValueError."""
    if value is not None and not isinstance(value, (str, dict, Balance)):
        raise ValueError("must be a built-in name, or a mapping such as '{path: /balance, value: left, unit: USD}'")
    like = value.get("like") if isinstance(value, dict) else value
    if not isinstance(like, str):
        return value
    known = builtin_balances()
    if like not in known:
        names = ", ".join(sorted(known))
        raise ValueError(f"{like!r} is not a built-in balance: use one of {names}, or describe it with path and value")
    own = value if isinstance(value, dict) else {}
    return {**known[like], **{name: member for name, member in own.items() if name != "like"}}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _filled(value: str, now: float) -> str:
    return PLACEHOLDER.sub(lambda found: _moment(found[1], now), value)


def _moment(name: str, now: float) -> str:
    found = MOMENT.fullmatch(name)
    if found is None:
        return name
    ago = parse_duration(found[1]) if found[1] else 0.0
    return str(int((now - ago) * (1000 if found[2] else 1)))


def _holds(document: object, path: str, expected: object) -> bool:
    """Return whether a path leads to exactly that value; a missing member is not null, and 1 is not true."""
    parent, _, member = path.rpartition(".")
    holder = at(document, parent) if parent else document
    if not isinstance(holder, dict) or member not in holder:
        return False
    found = holder[member]
    return found == expected and isinstance(found, bool) is isinstance(expected, bool)


def _lacks(document: object, path: str) -> bool:
    """Return whether the object that should hold the last member of a path exists without that member."""
    parent, _, member = path.rpartition(".")
    holder = at(document, parent) if parent else document
    return isinstance(holder, dict) and member not in holder


def _number(document: object, path: str) -> float:
    """Return the number at a path, also one written as text. Raises ValueError."""
    found = at(document, path)
    if isinstance(found, str) and NUMBER.fullmatch(found.strip()):
        return float(found)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise ValueError(f"no number at {path}")
    return float(found)
