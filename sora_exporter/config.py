"""The configuration: strict, frozen values, and errors that name file, path and fix."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from sora_exporter.apis import Api, builtin_apis
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.yaml_file import ConfigError, YamlFile, expand, parse_yaml, read_yaml

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def parse_duration(value: object) -> object:
    """Return the seconds of ``1m30s``, ``10s``, ``500ms``, ``6h`` or ``1d``; anything else is left to the type."""
    if not isinstance(value, str):
        raise ValueError("write a duration with its unit, such as 30s, 5m or 6h")
    if not DURATION.fullmatch(value):
        raise ValueError(f"{value!r} is not a duration: write 30s, 5m or 6h")
    return sum(float(number) * UNITS[unit] for number, unit in DURATION_PART.findall(value))


def _expanded(value: object) -> object:
    return expand(value) if isinstance(value, str) else value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is not an address: write http://… or https://…")
    if parts.username or parts.password:
        raise ValueError("an address must not hold a user or password: use api_key_env, api_key_file or headers")
    return value.rstrip("/")


def _identifier(value: str) -> str:
    if not ID.fullmatch(value):
        raise ValueError(f"{value!r} is not an id: use a-z, 0-9, '.', '_' and '-', at most 64 characters")
    return value


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0, le=366 * 86400)]
Url = Annotated[str, BeforeValidator(_expanded), AfterValidator(_http_url)]
Identifier = Annotated[str, AfterValidator(_identifier)]
ExpandedSecret = Annotated[SecretStr, BeforeValidator(_expanded)]


class Section(BaseModel):
    """Base of every section: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(Section):
    """A base URL with a key; the key itself is never here, only the name of what holds it."""

    base_url: Url
    api_key_env: str | None = None
    api_key_file: Path | None = None
    proxy: ExpandedSecret | None = None
    headers: Mapping[str, ExpandedSecret] = Field(default_factory=dict)
    verify: bool = True
    ca_file: Path | None = None
    max_concurrent: int = Field(default=8, ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _refuse_keys(cls, data: object) -> object:
        if isinstance(data, dict) and "api_key" in data:
            raise ValueError("a key must not stand in the configuration: name its variable with api_key_env "
                             "or its file with api_key_file")  # fmt: skip
        return data

    @model_validator(mode="after")
    def _one_key_source(self) -> Self:
        if self.api_key_env and self.api_key_file:
            raise ValueError("api_key_env and api_key_file exclude each other: keep one")
        return self

    @field_validator("api_key_env")
    @classmethod
    def _is_set(cls, name: str | None) -> str | None:
        if name is not None and not os.environ.get(name):
            raise ValueError(f"the environment variable {name} is not set: export it or use api_key_file")
        return name

    @field_validator("api_key_file")
    @classmethod
    def _is_readable(cls, path: Path | None) -> Path | None:
        if path is not None:
            _require_readable(path)
        return path

    @field_validator("ca_file")
    @classmethod
    def _is_certificate(cls, path: Path | None) -> Path | None:
        if path is not None:
            _require_readable(path)
            try:
                ssl.create_default_context(cafile=str(path))
            except ssl.SSLError:
                raise ValueError(f"{path} holds no PEM certificate: name a file of CA certificates") from None
        return path


class ProbeSettings(Section):
    """How often a probe runs and how long it may take, in seconds."""

    interval: Seconds
    timeout: Seconds | None = None

    @model_validator(mode="after")
    def _ends_before_next(self) -> Self:
        if self.timeout is not None and self.timeout >= self.interval:
            raise ValueError(f"timeout {self.timeout:g}s is not shorter than interval {self.interval:g}s: "
                             "lower the timeout or raise the interval")  # fmt: skip
        return self


DEFAULT_PROBES = {
    ProbeKind.CATALOG: ProbeSettings.model_validate({"interval": "1m", "timeout": "10s"}),
    ProbeKind.CANARY: ProbeSettings.model_validate({"interval": "5m", "timeout": "30s"}),
}
DEFAULT_TIMEOUTS = {ProbeKind.CATALOG: 10.0, ProbeKind.CANARY: 30.0, ProbeKind.SUBMIT: 60.0, ProbeKind.GENERATE: 900.0}


class Price(Section):
    """USD per second of video or per request; exactly one of the two."""

    per_second: float | None = Field(default=None, gt=0)
    per_request: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.per_second is None) == (self.per_request is None):
            raise ValueError("give per_second or per_request, one of them")
        return self


class PageComponent(Section):
    """The component of an official status page that speaks of a service."""

    page: str
    component: str


class Service(Section):
    """One way to reach one model."""

    id: Identifier
    name: str = Field(default="", max_length=200)
    product: Identifier
    access: Literal["official", "reverse"]
    provider: str
    model: str = Field(min_length=1, max_length=200)
    api: str = "videos"
    price_usd: Price | None = None
    objective: float | None = Field(default=None, gt=0, lt=100)
    sunset: date | None = None
    slow_after: Seconds | None = None
    probes: Mapping[ProbeKind, ProbeSettings] = Field(default_factory=lambda: dict(DEFAULT_PROBES))
    probe_on_scrape: bool = False
    request: dict[str, Any] = Field(default_factory=dict)
    status_page: PageComponent | None = None

    @property
    def title(self) -> str:
        """The name for people; the id where none is configured."""
        return self.name or self.id

    @property
    def sunset_at(self) -> float | None:
        """The configured end of life as Unix time: the first moment of that day in UTC."""
        if self.sunset is None:
            return None
        return datetime(self.sunset.year, self.sunset.month, self.sunset.day, tzinfo=UTC).timestamp()

    def timeout(self, probe: ProbeKind) -> float:
        """Return the probe's timeout in seconds; where none is configured, the kind's usual one below its interval."""
        settings = self.probes.get(probe)
        if settings is None:
            return DEFAULT_TIMEOUTS[probe]
        return settings.timeout or min(DEFAULT_TIMEOUTS[probe], settings.interval * 0.9)


class StatusPage(Section):
    """An official status page to read."""

    url: Url
    format: Literal["statuspage", "google-cloud", "incidentio-widget"]
    components: tuple[str, ...] = Field(default=(), max_length=100)
    interval: Seconds = 60.0
    timeout: Seconds = 10.0
    proxy: ExpandedSecret | None = None

    @model_validator(mode="after")
    def _ends_before_next(self) -> Self:
        if self.timeout >= self.interval:
            raise ValueError(f"timeout {self.timeout:g}s is not shorter than interval {self.interval:g}s: "
                             "lower the timeout or raise the interval")  # fmt: skip
        return self


class ClassifyRule(Section):
    """A user's own rule: answers of a provider (of all, where none is named) whose text matches."""

    match: str = Field(min_length=1, max_length=500)
    error_class: ErrorClass
    provider: str | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression: {error}") from None
        return value


class Config(Section):
    """Everything the exporter is told."""

    budget_usd_per_day: float = Field(default=0.0, ge=0, le=100_000)
    max_concurrent_probes: int = Field(default=64, ge=1, le=10_000)
    providers: Mapping[Identifier, Provider] = Field(default_factory=dict)
    services: tuple[Service, ...] = ()
    apis: Mapping[Identifier, Api] = Field(default_factory=dict)
    status_pages: Mapping[Identifier, StatusPage] = Field(default_factory=dict)
    classify: tuple[ClassifyRule, ...] = ()

    def api(self, service: Service) -> Api:
        """Return the shape a service speaks; a user's own name wins over a built-in one."""
        return self.apis.get(service.api) or builtin_apis()[service.api]

    def service(self, service_id: str) -> Service | None:
        """Return the service with that id, or None."""
        return next((service for service in self.services if service.id == service_id), None)


def _require_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}: fix the path or its permissions") from None


Check = Callable[[Config], Iterable[tuple[tuple[str | int, ...], str]]]


def _references(config: Config) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Yield what one section says of another that is not there."""
    known = {
        "provider": sorted(config.providers),
        "api": sorted({*config.apis, *builtin_apis()}),
        "page": sorted(config.status_pages),
    }
    ids: set[str] = set()
    for index, service in enumerate(config.services):
        at = ("services", index)
        if service.id in ids:
            yield (*at, "id"), f"{service.id!r} is used twice: every service needs an id of its own"
        ids.add(service.id)
        named = {"provider": service.provider, "api": service.api}
        if service.status_page is not None:
            named["page"] = service.status_page.page
        for key, name in named.items():
            if name not in known[key]:
                yield (*at, key), f"{name!r} is not known: use one of {', '.join(known[key]) or '(none)'}"
    for index, rule in enumerate(config.classify):
        if rule.provider is not None and rule.provider not in config.providers:
            yield ("classify", index, "provider"), f"{rule.provider!r} is not a configured provider"


def _problem(error: Mapping[str, Any]) -> str:
    """Return pydantic's finding in our words."""
    if error["type"] == "extra_forbidden":
        return "unknown key: remove it or correct its spelling"
    if error["type"] == "missing":
        return "is missing: add it"
    text = str(error["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:] if text.startswith(("Input", "Extra", "String")) else text


def parse_config(file: YamlFile) -> Config:
    """Return the configuration in a parsed file. Raises ConfigError with one line for every mistake."""
    try:
        config = Config.model_validate(file.document)
    except ValidationError as error:
        found = [
            file.mistake(tuple(s for s in item["loc"] if s != "[key]"), _problem(item))
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError(*found) from None
    mistakes = [file.mistake(location, problem) for location, problem in _references(config)]
    if mistakes:
        raise ConfigError(*mistakes)
    return config


def load_config(path: Path | None) -> Config:
    """Return the configuration of a file or, without one, the built-in catalogue. Raises ConfigError."""
    if path is not None:
        return parse_config(read_yaml(path))
    text = resources.files("sora_exporter").joinpath("catalogue.yml").read_text("utf-8")
    return parse_config(parse_yaml("built-in catalogue", text))
