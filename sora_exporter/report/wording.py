"""The report's sentences, numbers and lengths of time in one language, from the catalogue in ``words/``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import yaml

from sora_exporter.plain_words import FOLDER, PlainWords, plain_words
from sora_exporter.report.findings import Price, ServiceFindings
from sora_exporter.report.terminal import plain
from sora_exporter.result import ErrorClass, Status

LENGTHS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


@dataclass(frozen=True, slots=True)
class Wording:
    """One language: title and window line, headings, values and notes by their key in the catalogue."""

    language: str
    title: str
    window: str
    headings: Mapping[str, str]
    values: Mapping[str, str]
    notes: Mapping[str, str]
    plain: PlainWords

    def heading(self, key: str, **names: object) -> str:
        return self.headings[key].format_map(names)

    def value(self, key: str, **names: object) -> str:
        return self.values[key].format_map(names)

    def note(self, key: str, **names: object) -> str:
        return self.notes[key].format_map(names)

    @property
    def none(self) -> str:
        """What stands where there is no value."""
        return self.values["none"]

    def status(self, status: Status | None) -> str:
        return self.value("no_record") if status is None else self.plain.statuses[status].name

    def error_class(self, error_class: ErrorClass | None) -> str:
        return self.value("no_class") if error_class is None else self.plain.error_classes[error_class].name

    def access(self, access: str) -> str:
        return self.values[access] if access in ("official", "reverse") else access

    def span(self, seconds: float) -> str:
        """Return a length of time in its largest unit and the next: ``2 h 5 min``."""
        rest, parts = round(seconds), list[str]()
        for size, unit in LENGTHS:
            number, rest = divmod(rest, size)
            if number:
                parts.append(self.value(unit, number=number))
            if parts and (len(parts) == 2 or not number or not rest):
                break
        return " ".join(parts) or self.value("seconds", number=0)

    def price(self, usd: float | None, unit: str = "") -> str:
        """Return an amount of US dollars, per unit where one is given."""
        if usd is None:
            return self.none
        amount = dollars(usd)
        key = f"per_{unit}"
        return self.value(key, price=amount) if key in self.values else amount

    def list_price(self, price: Price | None) -> str:
        return self.none if price is None else self.price(price.usd, price.unit)


@cache
def wording(language: str) -> Wording:
    """Return the words of one of ``languages()``."""
    section = yaml.safe_load(FOLDER.joinpath(f"{language}.yml").read_text("utf-8"))["report"]
    return Wording(language=language, plain=plain_words(language), **section)


def title(service: ServiceFindings) -> str:
    """Return what a service is called in tables."""
    return plain(service.facts.name) or service.facts.service_id


def percent(ratio: float, decimals: int = 2) -> str:
    """Return a ratio in percent; 100 % only where nothing is missing."""
    shown = round(100 * ratio, decimals)
    if shown >= 100 and ratio < 1:
        shown = 100 - 10.0**-decimals
    return f"{shown:.{decimals}f} %"


def percent_at_least(ratio: float, decimals: int = 3) -> str:
    """Return a ratio in percent, rounded down, so that it never seems to reach what it missed."""
    scale = 10**decimals
    # The tiny step makes up for ratios that no binary fraction can hold, such as 0.9984.
    return f"{math.floor(ratio * 100 * scale + 1e-6) / scale:.{decimals}f} %"


def share(ratio: float) -> str:
    """Return a round ratio in percent with no more decimals than it has."""
    return f"{round(100 * ratio, 4):g} %"


def dollars(usd: float) -> str:
    """Return an amount with two decimals, or the three leading digits of less than a dollar."""
    if usd >= 1 or usd == 0:
        return f"${usd:.2f}"
    decimals = min(2 - math.floor(math.log10(usd)), 9)
    whole, _, fraction = f"{usd:.{decimals}f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<2}"


def seconds_text(seconds: float | None, none: str) -> str:
    """Return a response time: ``3.0 s``."""
    return none if seconds is None else f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def moment(at: float) -> str:
    """Return a moment (Unix seconds) in UTC to the minute."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def moment_of_year(at: float) -> str:
    """Return a moment (Unix seconds) in UTC to the minute, where the year is known."""
    return moment(at)[5:]


def day(at: float) -> str:
    """Return the day of a moment (Unix seconds) in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
