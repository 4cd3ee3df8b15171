"""The table: what was measured, what blackbox_exporter takes for the same, and how both stand to the target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = "| what | sora_exporter | blackbox_exporter | ratio | target | met |\n|---|---:|---:|---:|---:|---|"


@dataclass(frozen=True)
class Row:
    """One figure in its unit; ``most`` is the target for it, ``most_ratio`` for its ratio to blackbox_exporter's."""

    what: str
    unit: str
    ours: float
    beside: float | None = None
    most: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.beside if self.beside else None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.most is not None:
            return self.ours <= self.most
        if self.most_ratio is not None and self.ratio is not None:
            return self.ratio <= self.most_ratio
        return None

    def __str__(self) -> str:
        target = f"≤ {self.most:g} {self.unit}" if self.most is not None else ""
        target = f"ratio ≤ {self.most_ratio:g}" if self.most_ratio is not None else target
        beside = f"{self.beside:.3g} {self.unit}" if self.beside is not None else ""
        ratio = f"{self.ratio:.2g}" if self.ratio is not None else ""
        met = {True: "yes", False: "**no**", None: ""}[self.is_met]
        return f"| {self.what} | {self.ours:.3g} {self.unit} | {beside} | {ratio} | {target} | {met} |"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as Markdown."""
    return "\n".join((HEAD, *map(str, rows)))
