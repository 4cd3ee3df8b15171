"""Hostile variants of good texts: the same seed gives the same variants on every machine."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

STRANGE_TEXTS = (
    "", " ", "\0", "\ud800", "\u202e\u2066", "NaN", "-1", "1e999", "9" * 400, "9999-12-31T23:59:59-12:00", "0001-01-01",
    "Fri, 31 Dec 9999 23:59:59 GMT", "null", "{model}", "{{}}", "${X}", "${", "../../..", "//evil.example", "%00%ff",
    "https://[::1", "http://user:pw@host:99999", "<script>", "账号", "a" * 5000, "()*+?[", "data: {", "&lowbar", "*one",
)  # fmt: skip
STRANGE_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1e308, float("nan"), float("inf"), [], {}, [[]], [None], {"": None},
    *STRANGE_TEXTS,
)  # fmt: skip
STRANGE_BYTES = (
    b"\0", b"\xff\xfe", b"\r\n\r\n", b"\x1f\x8b", b"\xe2\x80\xa8", b"[" * 3000, b'{"a":' * 2000, b"%", b"\x80",
)  # fmt: skip


def variants(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Yield endless variants of the seeds, each with one to four changes of bytes or, in JSON, of values."""
    chance = random.Random(seed)
    while True:
        text = chance.choice(seeds)
        for _ in range(chance.randint(1, 4)):
            text = chance.choice((_other_bytes, _other_bytes, _other_values))(text, seeds, chance)
        yield text


def _other_bytes(text: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Cut, repeat, exchange or insert some bytes."""
    begin = chance.randint(0, len(text))
    end = min(len(text), begin + chance.choice((0, 1, 4, 40, 4000)))
    other = chance.choice(seeds)
    at = chance.randint(0, len(other))
    new = chance.choice(
        (
            b"", text[begin:end] * chance.choice((2, 50)), chance.choice(STRANGE_BYTES), chance.randbytes(4),
            chance.choice(STRANGE_TEXTS).encode("utf-8", "surrogatepass"), other[at : at + chance.choice((10, 400))],
        )
    )  # fmt: skip
    return text[:begin] + new + text[end:]


def _other_values(text: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Replace, remove, double or nest one value of a JSON document; any other text gets other bytes."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _other_bytes(text, seeds, chance)
    changed = _changed(document, chance)
    try:
        return json.dumps(changed, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except RecursionError:
        return text


def _changed(value: Any, chance: random.Random) -> Any:
    children = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not children or chance.random() < 0.15:
        return chance.choice((chance.choice(STRANGE_VALUES), [value], {"error": value}, json.dumps(value)))
    key = chance.choice(children)
    if isinstance(value, dict):
        if chance.random() < 0.2:
            return {chance.choice(STRANGE_TEXTS) if name == key else name: member for name, member in value.items()}
        return {**value, key: _changed(value[key], chance)}
    if chance.random() < 0.2:
        return value[:key] + value[key:] * chance.choice((0, 2, 20))
    return [*value[:key], _changed(value[key], chance), *value[key + 1 :]]
