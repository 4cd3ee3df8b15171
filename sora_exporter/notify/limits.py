"""The longest texts that services take, and texts cut to them at the end of a line or a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sora_exporter.notify.texts import Message

MARK = "…"
END = re.compile(r"\n|(?<=[.!?]) |(?<=[。！？；])")
"""The places where a text may be cut."""


def in_bytes(text: str) -> int:
    """Return the length of a text in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def in_utf16(text: str) -> int:
    """Return the length of a text in code units of UTF-16, as Telegram counts."""
    return len(text.encode("utf-16-le", "replace")) // 2


@dataclass(frozen=True, slots=True)
class Limit:
    """The longest message, title included, by a measure of its own."""

    most: int
    measure: Callable[[str], int] = len


LIMITS: Mapping[str, Limit] = {
    "dingtalk": Limit(19_000, in_bytes),  # open.dingtalk.com: 20,000 bytes a request
    "feishu": Limit(19_000, in_bytes),  # open.feishu.cn: 20 kB a request
    "lark": Limit(19_000, in_bytes),
    "slack": Limit(3000),  # docs.slack.dev: 3,000 characters a block of text
    "tgram": Limit(4096, in_utf16),  # core.telegram.org/bots/api: 4,096 after entities
    "wecombot": Limit(2048, in_bytes),  # developer.work.weixin.qq.com: 2,048 bytes of text
}


def limit_of(schema: str, own: int) -> Limit:
    """Return the limit of a service; ``own`` is the one that Apprise states, in characters."""
    return LIMITS.get(schema, Limit(own))


def fitted(message: Message, limit: Limit) -> str:
    """Return the body of a message, cut so that it fits together with its title."""
    room = limit.most - limit.measure(f"{message.title}\r\n")
    if limit.measure(message.body) <= room:
        return message.body
    room -= limit.measure(f"\n{MARK}")
    low, high = 0, len(message.body)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if limit.measure(message.body[:middle]) <= room else (low, middle - 1)
    kept = message.body[:low]
    ends = [found.end() for found in END.finditer(kept)]
    return f"{kept[: ends[-1]].rstrip()}\n{MARK}" if ends else f"{kept}{MARK}"
