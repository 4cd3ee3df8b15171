"""The table of figures: ours, blackbox_exporter's for the same work, their ratio, and the target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan

HEAD = "| measurement | sora_exporter | blackbox_exporter | ratio | target | met |\n|---|---:|---:|---:|---:|---|"


@dataclass(frozen=True)
class Row:
    """One figure in its unit; ``most`` is the target for it, ``most_ratio`` for its ratio to blackbox_exporter's.

    NaN stands for a figure that could not be measured.
    """

    what: str
    unit: str
    ours: float
    beside: float | None = None
    most: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times blackbox_exporter's figure ours is; None without such a figure."""
        return self.ours / self.beside if self.beside and not isnan(self.beside) else None

    @property
    def is_met(self) -> bool | None:
        """True if the target is met; None without one."""
        if isnan(self.ours):
            return None
        if self.most is not None:
            return self.ours <= self.most
        if self.most_ratio is not None and self.ratio is not None:
            return self.ratio <= self.most_ratio
        return None

    def __str__(self) -> str:
        target = f"≤ {self.most:g} {self.unit}" if self.most is not None else ""
        target = f"ratio ≤ {self.most_ratio:g}" if self.most_ratio is not None else target
        beside = _figure(self.beside, self.unit) if self.beside is not None else ""
        ratio = f"{self.ratio:.2g}" if self.ratio is not None else ""
        met = {True: "yes", False: "**no**", None: ""}[self.is_met]
        return f"| {self.what} | {_figure(self.ours, self.unit)} | {beside} | {ratio} | {target} | {met} |"


def _figure(value: float, unit: str) -> str:
    return "not measured" if isnan(value) else f"{value:.3g} {unit}".rstrip()


def table(rows: Iterable[Row]) -> str:
    """Return the rows as Markdown."""
    return "\n".join((HEAD, *map(str, rows)))
