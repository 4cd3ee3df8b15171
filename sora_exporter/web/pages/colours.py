"""The colours and signs of the statuses, and colours that can be read on their ground."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from sora_exporter.result import Status

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

LEAST_CONTRAST = 4.6
"""A little more than WCAG 2.2 AA requires of text, because the ground of a row may be tinted."""


def icon_address(status: Status) -> str:
    """Return a status's sign as a ``data:`` address, for the browser's tab."""
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
        f"<rect width='16' height='16' rx='4' fill='{COLOURS[status]}'/>"
        f"<path d='{SIGNS[status]}' fill='none' stroke='{ON_COLOUR[status]}' stroke-width='2'/></svg>"
    )
    return "data:image/svg+xml," + quote(drawing)


def readable_on(ground: str, colour: str) -> str:
    """Return a colour that can be read on a ground: the colour itself, or the nearest darker or lighter one."""
    target = "#000000" if _luminance(ground) > 0.18 else "#ffffff"
    for percent in range(0, 101, 4):
        mixed = _mixed(colour, target, percent / 100)
        if contrast(ground, mixed) >= LEAST_CONTRAST:
            return mixed
    return target


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _parts(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _mixed(colour: str, other: str, share: float) -> str:
    parts = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (p / 255 for p in _parts(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
