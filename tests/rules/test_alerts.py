"""Each alert: silent before its condition, firing in it, silent after it; and what its text says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.alert_stories import Story, Values, check, firings, minutes, plain, scrapes, shipped
from support.choice import Choice
from support.stages import Play, Scene, Stage, perform

from sora_exporter.result import ErrorClass, Status

pytestmark = pytest.mark.programs
Series = Iterable[tuple[str, Mapping[str, str], Values]]


@dataclass(frozen=True)
class Case:
    """Series of a length in minutes, and when the alert with these labels must be silent, fire, and be silent again."""

    series: Callable[[], Series]
    before: int
    firing: int
    after: int
    labels: Mapping[str, str] = field(default_factory=dict)
    every: str = "1m"


def met(*stretches: tuple[int, str], objective: float = 0.99) -> Callable[[], Series]:
    """Return the series of a service that meets these classes, and of a healthy one of the same provider."""

    def series() -> Series:
        classes = minutes(*stretches)
        yield from Story(classes, objective=objective).series()
        yield from Story(minutes((len(classes), "none")), "beta", product="q").series()
        yield from scrapes(*[1] * len(classes))

    return series


def alone(*stretches: tuple[int, str]) -> Callable[[], Series]:
    """Return the series of a service that meets these classes."""
    return Story(minutes(*stretches)).series


def routes(*stretches: tuple[int, str]) -> Callable[[], Series]:
    """Return the series of two routes of one product at two providers, of which both meet these classes."""

    def series() -> Series:
        classes = minutes(*stretches)
        for name, provider in (("alpha", "acme"), ("beta", "other")):
            yield from Story(classes, name, provider=provider).series()
            yield from Story(minutes((len(classes), "none")), f"{name}-2", product="q", provider=provider).series()
        yield from scrapes(*[1] * len(classes))

    return series


def whole_provider(*stretches: tuple[int, str]) -> Callable[[], Series]:
    """Return the series of two services of one provider that meet the same classes."""

    def series() -> Series:
        for name in ("alpha", "beta"):
            yield from Story(minutes(*stretches), name, product=name).series()

    return series


def gauge(name: str, *stretches: tuple[int, float], **labels: str) -> Callable[[], Series]:
    """Return one series that holds a value for so many minutes each."""
    return lambda: plain(name, [value for length, value in stretches for _ in range(length)], **labels)


def both(*parts: Callable[[], Series]) -> Callable[[], Series]:
    """Return the series of all parts."""
    return lambda: [one for part in parts for one in part()]


def stopped() -> Series:
    """Yield a service whose canary is no longer tried, and is again later."""
    for name, labels, values in Story(minutes((60, "none")), every=1).series():
        if name == "sora_probe_last_attempt_timestamp_seconds" and labels["probe"] == "canary":
            yield name, labels, [value if minute < 20 or minute > 40 else 1200.0 for minute, value in enumerate(values)]
        else:
            yield name, labels, values


def single_failures() -> Series:
    """Yield the minutes of a service of which one attempt in ten fails singly for two hours, and none afterwards."""
    length = 780
    mine = {"service_id": "alpha"}
    yield "service_id:sora_service_info:last", OF_ALPHA, [1] * length
    yield from plain("service_id:sora_service_objective:ratio", [0.95] * length, **mine)
    yield from plain("service_id:sora_service_evidence:bool", [1] * length, **mine)
    failures = [float(60 <= minute < 180 and minute % 5 == 0) for minute in range(length)]
    yield from plain("service_id:sora_probe_attempts:delta1m", [2] * length, **mine)
    yield from plain("service_id:sora_probe_failures:delta1m", failures, **mine)
    yield from plain("service_id:sora_service_served:ratio", [1 - one / 2 for one in failures], **mine)


CRITICAL, WARNING = {"severity": "critical"}, {"severity": "warning"}
OF_ALPHA = {"service_id": "alpha", "name": "Alpha", "product": "p", "access": "official", "provider": "acme"}
CASES = [
    ("SoraServiceSuspended", Case(met((20, "none"), (20, "unavailable"), (20, "none")), 20, 25, 50, OF_ALPHA)),
    ("SoraServiceRiskControl", Case(met((20, "none"), (20, "captcha"), (220, "none")), 20, 200, 254, OF_ALPHA, "4m")),
    ("SoraServiceDegraded", Case(met((20, "none"), (20, "overloaded"), (20, "none")), 20, 25, 50, OF_ALPHA)),
    ("SoraServiceDegraded", Case(met((20, "none"), (30, "slow"), (20, "none")), 29, 35, 65, OF_ALPHA)),
    (
        "SoraServiceStatusChanged",
        Case(met((20, "none"), (30, "unavailable")), 20, 24, 40, {"from": "operational", "to": "suspended"}),
    ),
    (
        "SoraServiceSunsetNear",
        Case(
            both(
                met((60, "none")),
                gauge(
                    "sora_service_sunset_timestamp_seconds",
                    (20, 86400 * 31.0),
                    (20, 86400 * 9.0),
                    (20, 1.0),
                    service_id="alpha",
                ),
            ),
            15,
            30,
            55,
            OF_ALPHA,
        ),
    ),
    (
        "SoraProductUnavailable",
        Case(routes((20, "none"), (20, "overloaded"), (20, "none")), 20, 26, 50, {"product": "p", **CRITICAL}),
    ),
    (
        "SoraErrorBudgetBurnFast",
        Case(met((10, "none"), (80, "overloaded"), (10, "none")), 64, 80, 96, {**OF_ALPHA, **CRITICAL}),
    ),
    (
        "SoraErrorBudgetBurnSlow",
        Case(
            single_failures,
            119,
            240,
            720,
            {**OF_ALPHA, **WARNING},
            every="10m",
        ),
    ),
    ("SoraProbeStale", Case(stopped, 20, 30, 50, {"probe": "canary", "reason": "stopped", **OF_ALPHA})),
    (
        "SoraProbeStale",
        Case(
            alone((300, "none"), (750, "invalid_request"), (760, "none")),
            1490,
            1600,
            1800,
            {"reason": "thin", **OF_ALPHA},
            every="10m",
        ),
    ),
    (
        "SoraProbeAuthenticationFailing",
        Case(
            met((20, "none"), (20, "authentication"), (20, "none")),
            21,
            30,
            55,
            {"provider": "acme", "error_class": "authentication", **CRITICAL},
        ),
    ),
    (
        "SoraProbeQuotaExhausted",
        Case(met((20, "none"), (20, "quota_exhausted"), (20, "none")), 21, 30, 55, {"provider": "acme", **CRITICAL}),
    ),
    (
        "SoraProbeBudgetExhausted",
        Case(
            both(
                gauge("sora_probe_budget_spent_usd", (10, 0.1), (10, 0.95), (10, 0.0), instance="a"),
                gauge("sora_probe_budget_usd", (30, 1.0), instance="a"),
            ),
            9,
            15,
            25,
            {"instance": "a"},
        ),
    ),
    (
        "SoraProviderBalanceLow",
        Case(
            both(
                gauge("sora_provider_balance", (10, 9.0), (20, 3.0), (10, 20.0), provider="acme", unit="USD"),
                gauge("sora_provider_balance_low", (40, 5.0), provider="acme", unit="USD"),
            ),
            9,
            20,
            35,
            {"provider": "acme", "unit": "USD", **WARNING},
        ),
    ),
    (
        "SoraProbeJobsAbandoned",
        Case(
            gauge("sora_probe_jobs_abandoned_total", (10, 0.0), (90, 1.0), provider="acme"),
            9,
            20,
            90,
            {"provider": "acme", **WARNING},
        ),
    ),
    (
        "SoraProviderDown",
        Case(
            whole_provider((20, "none"), (20, "connection"), (20, "none")), 20, 26, 50, {"provider": "acme", **CRITICAL}
        ),
    ),
    (
        "SoraTLSExpiry",
        Case(
            gauge(
                "sora_probe_tls_expiry_timestamp_seconds",
                (20, 86400 * 15.0),
                (20, 86400 * 9.0),
                (20, 86400 * 99.0),
                provider="acme",
            ),
            15,
            30,
            50,
            {"provider": "acme", **WARNING},
        ),
    ),
    (
        "SoraStatusPageIncident",
        Case(
            gauge("sora_status_page_indicator", (10, 0.0), (20, 1.0), (30, 0.0), page="acme", indicator="critical"),
            9,
            20,
            55,
            {"page": "acme", **WARNING},
        ),
    ),
    (
        "SoraStatusPageIncident",
        Case(
            gauge(
                "sora_status_page_component_status",
                (10, 0.0),
                (20, 1.0),
                (30, 0.0),
                page="acme",
                component="c",
                status="major_outage",
            ),
            9,
            20,
            55,
            {"page": "acme", **WARNING},
        ),
    ),
    (
        "SoraExporterDown",
        Case(
            lambda: [*scrapes(*[1] * 10, *[0] * 20, *[1] * 10), *scrapes(*[1] * 40, instance="b")],
            9,
            20,
            35,
            {"instance": "a", "scope": "replica", **WARNING},
        ),
    ),
    (
        "SoraConfigReloadFailed",
        Case(
            gauge(
                "sora_exporter_config_last_reload_successful",
                (10, 1.0),
                (20, 0.0),
                (10, 1.0),
                job="sora_exporter",
                instance="a",
            ),
            9,
            20,
            35,
            {"instance": "a", **WARNING},
        ),
    ),
    (
        "SoraServiceMaintenance",
        Case(met((20, "none"), (20, "maintenance"), (20, "none")), 19, 25, 50, {"severity": "none"}),
    ),
    (
        "SoraServiceRetired",
        Case(met((20, "none"), (20, "model_retired"), (20, "none")), 19, 25, 50, {"severity": "none"}),
    ),
]


OF_ALL = [
    (
        "SoraLocalNetworkDown",
        Case(whole_provider((20, "none"), (20, "local_network"), (20, "none")), 20, 26, 50, CRITICAL),
    ),
    (
        "SoraExporterDown",
        Case(lambda: scrapes(*[1] * 10, *[0] * 20, *[1] * 10), 9, 20, 35, {"scope": "all", **CRITICAL}),
    ),
    (
        "SoraExporterDown",
        Case(
            lambda: plain("up", [1] * 10 + [None] * 20 + [1] * 10, job="sora_exporter", instance="a"),
            9,
            20,
            35,
            {"scope": "all", **CRITICAL},
        ),
    ),
]
"""Cases that concern all exporters at once, so that no other story can share their run."""


def named(cases: Iterable[tuple[str, Case]]) -> dict[str, tuple[str, Case]]:
    """Return the cases with a name for each."""
    return {f"{alert}-{number}": (alert, case) for number, (alert, case) in enumerate(cases)}


def play(alert: str, case: Case) -> Play:
    """Return the story of a case, to be played among others."""

    def on(stage: Stage) -> Scene:
        mine = f"count({stage.firing(alert, **case.labels)})"
        matchers = f'alertname="{alert}",alertstate="firing"'
        silent = f"count({stage.alerts(matchers)})"
        expected = [(case.before, silent, None), (case.firing, mine, 1), (case.after, silent, None)]
        return stage.expect(case.series(), expected)

    return on


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory, short_or_long: Choice) -> Mapping[str, str]:
    """The cases that did not come out as expected, of one run over all of the same interval of evaluation."""
    plays: dict[str, dict[str, Play]] = defaultdict(dict)
    for name, (alert, case) in named(CASES).items():
        plays[case.every][name] = play(alert, case)
    runs = [perform(tmp_path_factory.mktemp(every), some, short_or_long, every) for every, some in plays.items()]
    return {name: failure for run in runs for name, failure in run.items()}


@pytest.mark.parametrize("name", named(CASES))
def test_alert(name: str, failures: Mapping[str, str]) -> None:
    """The alert is silent before, fires with its labels once in its condition, and is silent after it."""
    assert failures.get(name) is None, failures[name]


@pytest.mark.parametrize(("alert", "case"), named(OF_ALL).values(), ids=named(OF_ALL))
def test_alert_about_all_exporters(tmp_path: Path, alert: str, case: Case) -> None:
    """The alert about all exporters is silent before, fires once in its condition, and is silent after it."""
    mine, silent = f"count({firings(alert, **case.labels)})", f"count({firings(alert)})"
    expected = [(case.before, silent, None), (case.firing, mine, 1), (case.after, silent, None)]
    check(tmp_path, case.series(), expected)


def test_a_paid_probe_that_waits_is_not_stale(tmp_path: Path) -> None:
    """After an attempt that made no job a paid probe may wait for a day; one whose attempts succeed may not."""
    length = 1680
    series = []
    for service_id, success in (("alpha", 0), ("beta", 1)):
        named = Story(minutes((length, "none")), service_id).series()
        series += [one for one in named if one[0] == "sora_service_info"]
        probe = {"job": "sora_exporter", "instance": "a", "service_id": service_id, "probe": "submit"}
        for name, value in (("interval_seconds", 3600.0), ("last_attempt_timestamp_seconds", 60.0)):
            series.append((f"sora_probe_{name}", probe, [value] * length))
        series.append(("sora_probe_success", probe, [success] * length))
    stale = [f"count({firings('SoraProbeStale', service_id=one, probe='submit')})" for one in ("alpha", "beta")]
    waiting, after = (240, stale[0], None), (1660, stale[0], 1)
    check(tmp_path, series, [waiting, (240, stale[1], 1), (1620, stale[0], None), after], every="20m")


def test_the_watchdog_fires_always(tmp_path: Path) -> None:
    """The dead man's switch hears from the first evaluation on."""
    check(
        tmp_path,
        scrapes(1, 1, 1),
        [(0, f"count({firings('SoraWatchdog')})", 1), (2, f"count({firings('SoraWatchdog')})", 1)],
    )


def test_every_alert_has_a_case() -> None:
    """No alert is without a proof that it fires and ends."""
    assert {alert for alert, _ in [*CASES, *OF_ALL]} | {"SoraWatchdog"} == {rule["alert"] for rule in shipped("alerts")}


def test_the_class_table_is_the_exporters(tmp_path: Path) -> None:
    """The rules rank each error class as the exporter does, and leave those of our own side out."""
    ranks = [*(status for status in Status if status is not Status.UNKNOWN)]
    expected = [
        (
            0,
            f'sum(error_class:sora_service_severity:rank{{error_class="{one.value}"}})',
            None if one.status is Status.UNKNOWN else 0 if one is ErrorClass.SLOW else ranks.index(one.status),
        )
        for one in ErrorClass
    ]
    check(tmp_path, scrapes(1), expected)
