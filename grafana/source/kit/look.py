"""Colours and the words that go with them: no information depends on colour alone.

The palette is Okabe and Ito's, which people with any colour vision can distinguish.
Source: https://jfly.uni-koeln.de/color/ (2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from sora_exporter.result import STATUS_OF, Depth, ErrorClass, Status

GREEN, ORANGE, PINK, VERMILION, BLUE, GREY, SKY = (
    "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#999999", "#56B4E9",
)  # fmt: skip
PALETTE = frozenset({GREEN, ORANGE, PINK, VERMILION, BLUE, GREY, SKY})

STATUS_COLOURS: Mapping[Status, str] = {
    Status.OPERATIONAL: GREEN,
    Status.DEGRADED: ORANGE,
    Status.RISK_CONTROL: PINK,
    Status.MAINTENANCE: BLUE,
    Status.SUSPENDED: VERMILION,
    Status.RETIRED: GREY,
    Status.UNKNOWN: SKY,
}
STATUS_CODES: Mapping[Status, int] = {
    Status.UNKNOWN: -1,
    Status.OPERATIONAL: 0,
    Status.DEGRADED: 1,
    Status.RISK_CONTROL: 2,
    Status.MAINTENANCE: 3,
    Status.SUSPENDED: 4,
    Status.RETIRED: 5,
}
"""The numbers of the recorded severities, and -1 for unknown: the worst wins, and unknown only when nothing else is."""

ACCESS_COLOURS: Mapping[str, str] = {"official": BLUE, "reverse": ORANGE}

Override = tuple[str, Mapping[str, object]]
"""A field's name, or /regular expression/, and the properties it overrides."""


def words(texts: Mapping[float, tuple[str, str]]) -> list[ValueMapping]:
    """Return mappings from numbers to (text, colour)."""
    return [
        ValueMap(
            {
                f"{value:g}": ValueMappingResult(text=text, color=colour, index=index)
                for index, (value, (text, colour)) in enumerate(texts.items())
            }
        )
    ]


STATUS_WORDS = words(
    {float(code): (status.value.replace("_", " "), STATUS_COLOURS[status]) for status, code in STATUS_CODES.items()}
)
DEPTH_WORDS = words(
    {float(depth.rank): (depth.value, GREEN if depth.rank >= Depth.ACCEPTED.rank else ORANGE) for depth in Depth}
)
"""Green from an accepted job on: only that shows that a video can be made."""
YES_NO = words({1: ("yes", GREEN), 0: ("no", VERMILION)})
USABLE = words({1: ("usable", GREEN), 0: ("not usable", VERMILION)})
RECOMMENDED = words({1: ("use this", GREEN), 0: ("–", GREY)})
STARS = words(
    {
        5: ("★★★★★", GREEN),
        4: ("★★★★☆", GREEN),
        3: ("★★★☆☆", ORANGE),
        2: ("★★☆☆☆", ORANGE),
        1: ("★☆☆☆☆", VERMILION),
    }
)
INDICATOR_WORDS = words(
    {
        0: ("no incident", GREEN),
        1: ("maintenance", BLUE),
        2: ("minor", ORANGE),
        3: ("major", VERMILION),
        4: ("critical", VERMILION),
    }
)
COMPONENT_WORDS = words(
    {
        0: ("operational", GREEN),
        1: ("under maintenance", BLUE),
        2: ("degraded performance", ORANGE),
        3: ("partial outage", VERMILION),
        4: ("major outage", VERMILION),
    }
)
DISAGREEMENT = words({0: ("agree", GREEN), 1: ("disagree", PINK)})


def null_as(text: str) -> ValueMapping:
    """Return the mapping that gives a missing value its words."""
    return SpecialValueMap(
        DashboardSpecialValueMapOptions(
            match=SpecialValueMatch.NULL_AND_NAN, result=ValueMappingResult(text=text, color=GREY, index=99)
        )
    )


def steps(base: str, *above: tuple[float, str]) -> ThresholdsConfig:
    """Return thresholds: ``base`` colour, and another from each bound on."""
    bounds = [Threshold(value=None, color=base), *(Threshold(value=bound, color=colour) for bound, colour in above)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(bounds)


PLAIN = steps(BLUE)
AVAILABILITY = steps(VERMILION, (0.8, ORANGE), (0.97, SKY), (0.995, GREEN))
"""The bounds of the stars that service_id:sora_service_stability:stars gives for availability."""
COVERAGE = steps(GREY, (0.5, SKY), (0.95, GREEN))
BUDGET_LEFT = steps(VERMILION, (0, ORANGE), (0.25, GREEN))
BURN_RATE = steps(GREEN, (1, ORANGE), (14.4, VERMILION))
DAYS_LEFT = steps(VERMILION, (7, PINK), (30, ORANGE), (90, GREEN))
NONE_IS_GOOD = steps(GREEN, (1, VERMILION))
SOME_IS_WARNING = steps(GREEN, (1, ORANGE))
HOURS_A_DAY = steps(GREEN, (0.01, ORANGE), (1, PINK), (6, VERMILION))


def properties(values: Mapping[str, object]) -> list[DynamicConfigValue]:
    """Return overridden properties in the form of Grafana."""
    return [DynamicConfigValue(name, value) for name, value in values.items()]


def fixed(colour: str) -> Mapping[str, object]:
    """Return the override that paints a series in one colour."""
    return {"color": {"mode": "fixed", "fixedColor": colour}}


def colours(names: Mapping[str, str]) -> list[Override]:
    """Return one override for each name of a series and its colour."""
    return [(name, fixed(colour)) for name, colour in names.items()]


def error_class_colours() -> list[Override]:
    """Return overrides that paint every error class as the status it stands for."""
    by_status: Iterable[tuple[Status, Iterable[ErrorClass]]] = groupby(ErrorClass, key=STATUS_OF.__getitem__)
    members: dict[Status, list[str]] = {}
    for status, classes in by_status:
        members.setdefault(status, []).extend(error_class.value for error_class in classes)
    return [(f"/^({'|'.join(names)})$/", fixed(STATUS_COLOURS[status])) for status, names in members.items()]


DASHED: Mapping[str, object] = {
    "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
    "custom.fillOpacity": 0,
    **fixed(GREY),
}
"""An objective or limit beside a measured value."""
