"""Colours and the words that go with them: no information depends on colour alone.

The palette is Okabe and Ito's, which people with any colour vision can distinguish.
Source: https://jfly.uni-koeln.de/color/ (2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

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

from sora_exporter.report.recommendations import USES
from sora_exporter.result import STATUS_OF, Depth, ErrorClass, Status
from sora_exporter.words import plain_words

GREEN, ORANGE, PINK, VERMILION, BLUE, GREY, SKY = (
    "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#999999", "#56B4E9",
)  # fmt: skip

STATUS_COLOURS: Mapping[Status, str] = {
    Status.OPERATIONAL: GREEN,
    Status.DEGRADED: ORANGE,
    Status.RISK_CONTROL: PINK,
    Status.MAINTENANCE: BLUE,
    Status.SUSPENDED: VERMILION,
    Status.RETIRED: GREY,
    Status.UNKNOWN: SKY,
}
USD = "prefix:$"
"""Dollars in full: Grafana's own unit writes a thousand of them as $1.00K."""

NEUTRAL = "transparent"
"""The colour of a missing value, which is neither good nor bad."""

RETIRED_LAST, UNKNOWN = -1, 0.5
STATUS_CODES: Mapping[float, Status] = {
    4: Status.SUSPENDED,
    3: Status.MAINTENANCE,
    2: Status.RISK_CONTROL,
    1: Status.DEGRADED,
    UNKNOWN: Status.UNKNOWN,
    0: Status.OPERATIONAL,
    5: Status.RETIRED,
    RETIRED_LAST: Status.RETIRED,
}
"""The recorded severities, and two of our own: unknown, and retired below operational. So the worst sorts first."""

ACCESS_COLOURS: Mapping[str, str] = {"official": BLUE, "reverse": ORANGE}

GOOD_FOR_TEXTS = {"production": "production", "high_volume": "high volume", "budget": "low budget"}

Override = tuple[str, Mapping[str, object]]
"""A field's name, or /regular expression/, and the properties it overrides."""


def words(texts: Mapping[Any, tuple[str, str]]) -> list[ValueMapping]:
    """Return mappings from numbers, or from labels, to (text, colour)."""
    return [
        ValueMap(
            {
                value if isinstance(value, str) else f"{value:g}": ValueMappingResult(
                    text=text, color=colour, index=index
                )
                for index, (value, (text, colour)) in enumerate(texts.items())
            }
        )
    ]


STATUS_WORDS = words(
    {code: (status.value.replace("_", " "), STATUS_COLOURS[status]) for code, status in STATUS_CODES.items()}
)
DEPTH_WORDS = words(
    {float(depth.rank): (depth.value, GREEN if depth.rank >= Depth.ACCEPTED.rank else ORANGE) for depth in Depth}
)
"""Green from an accepted job on: only that shows that a video can be made."""
CLASS_WORDS = words(
    {
        error_class.value: (
            "–" if error_class is ErrorClass.NONE else text.name.lower(),
            STATUS_COLOURS[STATUS_OF[error_class]],
        )
        for error_class, text in plain_words("en").error_classes.items()
    }
)
"""The reasons as the status page names them."""
SEVERITY_WORDS = words(
    {"1 critical": ("critical", VERMILION), "2 warning": ("warning", ORANGE), "3 info": ("info", SKY)}
)
"""Numbered by the queries, since a table sorts texts by the alphabet."""
YES_NO = words({1: ("yes", GREEN), 0: ("no", VERMILION)})
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
GOOD_FOR_WORDS = words(
    {
        float(code): (GOOD_FOR_TEXTS[use.name], colour)
        for (code, use), colour in zip(enumerate(USES, start=1), (GREEN, SKY, ORANGE), strict=True)
    }
    | {0: ("nothing now", VERMILION)}
)
DISAGREEMENT = words({0: ("agree", GREEN), 1: ("disagree", PINK)})


def null_as(text: str) -> list[ValueMapping]:
    """Return the mappings that give a missing value, or an empty label, its words and no colour."""
    result = ValueMappingResult(text=text, color=NEUTRAL, index=99)
    return [
        SpecialValueMap(DashboardSpecialValueMapOptions(match=match, result=result))
        for match in (SpecialValueMatch.NULL_AND_NAN, SpecialValueMatch.EMPTY)
    ]


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
CERTIFICATE_LEFT = steps(VERMILION, (3, ORANGE), (14, GREEN))
"""Certificates live for ninety days and less; the alert comes two weeks before the end."""
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


def error_class_names() -> list[Override]:
    """Return overrides that give every error class the name it has on the status page."""
    texts = plain_words("en").error_classes
    return [(error_class.value, {"displayName": texts[error_class].name.lower()}) for error_class in ErrorClass]


DASHED: Mapping[str, object] = {
    "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
    "custom.fillOpacity": 0,
    **fixed(GREY),
}
"""An objective or limit beside a measured value."""
DOTTED: Mapping[str, object] = {"custom.lineStyle": {"fill": "dot", "dash": [2, 6]}, **fixed(ORANGE)}
"""A forecast beside a measured value."""
