"""The configuration as a whole: providers, services, shapes, official pages and the user's own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from sora_exporter.config.apis import Api, builtin_apis
from sora_exporter.config.known_pages import filled
from sora_exporter.config.maintenance import Maintenance
from sora_exporter.config.page import Page
from sora_exporter.config.provider import Provider
from sora_exporter.config.section import Count, Pattern, Section
from sora_exporter.config.service import Service, require_shorter, usual_timeout
from sora_exporter.config.values import Identifier, Interval, Proxy, Seconds, Text, Url
from sora_exporter.result import ErrorClass, ProbeKind

PAGE_INTERVAL = 60.0
PAGE_TIMEOUT = 10.0


def _page_timeout(page: dict[str, Any]) -> float:
    return usual_timeout(PAGE_TIMEOUT, page.get("interval", PAGE_INTERVAL))


class StatusPage(Section):
    """An official status page to read. A page that is built in needs no other member."""

    model_config = ConfigDict(json_schema_extra={"required": []})

    url: Url
    """The page's address, without the path of a document."""
    format: Literal["statuspage", "google-cloud", "incidentio-widget", "better-stack", "instatus"]
    """The form of its documents."""
    components: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(default=(), max_length=100)
    """The ids of the components to read; none given: all of them."""
    interval: Interval = PAGE_INTERVAL
    """The time between two readings."""
    timeout: Seconds = Field(default_factory=_page_timeout)
    """The longest time for one reading."""
    proxy: Proxy | None = None
    """A proxy for this page: ``http://``, ``https://``, ``socks5://`` or ``socks5h://``."""

    @model_validator(mode="after")
    def _ends_before_next(self) -> Self:
        require_shorter(self.timeout, self.interval)
        return self


def _http_status(value: int | str) -> str:
    if not re.fullmatch("[1-5](?:[0-9]{2}|xx)", str(value)):
        raise ValueError(f"{value!r} is not an HTTP status such as 503, and not a class of them such as 5xx")
    return str(value)


HttpStatus = Annotated[str, BeforeValidator(_http_status, json_schema_input_type=int | str)]


class ClassifyRule(Section):
    """A user's own rule: an answer that meets all its conditions gets its error class."""

    match: Pattern | None = None
    """A regular expression (RE2) for the text of the answer."""
    error_class: ErrorClass
    """The error class of answers that meet all conditions."""
    provider: str | None = None
    """Only answers of this provider."""
    http_status: HttpStatus | None = None
    """Only this HTTP status, or a class of them such as ``5xx``."""
    endpoint: Literal["videos", "chat", "images", "models", "video_job"] | None = None
    """Only answers of this kind of call."""
    access: Literal["official", "reverse"] | None = None
    """Only services with this access."""
    probe: ProbeKind | None = None
    """Only answers to this probe."""

    @model_validator(mode="after")
    def _looks_at_the_answer(self) -> Self:
        if self.match is None and self.http_status is None:
            raise ValueError("has no condition on the answer: give match, http_status or both")
        return self


class Config(Section):
    """The whole configuration."""

    title: Text = "AI video services"
    """The heading of the status page."""
    page: Page = Field(default_factory=Page)
    """The look of the status page."""
    budget_usd_per_day: float = Field(default=0.0, ge=0, le=100_000)
    """Daily limit (UTC) for paid probes; 0 disables them."""
    events_retention: Seconds | None = None
    """How long an event is kept after its end; the newest 10,000 are kept at most."""
    max_concurrent_probes: Count | None = Field(default=None, ge=1, le=10_000)
    """The most attempts at once over all providers."""
    providers: Mapping[Identifier, Provider] = Field(default_factory=dict)
    """Addresses and keys, by names of your choice."""
    apis: Mapping[Identifier, Api] = Field(default_factory=dict)
    """APIs of your own, described as in docs/apis.md; one of a built-in name replaces that one."""
    services: tuple[Service, ...] = ()
    """The services to watch."""
    status_pages: Mapping[Identifier, StatusPage] = Field(default_factory=dict)
    """Official status pages, by names of your choice; known names need no more than themselves."""
    maintenance: tuple[Maintenance, ...] = ()
    """Planned work of your own: shown ahead on the page, then the services are in maintenance without an alert."""
    classify: tuple[ClassifyRule, ...] = ()
    """Rules of your own, tried before the built-in ones."""

    @field_validator("status_pages", mode="before", json_schema_input_type=Mapping[Identifier, StatusPage | None])
    @classmethod
    def _fill_known_pages(cls, pages: Any) -> Any:
        return {name: filled(name, page) for name, page in pages.items()} if isinstance(pages, dict) else pages

    @field_validator("services")
    @classmethod
    def _with_possible_probes(cls, services: tuple[Service, ...], info: ValidationInfo) -> tuple[Service, ...]:
        """Return the services without usual probes that their api cannot do, and canaries that a provider rules out."""
        providers, own = info.data.get("providers", {}), info.data.get("apis", {})
        ruled_out = {name for name, provider in providers.items() if not provider.canary}
        found = []
        for service in services:
            has_own_probes = "probes" in service.model_fields_set
            api = None if has_own_probes else own.get(service.api) or builtin_apis().get(service.api)
            lacking = {kind for kind in service.probes if api is not None and not getattr(api, kind.needs)}
            if service.provider in ruled_out:
                lacking.add(ProbeKind.CANARY)
            found.append(service.without(lacking) if lacking else service)
        return tuple(found)

    def api(self, service: Service) -> Api:
        """Return the API of a service; a user's own API goes before a built-in one of that name."""
        return self.apis.get(service.api) or builtin_apis()[service.api]

    def service(self, service_id: str) -> Service | None:
        """Return the service with that id, or None."""
        return next((service for service in self.services if service.id == service_id), None)

    def attempt_price_usd(self, service: Service) -> float | None:
        """Return the cost of one paid probe of a service, or None if price or length is unknown."""
        price = service.price_usd
        if price is None or price.per_request is not None:
            return price.per_request if price else None
        api = self.api(service)
        seconds = api.billed_seconds(api.create_body(service.model, service.request))
        return price.per_second * seconds if price.per_second is not None and seconds else None


def hidden_dump(config: Config) -> dict[str, Any]:
    """Return the configuration as plain data for YAML or JSON: secrets hidden, durations as people write them."""
    return config.model_dump(mode="json", by_alias=True)
