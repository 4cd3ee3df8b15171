"""The report's sentences and units in one language, from the files in ``words/``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sora_exporter.documents import shipped
from sora_exporter.figures import dollars, one_line
from sora_exporter.report.findings import Price, ServiceFindings
from sora_exporter.result import ErrorClass, Status
from sora_exporter.words import FOLDER, PlainWords, plain_words


@dataclass(frozen=True, slots=True)
class Wording:
    """One language: title and window line, headings, values and notes by their key in the file."""

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
        """The sign of a missing value."""
        return self.values["none"]

    def status(self, status: Status | None) -> str:
        return self.value("no_record") if status is None else self.plain.statuses[status].name

    def error_class(self, error_class: ErrorClass | None) -> str:
        return self.value("no_class") if error_class is None else self.plain.error_classes[error_class].name

    def access(self, access: str) -> str:
        return self.values[access] if access in ("official", "reverse") else access

    def span(self, seconds: float) -> str:
        """Return a length of time in this language, as ``figures.span`` does in English."""
        return self.plain.span(seconds) if math.isfinite(seconds) else self.none

    def price(self, usd: float | None, unit: str = "") -> str:
        """Return an amount of US dollars, per unit if one is given."""
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
    section = shipped(FOLDER.joinpath(f"{language}.yml"))["report"]
    return Wording(language=language, plain=plain_words(language), **section)


def title(service: ServiceFindings) -> str:
    """Return the name of a service in tables."""
    return one_line(service.facts.name) or service.facts.service_id
