"""A service: one way to reach one model, and the probes that watch it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from sora_exporter.config.section import Flag, Json, Section
from sora_exporter.config.values import BudgetShare, Day, Identifier, Interval, Line, Seconds, Text
from sora_exporter.result import ProbeKind

DEFAULT_TIMEOUTS = {ProbeKind.CATALOG: 10.0, ProbeKind.CANARY: 30.0, ProbeKind.SUBMIT: 60.0, ProbeKind.GENERATE: 900.0}

Usd = Annotated[float, Field(gt=0, le=100_000)]


class ProbeSettings(Section):
    """The interval and the timeout of a probe, in seconds."""

    interval: Interval
    """The time between two attempts: at least 1 s, and 1m for a paid probe."""
    timeout: Seconds | None = None
    """The longest time of one attempt; defaults to the usual one of the probe."""

    @model_validator(mode="after")
    def _ends_before_next(self) -> Self:
        require_shorter(self.timeout, self.interval)
        return self


def require_shorter(timeout: float | None, interval: float) -> None:
    """Raise ValueError for a timeout that does not end before the next interval begins."""
    if timeout is not None and timeout >= interval:
        raise ValueError(
            f"timeout {timeout:g}s is not shorter than interval {interval:g}s: lower the timeout or raise the interval"
        )


def usual_timeout(usual: float, interval: float) -> float:
    """Return the usual timeout in seconds, or nine tenths of an interval that is too short for it."""
    return min(usual, float(Decimal(repr(interval)) * Decimal("0.9")))


@lru_cache(maxsize=256)
def _first_moment(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _timeout(kind: ProbeKind, settings: ProbeSettings) -> float:
    return settings.timeout or usual_timeout(DEFAULT_TIMEOUTS[kind], settings.interval)


DEFAULT_PROBES = {
    ProbeKind.CATALOG: ProbeSettings.model_validate({"interval": "1m", "timeout": "10s"}),
    ProbeKind.CANARY: ProbeSettings.model_validate({"interval": "5m", "timeout": "30s"}),
}


class Price(Section):
    """The price of a video: by the second or by the request, in USD or in credits."""

    per_second: Usd | None = None
    """USD per second of video."""
    per_request: Usd | None = None
    """USD per video."""
    per_credit: Usd | None = None
    """USD per credit, with one of the following."""
    credits: Usd | None = None
    """Credits per video."""
    credits_per_second: Usd | None = None
    """Credits per second of video."""

    @model_validator(mode="before")
    @classmethod
    def _from_credits(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not {"per_credit", "credits", "credits_per_second"} & set(value):
            return value
        usd, each, every = (value.get(name) for name in ("per_credit", "credits", "credits_per_second"))
        if usd is None or (each is None) == (every is None):
            raise ValueError("give per_credit together with credits or credits_per_second")
        if not all(isinstance(figure, int | float) for figure in (usd, each or every)):
            return value
        name = "per_request" if each is not None else "per_second"
        return {**value, name: round(usd * (each or every), 9)}

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.per_second is None) == (self.per_request is None):
            raise ValueError("give per_second or per_request, one of them")
        return self


class PageComponent(Section):
    """The component of an official status page that covers a service."""

    page: str
    """The name of the page under ``status_pages``."""
    component: str = Field(min_length=1, max_length=200)
    """The component's id on that page."""


class Service(Section):
    """One way to reach one model."""

    id: Identifier
    """Its name in metrics and addresses; no two are alike."""
    name: Line = ""
    """Display name; defaults to the id."""
    product: Identifier
    """The product it offers: services of one product are alternatives."""
    access: Literal["official", "reverse"]
    """``official``: the maker's API, direct or forwarded; ``reverse``: it imitates the web or the app."""
    provider: str
    """The provider it is reached through."""
    model: Text
    """The model's name there."""
    api: str = "videos"
    """The API it speaks: built in, or one of ``apis``."""
    price_usd: Price | None = None
    """Its price. Paid probes need one."""
    budget_share: BudgetShare | None = None
    """The most that it spends of the day's budget: 0.3 or 30%."""
    objective: float | None = Field(default=None, gt=0, lt=100)
    """Availability target, in percent."""
    sunset: Day | None = None
    """Its end of life: from this day on "not found" means retired."""
    slow_after: Seconds | None = None
    """A good answer that takes longer makes the service degraded."""
    probes: Mapping[ProbeKind, ProbeSettings] = Field(default_factory=lambda: dict(DEFAULT_PROBES))
    """The probes that run; defaults to every free one that its API describes."""
    probe_on_scrape: Flag = False
    """True if it is probed when Prometheus scrapes it, instead of on a schedule."""
    request: Json = Field(default_factory=dict)
    """Members of the create request that replace those of the API."""
    status_page: PageComponent | None = None
    """The component of an official page that covers it."""

    @field_validator("probes")
    @classmethod
    def _with_timeouts(cls, probes: Mapping[ProbeKind, ProbeSettings]) -> Mapping[ProbeKind, ProbeSettings]:
        """Return the probes in their usual order, each with the timeout it will have."""
        return {
            kind: probes[kind].model_copy(update={"timeout": _timeout(kind, probes[kind])})
            for kind in ProbeKind
            if kind in probes
        }

    def without(self, kinds: Collection[ProbeKind]) -> Self:
        """Return the service without probes of these kinds."""
        kept = {kind: settings for kind, settings in self.probes.items() if kind not in kinds}
        return self.model_copy(update={"probes": kept})

    @property
    def title(self) -> str:
        """The name for people; the id where none is configured."""
        return self.name or self.id

    @property
    def sunset_at(self) -> float | None:
        """The configured end of life as Unix time: the first moment of that day in UTC."""
        return _first_moment(self.sunset) if self.sunset is not None else None

    def timeout(self, probe: ProbeKind) -> float:
        """Return the probe's timeout in seconds; the usual one of a probe that has no schedule."""
        settings = self.probes.get(probe)
        return (settings.timeout if settings else None) or DEFAULT_TIMEOUTS[probe]
