"""Checks that an asset is a whole video or image: type, size, leading bytes and, if the format has one, its end."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from sora_exporter.patterns import Pattern

SMALLEST_BYTES: Final = 64
HEAD_BYTES: Final = 16
TAIL_BYTES: Final = 16

# Leading bytes by family. Source: ISO/IEC 14496-12 (ftyp), RFC 9559 (EBML), PNG, JFIF, RIFF and GIF specifications.
SIGNATURES: Mapping[str, tuple[tuple[str, re.Pattern[bytes]], ...]] = {
    "video": (
        ("mp4", re.compile(rb".{4}ftyp", re.DOTALL)),
        ("webm", re.compile(rb"\x1a\x45\xdf\xa3")),
        ("avi", re.compile(rb"RIFF.{4}AVI ", re.DOTALL)),
    ),
    "image": (
        ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
        ("jpeg", re.compile(rb"\xff\xd8\xff")),
        ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
        ("gif", re.compile(rb"GIF8[79]a")),
    ),
}
ONE: Mapping[str, str] = {"video": "a video", "image": "an image"}
PAGE = re.compile(rb"\s*<(?:!doctype|html|head)\b", re.IGNORECASE)
ENDINGS: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda tail: b"IEND" in tail,
    "jpeg": lambda tail: b"\xff\xd9" in tail,
    "gif": lambda tail: tail.rstrip(b"\x00").endswith(b";"),
}


class AssetCheck:
    """Checks an asset piece by piece, keeping only its head, its tail and the position in the boxes of an MP4."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._head = b""
        self._tail = b""
        self._size = 0
        self._boxes = Boxes()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._head += piece[: HEAD_BYTES - len(self._head)]
        self._tail = (self._tail + piece[-TAIL_BYTES:])[-TAIL_BYTES:]
        self._boxes.feed(piece)
        self._size += len(piece)

    def fault(self, content_type: str, declared_bytes: int | None = None) -> str:
        """Return the fault of the asset in a few words, or empty text for a good one."""
        kind, form = self._form()
        if PAGE.match(self._head):
            return f"the asset is a web page instead of {' or '.join(ONE[kind] for kind in self._kinds)}"
        if declared_bytes is not None and declared_bytes != self._size:
            return f"the asset has {self._size} of {declared_bytes} declared bytes"
        if self._size < SMALLEST_BYTES:
            return f"the asset has only {self._size} bytes"
        if not form:
            return f"the asset does not begin like a {' or '.join(self._kinds)}"
        if kind not in self._kinds:
            return f"the asset is {form}, not {' or '.join(self._kinds)}"
        if content_type.lower().startswith(("text/", "application/json")):
            return f"the asset is {form} but calls itself {content_type[:60]}"
        return self._cut(form)

    def _cut(self, form: str) -> str:
        """Return the fault at the end of the asset, or empty text."""
        if form == "mp4":
            return self._boxes.fault()
        if form == "webp" and self._size < int.from_bytes(self._head[4:8], "little") + 8:
            return "the asset is cut: the webp is shorter than it says"
        if form in ENDINGS and not ENDINGS[form](self._tail):
            return f"the asset is cut: the end of the {form} is missing"
        return ""

    def _form(self) -> tuple[str, str]:
        for kind, forms in SIGNATURES.items():
            for form, signature in forms:
                if signature.match(self._head):
                    return kind, form
        return "", ""


class Boxes:
    """The top-level boxes of an MP4, followed through pieces of any size. Source: ISO/IEC 14496-12."""

    MOST: Final = 10_000
    """More boxes than any real file has; reading more would only cost time."""
    DESCRIPTIONS: Final = frozenset({b"moov", b"moof"})

    def __init__(self) -> None:
        self._header = b""
        self._ahead = 0
        self._count = 0
        self._is_open_ended = False
        self._is_broken = False
        self._is_described = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        at = 0
        while at < len(piece) and not self._is_open_ended and not self._is_broken:
            if self._ahead:
                step = min(self._ahead, len(piece) - at)
                self._ahead -= step
            else:
                step = min(self._header_bytes() - len(self._header), len(piece) - at)
                self._header += piece[at : at + step]
                if len(self._header) == self._header_bytes():
                    self._enter_box()
            at += step

    def fault(self) -> str:
        """Return the fault, or empty text when every box is whole and one describes the video."""
        if self._is_broken:
            return "the asset is broken: its MP4 boxes have impossible sizes"
        if self._ahead or self._header:
            return "the asset is cut: its last MP4 box is not whole"
        return "" if self._is_described else "the asset is cut: it has no moov box"

    def _header_bytes(self) -> int:
        """The length of the header as far as it is known: a size of 1 means that a 64-bit size follows."""
        return 16 if self._header[:4] == b"\x00\x00\x00\x01" else 8

    def _enter_box(self) -> None:
        length = len(self._header)
        size = int.from_bytes(self._header[8:16] if length == 16 else self._header[:4], "big")
        self._count += 1
        self._is_described |= self._header[4:8] in self.DESCRIPTIONS
        # Size 0 means "to the end of the file"; a size below the header's own length is invalid.
        self._is_open_ended = size == 0 and length == 8
        self._is_broken = (size < length and not self._is_open_ended) or self._count > self.MOST
        self._ahead = max(size - length, 0)
        self._header = b""


def decode_base64(text: object) -> bytes | None:
    """Return the bytes of base64 text, with or without a ``data:`` prefix, or None for other text."""
    if not isinstance(text, str):
        return None
    payload = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(payload.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def is_loopback(address: str) -> bool:
    """Return whether an address names the local machine, which is never valid in a provider's link."""
    try:
        host = (urlsplit(address).hostname or "").lower()
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


VIDEO_PATH = re.compile(r"\.(?:mp4|webm|mov|m4v|avi)(?:$|[?#&])", re.IGNORECASE)
IMAGE_PATH = re.compile(r"\.(?:png|jpe?g|webp|gif)(?:$|[?#&])", re.IGNORECASE)
ESCAPES = (("\\/", "/"), ("\\u0026", "&"), ("&amp;", "&"))
OTHER_PLACE = re.compile(
    r"//[^/?#]*/?$|//(?:[^/?#]*\.)?(?:t\.me|telegram\.\w+|discord\.\w+|qm\.qq\.com|jq\.qq\.com|wa\.me|x\.com|twitter\.com)(?:/|$)"
    r"|[/.](?:docs?|help|support|faq|wiki|blog|status|community|forum|topup|recharge|pricing|billing|login|console"
    r"|account|notice|announcements?)(?:[/.?#]|$)",
    re.IGNORECASE,
)
"""Addresses of help, groups and payment, and of a bare host: not those of an asset."""
PUNCTUATION = ".,;:!?'\""


def media_link(text: str, pattern: str) -> str | None:
    """Return the last link to a video in the text, else the last to an image, else the last to another file, or None.

    Links may be escaped as in JSON or HTML and may end a sentence.
    """
    for escaped, plain in ESCAPES:
        text = text.replace(escaped, plain)
    links = [link.rstrip(PUNCTUATION) for link in Pattern(pattern).all_in(text)]
    for is_media in (VIDEO_PATH.search, IMAGE_PATH.search, _is_file):
        found = [link for link in links if is_media(link)]
        if found:
            return found[-1]
    return None


def _is_file(link: str) -> bool:
    return OTHER_PLACE.search(link) is None
