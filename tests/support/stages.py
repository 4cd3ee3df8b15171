"""Many stories in one run of promtool, each on a stage of its own.

A run costs its rules times its evaluations, since every evaluation parses its rule again; further series cost next to
nothing. Services, providers, products, exporters and pages with other names do not influence each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.alert_stories import Expected, Series, check
from support.choice import Choice

APART = ("service_id", "provider", "product", "instance", "page")
"""The labels whose values differ between stages; every alert of a stage has one of them."""
SPEAKING = "alertstate='firing',severity=~'critical|warning'"


@dataclass(frozen=True)
class Scene:
    """The series of a story, and what queries give at a minute, as in ``alert_stories.check``."""

    series: Iterable[Series]
    expected: Sequence[Expected]


@dataclass(frozen=True)
class Stage:
    """The place of one story: its names begin with that of the stage, in series and in queries."""

    name: str
    choose: Choice

    def own(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Return labels with the names of this stage."""
        return {label: f"{self.name}/{value}" if label in APART else value for label, value in labels.items()}

    def of(self, name: str, /, **labels: str) -> str:
        """Return the selector of this stage's series: with these labels, or of all its services."""
        matchers = [f'{label}="{value}"' for label, value in self.own(labels).items()]
        if not any(label in APART for label in labels):
            matchers.append(f'service_id=~"{self.name}/.*"')
        return f"{name}{{{','.join(matchers)}}}"

    def firing(self, alert: str, /, **labels: str) -> str:
        """Return the selector of an alert of this stage while it fires; without further labels, that of a service."""
        return self.of("ALERTS", alertname=alert, alertstate="firing", **labels)

    def begun(self, alert: str, window: str, /, **labels: str) -> str:
        """Return the query for how many times an alert has begun to fire within a window."""
        firing = self.firing(alert, **labels)
        return f"sum(count_over_time(({firing} unless {firing} offset 1m)[{window}:1m]))"

    def alerts(self, matchers: str, window: str = "") -> str:
        """Return the query for the alerts of this stage, of any label of it; in a window, for how long they lasted."""
        form = f"count_over_time(%s[{window}])" if window else "%s"
        return " or ".join(form % f'ALERTS{{{matchers},{label}=~"{self.name}/.*"}}' for label in APART)

    def expect(self, series: Iterable[Series], expected: Sequence[Expected]) -> Scene:
        """Return the scene of these series; fails if a query reaches beyond this stage."""
        beyond = [query for _, query, _ in expected if f'"{self.name}/' not in query]
        assert not beyond, f"{self.name} asks other stages too: {beyond}"
        return Scene([(name, self.own(labels), values) for name, labels, values in series], expected)

    @property
    def speaking(self) -> str:
        """The query for the number of alerts of this stage that reach a person."""
        return f"count({self.alerts(SPEAKING)})"


Play = Callable[[Stage], Scene]


def perform(directory: Path, plays: Mapping[str, Play], choose: Choice, every: str = "1m") -> dict[str, str]:
    """Run promtool over all plays at once, and return what did not come out, by the play's name."""
    scenes = {name: play(Stage(name, choose)) for name, play in plays.items()}
    series = [one for scene in scenes.values() for one in scene.series]
    try:
        check(directory, series, [one for scene in scenes.values() for one in scene.expected], every)
    except AssertionError as error:
        complaints = str(error).split("    expr: ")[1:]
        found = {name: "\n".join(one for one in complaints if f'\\"{name}/' in one.split("\n")[0]) for name in plays}
        if not any(found.values()):
            raise
        return {name: text for name, text in found.items() if text}
    return {}


class Plays(dict[str, Play]):
    """The plays of one file: as a decorator it makes a test of each, which needs the file's fixture ``failures``."""

    def __call__(self, play: Play) -> Callable[[Mapping[str, str]], None]:
        """Keep the play, and return its test."""
        name = play.__name__.removeprefix("test_")
        self[name] = play

        def test(failures: Mapping[str, str]) -> None:
            assert failures.get(name) is None, failures[name]

        test.__name__ = test.__qualname__ = play.__name__
        test.__module__, test.__doc__ = play.__module__, play.__doc__
        return test
