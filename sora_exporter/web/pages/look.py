"""The look of the pages: the style sheet with the configured accent colour, the logo, the script, and their policy."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from markupsafe import Markup

from sora_exporter.config.page import Page, image_type
from sora_exporter.result import Status
from sora_exporter.web.pages.colours import COLOURS, ON_COLOUR, readable_on

FOLDER = resources.files("sora_exporter.web.pages").joinpath("templates")
LIGHT, DARK = "#ffffff", "#15191f"
"""The paper of both colour schemes."""


@dataclass(frozen=True, slots=True)
class Look:
    """The parts of every page. ``logo`` is a ``data:`` address or empty, ``policy`` allows exactly these parts."""

    style: Markup
    script: Markup
    logo: str
    policy: str


@lru_cache(maxsize=4)
def look_of(page: Page) -> Look:
    """Return the look that a configuration asks for."""
    accent = (
        f":root{{--accent:{readable_on(LIGHT, page.accent)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{readable_on(DARK, page.accent)}}}}}\n"
    )
    style, script = f"{_style()}{accent}", _script()
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Look(Markup(style), Markup(script), _address(page), policy)  # noqa: S704 - our own files


@cache
def _style() -> str:
    """Return the style sheet with the colours of each status filled in."""
    colours = "".join(
        f".s-{status}{{--colour:{COLOURS[status]};--on-colour:{ON_COLOUR[status]}}}\n" for status in Status
    )
    return FOLDER.joinpath("style.css").read_text("utf-8") + colours


@cache
def _script() -> str:
    return FOLDER.joinpath("script.js").read_text("utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _address(page: Page) -> str:
    """Return the logo; empty also if its file is gone since the configuration was loaded."""
    try:
        content = page.logo.read_bytes() if page.logo is not None else b""
    except OSError:
        return ""
    kind = image_type(content)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else ""


def headers(look: Look) -> Mapping[str, str]:
    """Return the headers of a page."""
    return {
        "content-security-policy": look.policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "vary": "accept-language",
    }
