"""Rendering a template to a document: escaped, without hidden characters, locked down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sora_exporter.config.page import Page
from sora_exporter.figures import neutral
from sora_exporter.result import Status
from sora_exporter.web.pages.colours import COLOURS, ON_COLOUR, SIGNS, icon_address
from sora_exporter.web.pages.look import headers, look_of
from sora_exporter.web.pages.row import EventView
from sora_exporter.web.wording import Wording, wording
from sora_exporter.words import languages


@dataclass(frozen=True, slots=True)
class Document:
    """The answer of an endpoint: text, its media type, HTTP status and headers."""

    content: str
    media_type: str = "text/html"
    http_status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def html_document(
    template: str, values: Mapping[str, Any], page: Page, words: Wording, http_status: int = 200
) -> Document:
    """Return a page in the configured look and a language, with a switch to the others."""
    look, switch = look_of(page), [(tag, wording(tag)("language")) for tag in languages()]
    content = neutral(_environment().get_template(template).render(values, look=look, words=words, languages=switch))
    return Document(content, http_status=http_status, headers=headers(look))


@lru_cache(maxsize=8192)
def short_line(
    service_id: str, title: str, status: Status, name: str, why: str, disagreement: str, language: str
) -> Markup:
    """Return a service as an item of a list. Of a thousand services few change between two pages."""
    template = _environment().get_template("line.html")
    values = (service_id, title, status, name, why, disagreement, language)
    names = ("service_id", "title", "status", "name", "why", "disagreement", "language")
    return Markup(template.render(dict(zip(names, values, strict=True))))  # noqa: S704 - the template escapes


@lru_cache(maxsize=1024)
def incident_line(incident: EventView, language: str) -> Markup:
    """Return an incident as an item of a list. One that is over stays as it is."""
    values = {"one": incident, "words": wording(language)}
    return Markup(_environment().get_template("incident.html").render(values))  # noqa: S704 - the template escapes


@lru_cache(maxsize=8192)
def product_line(product: str, service_id: str | None, title: str, language: str) -> Markup:
    """Return a product as an item of a list, with the service to use, or with why there is none."""
    link = Markup('<a href="services/{}?lang={}"><bdi>{}</bdi></a>')
    route = link.format(service_id, language, title) if service_id else title
    return Markup("<li><b>{}</b> {}</li>").format(product, route)


def lines_of(items: Iterable[Markup]) -> Markup:
    """Return the items of a list as one text; a template takes twice as long to write a thousand of them."""
    return Markup("\n".join(items))  # noqa: S704 - the items are escaped


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


def templates(package: str, style: str) -> Environment:
    """Return the templates of a package: escaped, strict about names, with ``style`` as their style sheet."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A running exporter keeps the templates that belong to its code, also while an upgrade replaces the files.
        auto_reload=False,
    )
    environment.globals["style"] = Markup(style)  # noqa: S704 - our own file, nothing else is in it
    return environment


@cache
def _environment() -> Environment:
    environment = templates("sora_exporter.web.pages", "")
    environment.globals.update(signs=SIGNS, colours=COLOURS, on_colours=ON_COLOUR, icon_address=icon_address)
    return environment
