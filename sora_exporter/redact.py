"""Answers may echo our key: what leaves memory passes through here."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
# Keys as providers print them, bearer tokens, basic credentials, signed query strings and e-mail addresses.
SECRET_SHAPES = re.compile(
    r"\bsk-[A-Za-z0-9_*.\-]{4,200}"
    r"|\bBearer\s+[A-Za-z0-9._~+/=\-]{6,2000}"
    r"|\beyJ[A-Za-z0-9_\-]{10,2000}(?:\.[A-Za-z0-9_\-]{1,2000}){0,2}"
    r"|(?<=://)[^/\s@]{1,200}@"
    r"|(?<=[?&])[A-Za-z0-9_.\-]{0,40}(?:key|token|sign|signature|secret|credential)[A-Za-z0-9_.\-]{0,40}=[^&\s\"'<>\\]{1,2000}"
    r"|\b[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,100}\.[A-Za-z]{2,20}\b",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
SHORTEST_SECRET = 6


def redact(text: str, secrets: Iterable[str], characters: int) -> str:
    """Return at most so many characters of the text, without the given secrets and anything shaped like one."""
    text = text[: characters * 4]
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return CONTROL.sub(" ", SECRET_SHAPES.sub(HIDDEN, text))[:characters]
