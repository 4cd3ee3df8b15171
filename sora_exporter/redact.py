"""Redaction: answers may echo our key, so every text that leaves memory passes through here."""

from __future__ import annotations

import html
import json
import re
from base64 import b16encode, b32encode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import lcm
from unicodedata import normalize
from urllib.parse import quote

HIDDEN = "[hidden]"
CUT_MARKS = ("…", "...", "\\u2026")
ESCAPE_MARKS = ("\\", "&", "%")
SHORTENED_PART = 8
"""The longest parts recognised before and after the dots of a secret that was shortened in its middle."""
LEAST_END = 4
"""The shortest end of a secret that is recognised behind dots without the beginning."""
SHORTEST_SECRET = 5
"""Shorter texts are words such as "none" or "v1"; hiding them would only make answers unreadable."""

CODES: tuple[tuple[Callable[[bytes], bytes], int], ...] = (
    (b64encode, 6),
    (urlsafe_b64encode, 6),
    (b32encode, 5),
    (b16encode, 4),
)
"""Encodings of bytes as text, each with the bits of one character."""
MOST_BITS_WITHOUT_CASE = 5
INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                           *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF))  # fmt: skip
"""Characters without a width, which can be put between those of a secret."""

# No \b: in Chinese text nothing but the characters themselves separates a key from the word before it.
_APART = r"(?<![A-Za-z0-9])"
_NAMES = r"(?:key|token|sig|signature|sign|secret|password|passwd|credential|authorization)"
SECRET_SHAPES = re.compile(
    # Keys as providers print them, also with stars in the middle; bearer and basic credentials; JSON Web Tokens.
    rf"{_APART}(?:sk|rk|pk|gsk|xai|hf|ghp|r8)[-_][A-Za-z0-9_*.\-]{{4,300}}"
    rf"|{_APART}AIza[A-Za-z0-9_\-]{{20,80}}|{_APART}(?:AKIA|ASIA|LTAI|AKLT)[A-Za-z0-9]{{12,60}}"
    rf"|{_APART}(?:Bearer|Basic)\s{{1,8}}[A-Za-z0-9._~+/=\-]{{6,4000}}"
    rf"|{_APART}eyJ[A-Za-z0-9_\-]{{10,4000}}(?:\.[A-Za-z0-9_\-]{{1,4000}}){{0,2}}"
    # User and password in an address; signed query strings, also escaped as in JSON or HTML.
    r"|(?<=://)[^/\s@]{1,200}@"
    rf"|(?:(?<=[?&;])|(?<=u0026))[A-Za-z0-9_.\-]{{0,40}}{_NAMES}[A-Za-z0-9_.\-]{{0,20}}=[^&\s\"'<>\\]{{1,4000}}"
    # A member or header named like a secret, whose value holds a digit as keys do.
    rf"|(?<=[_\-\"'\s{{,])(?:api[_\-]?)?{_NAMES}[\"']{{0,1}}\s{{0,3}}[:=]\s{{0,3}}[\"']{{0,1}}"
    r"(?=[^\s\"',&}]{0,80}[0-9])[^\s\"',&}]{8,4000}"
    # E-mail addresses.
    rf"|(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{{1,64}}@[A-Za-z0-9\-]{{1,63}}(?:\.[A-Za-z0-9\-]{{1,63}}){{1,5}}",
    re.IGNORECASE,
)
KEY_SHAPES = re.compile(
    # An unbroken row of letters and digits, as keys have and names do not.
    rf"{_APART}(?:sk|rk|pk|gsk|xai|hf|ghp|r8)[-_](?:[a-z0-9]{{2,8}}[-_])?[A-Za-z0-9]{{16,300}}"
    rf"|{_APART}AIza[A-Za-z0-9_\-]{{30,80}}|{_APART}(?:AKIA|ASIA|LTAI|AKLT)[A-Z0-9]{{12,60}}"
    rf"|{_APART}(?:Bearer|Basic)\s{{1,8}}[A-Za-z0-9._~+/=\-]{{16,4000}}"
    rf"|{_APART}eyJ[A-Za-z0-9_\-]{{10,4000}}\.[A-Za-z0-9_\-]{{1,4000}}"
)
"""Texts that are keys for certain: their owner wrote them by mistake in a place that is shown."""
# Control characters, marks that turn the direction of text, and halves of characters, which no encoding can write.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
SHORT_CHARACTERS = 200


def redact(text: str, secrets: Iterable[str], characters: int) -> str:
    """Return at most so many characters of the text, without the given secrets and anything shaped like one.

    A secret is also found in the forms of ``_disguised``, with any of its characters escaped (``_escaped``), in wide or
    styled characters, without the scheme before it ("Bearer x"), and where the end of the text, or the dots of a
    provider that shortened it, cuts it. Linear time.
    """
    text = text[: characters * 4]
    read = _kept if len(text) <= SHORT_CHARACTERS else _redacted
    return read(text, tuple(secrets), characters)


def _redacted(text: str, secrets: tuple[str, ...], characters: int) -> str:
    if not text.isascii():
        text = _undressed(text, secrets)
    for word in {word for secret in secrets for word in secret.split() if len(word) >= 2 * SHORTENED_PART}:
        text = _shortened(word).sub(HIDDEN, text)
        if any(mark in text for mark in ESCAPE_MARKS):
            text = _escaped(word).sub(HIDDEN, text)
    for secret in _forms(secrets):
        text = _without_beginnings(text.replace(secret, HIDDEN), secret)
    return CONTROL.sub(" ", SECRET_SHAPES.sub(HIDDEN, text))[:characters]


_kept = lru_cache(maxsize=2048)(_redacted)
"""The same for short texts: those of a working service are equal at every attempt."""


def _undressed(text: str, secrets: Iterable[str]) -> str:
    """Return the text in plain characters, without invisible ones, if only then it holds a secret; else unchanged."""
    plain = normalize("NFKC", text.translate(INVISIBLE))
    return plain if any(word in plain and word not in text for secret in secrets for word in secret.split()) else text


@lru_cache(maxsize=256)
def _forms(secrets: tuple[str, ...]) -> list[str]:
    """Return every form a secret may be echoed in, longest first, so that hiding one leaves no part of another."""
    words = {word for secret in secrets for word in (secret, *secret.split())}
    escaped = {word: json.dumps(word)[1:-1] for word in words}
    forms = {
        form
        for word, text in escaped.items()
        for form in (word, quote(word), quote(word, safe=""), text, text.replace("/", "\\/"), *_disguised(word))
    }
    return sorted((form for form in forms if len(form) >= SHORTEST_SECRET), key=lambda form: (-len(form), form))


def _disguised(word: str) -> list[str]:
    """Return a secret with its signs escaped as in JavaScript, HTML and addresses, encoded, and backwards."""
    data = word.encode("utf-8", "surrogatepass")
    signs = ("\\u{:04x}", "\\u{:04X}", "&#{};", "&#x{:x};", "&#x{:X};", "%{:02x}")
    partly = ["".join(c if c.isalnum() else form.format(ord(c)) for c in word) for form in signs]
    wholly = ["".join(form.format(ord(c)) for c in word) for form in (*signs, "%{:02X}")]
    codes = [code for encode, bits in CODES for code in _encoded(data, encode, bits)]
    twice = [code for once in _encoded(data, b64encode, 6) for code in _encoded(once.encode(), b64encode, 6)]
    return [*partly, *wholly, html.escape(word), *codes, *twice, word[::-1]]


def _encoded(data: bytes, encode: Callable[[bytes], bytes], bits: int) -> list[str]:
    """Return the part of an encoded text that these bytes determine, for each place in a group where they can begin."""
    found = [
        encode(bytes(shift) + data)[(8 * shift + bits - 1) // bits : 8 * (shift + len(data)) // bits].decode()
        for shift in range(lcm(8, bits) // 8)
    ]
    return [*found, *(code.lower() for code in found)] if bits <= MOST_BITS_WITHOUT_CASE else found


@lru_cache(maxsize=256)
def _escaped(secret: str) -> re.Pattern[str]:
    """Return the pattern of a secret whose characters are each plain or escaped, also several times over.

    Escaped as in JavaScript and JSON (``\\x2d``, ``\\u002d``), HTML (``&#45;``, ``&#x2D;``) and addresses (``%2d``).
    """
    ways = (
        "{plain}",
        r"\\{{1,8}}(?:u|x|u\{{)?0{{0,6}}{hex}\}}?",
        r"&(?:amp;)?#(?:0{{0,6}}{code}|x0{{0,6}}{hex});?",
        r"%(?:25){{0,4}}(?:u00)?{hex}",
    )
    each = f"(?:{'|'.join(ways)})"
    parts = (each.format(plain=re.escape(one), hex=f"{ord(one):x}", code=ord(one)) for one in secret)
    return re.compile("".join(parts), re.IGNORECASE)


@lru_cache(maxsize=256)
def _shortened(secret: str) -> re.Pattern[str]:
    """Return the pattern of a secret whose middle was replaced by dots or stars, and of its end alone behind them."""
    heads = "|".join(re.escape(secret[:size]) for size in range(SHORTENED_PART, 1, -1))
    tails = "|".join(re.escape(secret[-size:]) for size in range(SHORTENED_PART, 1, -1))
    ends = "|".join(re.escape(secret[-size:]) for size in range(SHORTENED_PART, LEAST_END - 1, -1))
    return re.compile(
        rf"(?:{heads})(?:…|\.{{2,20}}|\*{{2,200}}|\\u2026)(?:{tails})|(?:(?<=…)|(?<=\.\.)|(?<=\*\*)|(?<=\\u2026))(?:{ends})"
    )


def _without_beginnings(text: str, secret: str) -> str:
    """Return the text without a beginning of the secret at its very end or before the marks of a text cut short."""
    pieces, done, at = [], 0, text.find(secret[:SHORTEST_SECRET])
    while at >= 0:
        end = at + SHORTEST_SECRET
        while end < len(text) and end - at < len(secret) and text[end] == secret[end - at]:
            end += 1
        if text.startswith(CUT_MARKS, end) or not text[end:].strip(". "):
            pieces += [text[done:at], HIDDEN]
            done = end
        at = text.find(secret[:SHORTEST_SECRET], end)
    return "".join([*pieces, text[done:]])
