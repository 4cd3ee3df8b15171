"""Rendering a template to a document: escaped, without hidden characters, locked down."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sora_exporter.figures import count_of, neutral
from sora_exporter.result import Status

FOLDER = resources.files("sora_exporter.web.pages").joinpath("templates")

COLOURS: Mapping[Status, str] = MappingProxyType(
    {
        Status.OPERATIONAL: "#009E73",
        Status.DEGRADED: "#E69F00",
        Status.RISK_CONTROL: "#CC79A7",
        Status.MAINTENANCE: "#0072B2",
        Status.SUSPENDED: "#D55E00",
        Status.RETIRED: "#999999",
        Status.UNKNOWN: "#56B4E9",
    }
)
"""Colours that colour-blind people can distinguish. Source: M. Okabe and K. Ito, jfly.uni-koeln.de/color (2008)."""

ON_COLOUR: Mapping[Status, str] = MappingProxyType(
    {status: "#fff" if status is Status.MAINTENANCE else "#000" for status in Status}
)
"""Text and signs on each of COLOURS: contrast 5 or more."""

SIGNS: Mapping[Status, str] = MappingProxyType(
    {
        Status.OPERATIONAL: "M4 8.5 7 11.5 12 5",
        Status.DEGRADED: "M8 3.5V9M8 11.5V12.5",
        Status.RISK_CONTROL: "M5.2 6.5V4.8a2.8 2.8 0 0 1 5.6 0V6.5M4 7H12V12.5H4Z",
        Status.MAINTENANCE: "M4 12 9.2 6.8M8.2 4.2a2.9 2.9 0 0 0 3.6 3.6",
        Status.SUSPENDED: "M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5",
        Status.RETIRED: "M3.5 4H12.5V6.5H3.5ZM4.5 6.5V12.5H11.5V6.5M6.8 9H9.2",
        Status.UNKNOWN: "M5.6 6.2a2.4 2.4 0 1 1 3.5 2.1C8.3 8.8 8 9.2 8 10M8 12V12.6",
    }
)
"""Each status's sign as an SVG path in a square of 16."""


@dataclass(frozen=True, slots=True)
class Document:
    """The answer of an endpoint: text, its media type, HTTP status and headers."""

    content: str
    media_type: str = "text/html"
    http_status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def html_document(template: str, values: Mapping[str, Any], http_status: int = 200, refresh: int = 0) -> Document:
    """Return a page that a browser loads again after ``refresh`` seconds, or never for 0."""
    content = neutral(_environment().get_template(template).render(values))
    headers = {**_html_headers(), **({"refresh": str(refresh)} if refresh else {})}
    return Document(content, http_status=http_status, headers=headers)


def svg_document(template: str, values: Mapping[str, Any], http_status: int, max_age_seconds: int) -> Document:
    """Return an image that caches may keep for so many seconds; 0 for not at all."""
    content = neutral(_environment().get_template(template).render(values))
    headers = {
        "cache-control": f"public, max-age={max_age_seconds}, must-revalidate" if max_age_seconds else "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
    }
    return Document(content, "image/svg+xml", http_status, headers)


def xml_document(template: str, values: Mapping[str, Any], media_type: str) -> Document:
    """Return a document for programs, which caches must ask for again."""
    content = neutral(_environment().get_template(template).render(values))
    return Document(content, media_type, headers={"cache-control": "no-cache", "x-content-type-options": "nosniff"})


def icon_address(status: Status) -> str:
    """Return a status's sign as a ``data:`` address, for the browser's tab."""
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
        f"<rect width='16' height='16' rx='4' fill='{COLOURS[status]}'/>"
        f"<path d='{SIGNS[status]}' fill='none' stroke='{ON_COLOUR[status]}' stroke-width='2'/></svg>"
    )
    return "data:image/svg+xml," + quote(drawing)


def templates(package: str, style: str) -> Environment:
    """Return the templates of a package: escaped, strict about names, with ``style`` as their style sheet."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(style)  # noqa: S704 - our own file, nothing else is in it
    return environment


@cache
def _environment() -> Environment:
    environment = templates("sora_exporter.web.pages", _style())
    environment.globals.update(
        signs=SIGNS, colours=COLOURS, on_colours=ON_COLOUR, icon_address=icon_address, count_of=count_of
    )
    return environment


@cache
def _style() -> str:
    """Return the style sheet with the colours of each status filled in."""
    colours = "".join(
        f".s-{status}{{--colour:{COLOURS[status]};--on-colour:{ON_COLOUR[status]}}}\n" for status in Status
    )
    return FOLDER.joinpath("style.css").read_text("utf-8") + colours


@cache
def _html_headers() -> Mapping[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
