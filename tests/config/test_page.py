"""The look of the status page: the logo and the accent that it may have."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sora_exporter.config.page import LOGO_BYTES, PNG, Page, image_type

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG + b"...", "image/png"),
        (SVG, "image/svg+xml"),
        (b"<?xml version='1.0'?>\n" + SVG, "image/svg+xml"),
        (b" " * 1024 + SVG, None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_the_type_of_an_image_is_in_its_content(content: bytes, media_type: str | None) -> None:
    """PNG and SVG are known by their first bytes; another file is not an image that the page shows."""
    assert image_type(content) == media_type


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SVG + b" " * LOGO_BYTES, "is larger than 32 KiB"),
        (b"GIF89a", "is neither an SVG nor a PNG image"),
        (None, "cannot be read"),
    ],
)
def test_a_logo_that_cannot_be_shown_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    """A file that is too large, of another type or missing is named with the reason."""
    path = tmp_path / "logo"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValidationError, match=words):
        Page.model_validate({"logo": str(path)})


def test_a_logo_of_the_greatest_size_is_accepted(tmp_path: Path) -> None:
    """32 KiB exactly is not too large."""
    path = tmp_path / "logo.svg"
    path.write_bytes(SVG.ljust(LOGO_BYTES))
    assert Page.model_validate({"logo": str(path)}).logo == path


@pytest.mark.parametrize("accent", ["0a58a6", "#0a58a", "#0a58ag", "red", "#0a58a6;"])
def test_an_accent_is_six_hexadecimal_digits(accent: str) -> None:
    """Another text cannot reach the page's style."""
    with pytest.raises(ValidationError, match="pattern"):
        Page.model_validate({"accent": accent})
