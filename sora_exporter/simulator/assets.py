"""The smallest video and picture that count as whole, and their broken forms. Standard library only."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asset:
    """Bytes as a download answers them."""

    content: bytes
    media_type: str


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + kind + payload


def _mp4() -> bytes:
    """An ISO base media file: type, header of one second, and media data. Source: ISO/IEC 14496-12."""
    file_type = _box(b"ftyp", b"isom" + struct.pack(">I", 0x200) + b"isomiso2avc1mp41")
    identity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = struct.pack(">5IIH10x", 0, 0, 0, 1000, 1000, 0x10000, 0x100) + identity + bytes(24) + struct.pack(">I", 2)
    return file_type + _box(b"moov", _box(b"mvhd", header)) + _box(b"mdat", bytes(range(256)) * 16)


def _png() -> bytes:
    """An 8 x 8 grey picture. Source: W3C PNG specification."""

    def chunk(kind: bytes, payload: bytes) -> bytes:
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    rows = b"".join(b"\x00" + bytes(range(row, row + 8)) for row in range(8))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


GOOD: Mapping[str, Asset] = {"mp4": Asset(_mp4(), "video/mp4"), "png": Asset(_png(), "image/png")}
"""The good asset by the ending of its file name."""

_PAGE = Asset(b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>", "text/html")

_FORMS: Mapping[str, Callable[[Asset], Asset]] = {
    "good": lambda asset: asset,
    "truncated": lambda asset: Asset(asset.content[: len(asset.content) // 2], asset.media_type),
    "empty": lambda asset: Asset(b"", asset.media_type),
    "wrong_type": lambda _asset: _PAGE,
}
SERVED_FORMS = frozenset(_FORMS)


def asset(extension: str, form: str) -> Asset:
    """Return the asset for a file ending in one of its forms; KeyError for an ending or form that does not exist."""
    return _FORMS[form](GOOD[extension])
