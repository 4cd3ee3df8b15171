"""Reads the gateways' files, and finds a peer by the names of a gateway and a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from ..data import parse

CONDITIONS: Mapping[str, str] = {
    "good": "Everything works.",
    "dead_upstream": "The maker behind the gateway cannot be reached.",
    "wrong_upstream_key": "The gateway's key at the maker is wrong, or its account has lost its login.",
    "upstream_without_balance": "The gateway's account at the maker has no money left.",
    "empty_pool": "No key or account of the gateway is usable.",
    "disabled_channel": "No channel for the model is enabled.",
    "our_wrong_key": "The caller's key is wrong.",
    "our_empty_balance": "The caller's balance is used up.",
    "ip_refused": "The caller's address is not on the key's list.",
    "model_limit": "The caller's key may not use the model.",
}
OF_A_MAKER_ALONE = frozenset({"our_lost_key"})
"""Further conditions of a maker that a gateway's file can name."""
FINDINGS = frozenset(
    {
        "missing_key", "unreadable_body", "missing_model", "unknown_model", "absent_prompt", "missing_prompt",
        "missing_messages", "unknown_job", "unfinished_job",
    }
)  # fmt: skip
"""The findings of a check in the request itself."""
ANSWER = frozenset({"http_status", "headers", "json", "text", "type"})
"""The members of an answer."""


class UnknownPeer(ValueError):
    """A gateway that does not exist, or a condition it cannot be in; the text names the existing ones."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One answer and when it is given; ``document`` is as ``Answers.render`` takes it. Empty sets mean any."""

    document: Mapping[str, Any]
    finds: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    other_kinds: frozenset[str] = frozenset()
    statuses: frozenset[int] = frozenset()
    shape: str = ""

    def is_for(self, kind: str) -> bool:
        """Return whether the rule holds for this kind of request."""
        return kind not in self.other_kinds and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway; the package's description says what its members mean."""

    name: str
    summary: str
    headers: Mapping[str, str] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Rule, ...] = ()
    rights: tuple[Rule, ...] = ()
    asks_maker: frozenset[str] = frozenset()
    maker_conditions: Mapping[str, str] = field(default_factory=dict)
    dead_upstream: tuple[Rule, ...] = ()
    upstream: tuple[Rule, ...] = ()
    balances: Mapping[str, Any] = field(default_factory=dict)
    stream: Mapping[str, Any] = field(default_factory=dict)
    unknown_path: Mapping[str, Any] = field(default_factory=dict)
    wrong_method: Mapping[str, Any] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions this gateway can be in, in the order of CONDITIONS."""
        found = {name for rule in (*self.checks, *self.rights) for name in rule.finds}
        found |= (
            self.maker_conditions.keys() | self.stream.get("pool", {}).keys() | self.stream.get("account", {}).keys()
        )
        found |= {"good"} | ({"dead_upstream"} if self.dead_upstream else set())
        return tuple(name for name in CONDITIONS if name in found)


@dataclass(frozen=True, slots=True)
class Peer:
    """The program that answers: a gateway (``direct`` is the maker itself) in one condition."""

    gateway: Gateway
    condition: str = "good"

    @property
    def maker(self) -> Peer:
        """The maker behind this gateway, in the condition that it is in for the gateway."""
        return Peer(GATEWAYS["direct"], self.gateway.maker_conditions.get(self.condition, "good"))

    def as_json(self) -> dict[str, str]:
        """Return the two names."""
        return {"gateway": self.gateway.name, "condition": self.condition}


def find_peer(gateway: str = "direct", condition: str = "good") -> Peer:
    """Return the gateway in this condition; UnknownPeer names what exists."""
    if gateway not in GATEWAYS:
        raise UnknownPeer(f"unknown gateway {gateway!r}; choose one of: {', '.join(GATEWAYS)}")
    possible = GATEWAYS[gateway].conditions
    if condition not in possible:
        raise UnknownPeer(f"{gateway} cannot be in condition {condition!r}; choose one of: {', '.join(possible)}")
    return Peer(GATEWAYS[gateway], condition)


def _names(value: str | list[str] | None) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value or ())


def read_rule(entry: Mapping[str, Any]) -> Rule:
    """Return the rule of one line; ValueError for a finding or a member that does not exist."""
    line = dict(entry)
    finds, kinds, other_kinds = (_names(line.pop(name, None)) for name in ("finds", "for", "except"))
    statuses, shape = frozenset(line.pop("status", ())), line.pop("shape", "")
    if unknown := finds - FINDINGS - CONDITIONS.keys() - OF_A_MAKER_ALONE:
        raise ValueError(f"a check cannot find {', '.join(sorted(unknown))}")
    if stray := line.keys() - ANSWER:
        raise ValueError(f"an answer has no {', '.join(sorted(map(str, stray)))}")
    return Rule(line, finds, kinds, other_kinds, statuses, shape)


def read_gateway(name: str, text: str) -> Gateway:
    """Return the gateway that a file's text describes; TypeError or ValueError for members that do not exist."""
    entry = parse(text)
    rules: dict[str, Any] = {
        member: tuple(read_rule(line) for line in entry.pop(member, ()))
        for member in ("checks", "rights", "dead_upstream", "upstream")
    }
    maker = entry.pop("maker", {})
    asks_maker, conditions = frozenset(maker.pop("asked_by", ())), maker.pop("conditions", {})
    if maker:
        raise ValueError(f"a maker has no {', '.join(maker)}")
    return Gateway(name, asks_maker=asks_maker, maker_conditions=conditions, **rules, **entry)


GATEWAYS: Mapping[str, Gateway] = {
    name: read_gateway(name, resources.files(__package__).joinpath(f"{name}.yml").read_text("utf-8"))
    for name in ("direct", "new-api", "sub2api", "sora2api", "litellm", "openrouter")
}
