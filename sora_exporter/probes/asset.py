"""Whether what came out is a whole video or image: type, size, leading bytes and, where the format tells, its end."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final

SMALLEST_BYTES: Final = 16
HEAD_BYTES: Final = 65536
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
ENDINGS: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda tail: b"IEND" in tail,
    "jpeg": lambda tail: b"\xff\xd9" in tail,
    "gif": lambda tail: tail.rstrip(b"\x00").endswith(b";"),
}


class AssetCheck:
    """Watches an asset go by, keeping only its head, its tail and where the next box of an MP4 begins."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._head = bytearray()
        self._tail = b""
        self._size = 0
        self._next_box = 0
        self._box_header = b""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        self._tail = (self._tail + piece)[-TAIL_BYTES:]
        self._follow_boxes(piece)
        self._size += len(piece)

    def fault(self, content_type: str, declared_bytes: int | None = None) -> str:
        """Return what is wrong with the asset in a few words, or empty text for a good one."""
        kind, form = self._form()
        if self._size < SMALLEST_BYTES:
            return f"the asset has only {self._size} bytes"
        if not form:
            return f"the asset does not begin like a {' or '.join(self._kinds)}"
        if content_type.startswith(("text/", "application/json")):
            return f"the asset is a {form} but calls itself {content_type[:60]}"
        if declared_bytes is not None and declared_bytes != self._size:
            return f"the asset has {self._size} of {declared_bytes} declared bytes"
        if form == "mp4" and self._next_box != self._size:
            return "the asset is cut: its last MP4 box is not whole"
        if form in ENDINGS and not ENDINGS[form](self._tail):
            return f"the asset is cut: the end of the {form} is missing"
        return "" if kind in self._kinds else f"the asset is a {kind}"

    def _form(self) -> tuple[str, str]:
        for kind in self._kinds:
            for form, signature in SIGNATURES[kind]:
                if signature.match(bytes(self._head[:16])):
                    return kind, form
        return "", ""

    def _follow_boxes(self, piece: bytes) -> None:
        """Walk the sizes of an MP4's top-level boxes as they go by, however the pieces are cut."""
        end = self._size + len(piece)
        while self._next_box < end:
            start = max(self._next_box + len(self._box_header) - self._size, 0)
            wanted = 16 if self._box_header[:4] == b"\x00\x00\x00\x01" else 8
            self._box_header += piece[start : start + wanted - len(self._box_header)]
            if len(self._box_header) < 8:
                return
            size = int.from_bytes(self._box_header[:4], "big")
            if size == 1:
                if len(self._box_header) < 16:
                    if start + 8 >= len(piece):
                        return
                    continue
                size = int.from_bytes(self._box_header[8:16], "big")
            # Size 0 means "to the end of the file"; any other below the header's own length is no box at all.
            self._next_box = self._next_box + size if size >= 8 else (1 << 62 if size else end)
            self._box_header = b""


def decode_base64(text: object) -> bytes | None:
    """Return the bytes of base64 text, with or without a ``data:`` prefix, or None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        return None


MEDIA_PATH = re.compile(r"\.(?:mp4|webm|mov|m4v|avi|png|jpe?g|webp|gif)(?:$|[?#])", re.IGNORECASE)


def media_link(text: str, pattern: str) -> str | None:
    """Return the last link in the text that looks like a media file, or the last link at all, or None."""
    links = [match.group() for match in re.finditer(pattern, text)]
    media = [link for link in links if MEDIA_PATH.search(link)]
    return next(reversed(media or links), None)
