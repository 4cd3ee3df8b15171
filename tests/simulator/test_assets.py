"""The smallest video and picture that count as whole, and their broken forms."""

from __future__ import annotations

import zlib

import pytest

from sora_exporter.simulator.assets import GOOD, SERVED_FORMS, asset


def test_the_video_is_as_long_as_its_boxes_say() -> None:
    """The boxes follow each other to the end of the file: type, header and media data."""
    content, kinds, place = GOOD["mp4"].content, [], 0
    while place < len(content):
        kinds.append(content[place + 4 : place + 8])
        place += int.from_bytes(content[place : place + 4], "big")
    assert (place, kinds) == (len(content), [b"ftyp", b"moov", b"mdat"])


def test_the_picture_has_sound_chunks() -> None:
    """Every chunk of the PNG has the checksum of its bytes, and the last one ends the file."""
    content, kinds, place = GOOD["png"].content, [], 8
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        chunk = content[place + 4 : place + 8 + length]
        assert int.from_bytes(content[place + 8 + length : place + 12 + length], "big") == zlib.crc32(chunk)
        kinds.append(chunk[:4])
        place += 12 + length
    assert (place, kinds) == (len(content), [b"IHDR", b"IDAT", b"IEND"])


@pytest.mark.parametrize("extension", GOOD)
def test_broken_forms_differ_from_the_good_one(extension: str) -> None:
    """A cut asset is half of the good one, an empty one has no byte, and a wrong one is a web page."""
    good = asset(extension, "good")
    assert good == GOOD[extension]
    assert asset(extension, "truncated").content == good.content[: len(good.content) // 2]
    assert (asset(extension, "empty").content, asset(extension, "empty").media_type) == (b"", good.media_type)
    assert asset(extension, "wrong_type").media_type == "text/html"
    assert len(SERVED_FORMS) == 4


@pytest.mark.parametrize(("extension", "form"), [("gif", "good"), ("mp4", "odd")])
def test_an_unknown_form_is_an_error(extension: str, form: str) -> None:
    """An ending or form that does not exist is not answered with another one."""
    with pytest.raises(KeyError):
        asset(extension, form)
