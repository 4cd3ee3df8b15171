"""Checks that an asset is whole and of the right kind, for bytes in any pieces."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.config.apis import builtin_apis
from sora_exporter.probes.asset import AssetCheck, Boxes, decode_base64, is_loopback, media_link


def box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload) + 8) + kind + payload


def wide_box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I4sQ", 1, kind, len(payload) + 16) + payload


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
MOOV = box(b"moov", bytes(60))
MEDIA = bytes(range(200))
MP4 = FTYP + MOOV + box(b"mdat", MEDIA)
WIDE = FTYP + wide_box(b"mdat", MEDIA) + wide_box(b"moov", bytes(9))
OPEN_ENDED = FTYP + MOOV + b"\0\0\0\0mdat" + MEDIA
FRAGMENTED = FTYP + (box(b"moof", bytes(30)) + box(b"mdat", MEDIA)) * 3
WEBM = b"\x1a\x45\xdf\xa3" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", MEDIA) + chunk(b"IEND", b"")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100) + b"\xff\xd9"
GIF = b"GIF89a" + bytes(range(1, 101)) + b";"
WEBP = b"RIFF" + struct.pack("<I", 104) + b"WEBP" + bytes(100)
AVI = b"RIFF" + struct.pack("<I", 104) + b"AVI " + bytes(100)
HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to go on.</body></html>"
VIDEO, IMAGE = ("video",), ("image",)
NOT_A_VIDEO = "the asset does not begin like a video"
CUT_BOX = "the asset is cut: its last MP4 box is not whole"
IMPOSSIBLE = "the asset is broken: its MP4 boxes have impossible sizes"


def fault(content: bytes, kinds: tuple[str, ...], content_type: str = "", declared: int | None = None) -> str:
    check = AssetCheck(kinds)
    check.feed(content)
    return check.fault(content_type, declared)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (MP4, VIDEO), (WIDE, VIDEO), (OPEN_ENDED, VIDEO), (FRAGMENTED, VIDEO), (WEBM, VIDEO), (AVI, VIDEO),
        (PNG, IMAGE), (JPEG, IMAGE), (GIF, IMAGE), (WEBP, IMAGE), (PNG, ("video", "image")),
    ],
)  # fmt: skip
def test_a_whole_asset_of_the_right_kind_is_good(content: bytes, kinds: tuple[str, ...]) -> None:
    """Every format that is sold passes whole, with the length that was declared and any binary type."""
    assert fault(content, kinds, "application/octet-stream", len(content)) == ""


@pytest.mark.parametrize(
    ("content", "kinds", "expected"),
    [
        (b"", VIDEO, "the asset has only 0 bytes"),
        (FTYP, VIDEO, f"the asset has only {len(FTYP)} bytes"),
        (HTML, VIDEO, "the asset is a web page instead of a video"),
        (HTML, ("video", "image"), "the asset is a web page instead of a video or an image"),
        (bytes(500), VIDEO, NOT_A_VIDEO),
        (PNG, VIDEO, "the asset is png, not video"),
        (MP4, IMAGE, "the asset is mp4, not image"),
        (MP4[:-1], VIDEO, CUT_BOX),
        (MP4 + b"\0\0\0", VIDEO, CUT_BOX),
        (WIDE[:-1], VIDEO, CUT_BOX),
        (FTYP + box(b"mdat", MEDIA), VIDEO, "the asset is cut: it has no moov box"),
        (FTYP + MOOV + struct.pack(">I4s", 7, b"mdat") + MEDIA, VIDEO, IMPOSSIBLE),
        (FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 15) + MEDIA, VIDEO, IMPOSSIBLE),
        (FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 0) + MEDIA, VIDEO, IMPOSSIBLE),
        (PNG[:-20], IMAGE, "the asset is cut: the end of the png is missing"),
        (JPEG[:-20], IMAGE, "the asset is cut: the end of the jpeg is missing"),
        (GIF[:-1], IMAGE, "the asset is cut: the end of the gif is missing"),
        (WEBP[:-1], IMAGE, "the asset is cut: the webp is shorter than it says"),
    ],
)
def test_each_fault_has_its_own_text(content: bytes, kinds: tuple[str, ...], expected: str) -> None:
    """Empty, tiny, foreign, cut and broken assets are distinguished."""
    assert fault(content, kinds) == expected


def test_the_facts_of_the_transfer_count_too() -> None:
    """A text type and a length that was not kept are faults of an otherwise good asset."""
    assert fault(MP4, VIDEO, "Text/HTML; charset=utf-8") == "the asset is mp4 but calls itself Text/HTML; charset=utf-8"
    assert fault(MP4, VIDEO, "video/mp4", 999) == f"the asset has {len(MP4)} of 999 declared bytes"


SAMPLES = [MP4, MP4[:-1], MP4[:40], WIDE, WIDE[:-3], OPEN_ENDED, FRAGMENTED, PNG, PNG[:-9], JPEG, GIF, WEBP[:-1], HTML]


@given(st.sampled_from(SAMPLES), st.lists(st.integers(0, 700), max_size=40))
def test_the_verdict_does_not_depend_on_how_the_bytes_are_cut(content: bytes, cuts: list[int]) -> None:
    """Fed in any pieces, empty ones included, the same bytes get the same verdict."""
    check = AssetCheck(("video", "image"))
    ends = sorted(min(cut, len(content)) for cut in cuts)
    for start, end in zip([0, *ends], [*ends, len(content)], strict=True):
        check.feed(content[start:end])
    assert check.fault("") == fault(content, ("video", "image"))


@pytest.mark.parametrize("content", [MP4, WIDE, OPEN_ENDED])
def test_byte_by_byte_is_as_good_as_whole(content: bytes) -> None:
    """The smallest pieces there are give the verdict of the whole."""
    check = AssetCheck(VIDEO)
    for byte in content:
        check.feed(bytes([byte]))
    assert check.fault("") == ""


@given(st.integers(0, len(MP4) - 1))
def test_every_cut_of_an_mp4_is_noticed(length: int) -> None:
    """A transfer cut at any point is not a whole video unless only media is missing."""
    is_before_media = length == len(FTYP + MOOV)
    assert bool(fault(MP4[:length], VIDEO)) is not is_before_media


@given(st.binary(max_size=400))
def test_no_bytes_raise(tail: bytes) -> None:
    """Any bytes after a good beginning get a verdict."""
    for head in (FTYP, PNG[:8], JPEG[:3], WEBP[:12], b""):
        assert isinstance(fault(head + tail, VIDEO), str)


def test_a_flood_of_boxes_is_given_up() -> None:
    """Walking ends after more boxes than any real file has."""
    assert fault(FTYP + MOOV + box(b"free") * (Boxes.MOST + 1), VIDEO) == IMPOSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PNG).decode(),
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        base64.encodebytes(PNG).decode(),
    ],
)
def test_base64_is_read_with_prefix_and_line_breaks(text: str) -> None:
    """Bare text, a data URL and text broken into lines give the same bytes."""
    assert decode_base64(text) == PNG


@pytest.mark.parametrize(
    "said", [None, 5, b"QUJD", "", "data:image/png;base64,", "data:,hello", "https://x.example/a.png", "图片", "QUJ"]
)
def test_other_text_than_base64_gives_none(said: object) -> None:
    """Nothing, other types, links and damaged text are not an asset."""
    assert decode_base64(said) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("进度 100%\n[点击这里](https://cdn.example/a.mp4)", "https://cdn.example/a.mp4"),
        ("![preview](https://cdn.example/a.webp)\n", "https://cdn.example/a.webp"),
        ("Your video: https://cdn.example/a.mp4.", "https://cdn.example/a.mp4"),
        ("视频已生成：https://cdn.example/a.mp4。点击查看", "https://cdn.example/a.mp4"),
        ("**https://cdn.example/a.mp4**", "https://cdn.example/a.mp4"),
        ("```html\n<video src='https://cdn.example/a.mp4' controls></video>\n```", "https://cdn.example/a.mp4"),
        (r"{\"url\":\"https:\/\/cdn.example\/a.mp4?e=1\u0026s=2\"}", "https://cdn.example/a.mp4?e=1&s=2"),
        ('<a href="https://cdn.example/a.mp4?e=1&amp;s=2">', "https://cdn.example/a.mp4?e=1&s=2"),
        ("see https://docs.example/help or https://cdn.example/a.mp4 or https://cdn.example", "https://cdn.example/a.mp4"),
        ("https://cdn.example/1.mp4 then https://cdn.example/2.mp4", "https://cdn.example/2.mp4"),
        ("https://cdn.example/1.MP4#t=1 cover https://cdn.example/1.jpg", "https://cdn.example/1.MP4#t=1"),
        ("https://docs.example then https://cdn.example/download?id=7", "https://cdn.example/download?id=7"),
        ("help is at https://docs.example/help or https://api.example/docs/video", None),
        ("join https://t.me/relay and https://qm.qq.com/abc", None),
        ("recharge at https://relay.example/topup or https://relay.example/", None),
        ("no link here, only http and https:", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_link_to_the_video_is_found(text: str, expected: str | None) -> None:
    """In Markdown, HTML, JSON and prose, the last video is taken before any image and any other link."""
    asset = builtin_apis()["chat"].asset
    assert asset is not None
    assert asset.link is not None
    assert media_link(text, asset.link) == expected


def test_a_hostile_text_is_searched_for_links_in_linear_time() -> None:
    """A configured expression that takes a backtracking matcher an exponential time is answered for a megabyte."""
    assert media_link("a" * 1_000_000 + "!", "(a+)+$") is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://localhost:3000/v.mp4", True),
        ("http://127.0.0.1/v.mp4", True),
        ("http://[::1]:8000/v.mp4", True),
        ("https://localhost.example/v.mp4", False),
        ("https://cdn.example/localhost/v.mp4", False),
        ("http://[bad/v.mp4", False),
    ],
)
def test_an_address_of_the_machine_itself_is_known(address: str, expected: bool) -> None:
    """Only the host decides, as a name or as an address of either family."""
    assert is_loopback(address) is expected
