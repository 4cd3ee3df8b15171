"""How the status page looks, beyond its title."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sora_exporter.config.section import Section
from sora_exporter.config.values import File, require_readable

LOGO_BYTES = 32 * 1024
PNG = b"\x89PNG\r\n\x1a\n"


def image_type(content: bytes) -> str | None:
    """Return the media type of an image that the page may show; None for another file."""
    if content.startswith(PNG):
        return "image/png"
    return "image/svg+xml" if b"<svg" in content[:1024] else None


def _logo(path: File) -> File:
    content = require_readable(path, LOGO_BYTES + 1)
    if len(content) > LOGO_BYTES:
        raise ValueError(f"{path} is larger than 32 KiB: the page carries the logo in itself, so use a smaller file")
    if image_type(content) is None:
        raise ValueError(f"{path} is neither an SVG nor a PNG image: use one of these")
    return path


class Page(Section):
    """The look of the status page."""

    logo: Annotated[File, AfterValidator(_logo)] | None = None
    """An SVG or PNG file of at most 32 KiB; a path beside the configuration file."""
    accent: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")] = "#0a58a6"
    """The colour of links and marks, such as `#0a58a6`; made darker or lighter where it would be hard to read."""
