"""The rules over whole troubles: one episode, one alert, true figures."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.alert_stories import Expected, Series, Story, check, firings, minutes, plain, scrapes
from support.choice import Choice
from support.stages import SPEAKING, Plays, Scene, Stage, perform

pytestmark = pytest.mark.programs
P = "service_id:sora_service_"
RECOMMENDED = "product_service_id:sora_service_recommended:bool"
STATUS_SINCE = "sora_service_status_since_timestamp_seconds"
PLAYS, HOURS = Plays(), Plays()
"""Stories of about an hour, and those of many hours; a run takes as long as its longest story."""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory, short_or_long: Choice) -> Mapping[str, str]:
    """The stories that did not come out as expected, of one run over the short ones and one over the long ones."""
    short = perform(tmp_path_factory.mktemp("short"), PLAYS, short_or_long)
    long = perform(tmp_path_factory.mktemp("long"), HOURS, short_or_long, short_or_long("3m", "1m"))
    return {**short, **long}


def half_broken(hours: int, share: float, seed: int = 1) -> list[str]:
    """Return the classes of a service under risk control, of which this share of requests gets through."""
    chance = random.Random(seed)
    return ["none" if chance.random() < share else "rate_limited" for _ in range(hours * 60)]


@PLAYS
def test_half_broken_for_hours_is_one_episode(stage: Stage) -> Scene:
    """Hours of which half of the requests succeed are one episode of this length, and half available."""
    hours, after = stage.choose((1, 65), (9, 205))
    over = 20 + 60 * hours
    broken = half_broken(hours, 0.5)
    refused = broken.count("rate_limited")
    # The half hour after the last refusal belongs to the requests under risk control.
    share = (broken.count("none") + 30) / (len(broken) + 30)
    story = Story([*minutes((20, "none")), *broken, *minutes((after, "none"))])
    end = over + after - 5
    return stage.expect(
        [*story.series(), *scrapes(*[1] * len(story.classes))],
        [
            (end, f"sum({stage.of(P + 'risk_control_episodes:sum24h')})", 1),
            (end, f"abs(sum({stage.of(P + 'risk_control_hours:sum24h')}) - {hours}) < bool {hours / 10}", 1),
            (end, f"abs(sum({stage.of(P + 'risk_control_success:ratio24h')}) - {share}) < bool 0.03", 1),
            (end, f"abs(sum({stage.of(P + 'availability:ratio24h')}) - ({end} - {refused}) / {end}) < bool 0.02", 1),
        ],
    )


@HOURS
def test_half_broken_for_hours_is_one_alert(stage: Stage) -> Scene:
    """Hours of which half of the requests succeed are one alert, which ends with the calm after them."""
    hours = stage.choose(1, 9)
    over = 20 + 60 * hours
    story = Story([*minutes((20, "none")), *half_broken(hours, 0.5), *minutes((220, "none"))])
    return stage.expect(
        [*story.series(), *scrapes(*[1] * len(story.classes))],
        [
            (over + 200, stage.begun("SoraServiceRiskControl", f"{over + 190}m"), 1),
            (over + 140, f"count({stage.firing('SoraServiceRiskControl')})", 1),
            (over + 215, f"count({stage.firing('SoraServiceRiskControl')})", None),
            (over + 140, stage.speaking, 1),
        ],
    )


@PLAYS
def test_three_refusals_within_half_an_hour_are_an_episode(stage: Stage) -> Scene:
    """Single refusals with successes between them are risk control from the third within half an hour on."""
    refusals = {"twice": (20, 26), "thrice": (20, 26, 32), "rarely": (2, 22, 42)}
    series: list[Series] = []
    for name, times in refusals.items():
        classes = minutes((45, "none"))
        for minute in times:
            classes[minute] = "captcha"
        series += Story(classes, name, every=2).series()
    begun = [
        f"sum(count_over_time({stage.of(P + 'risk_control_start:bool', service_id=name)}[45m]))" for name in refusals
    ]
    expected = [(44, query, value) for query, value in zip(begun, (None, 1, None), strict=True)]
    return stage.expect([*series, *scrapes(*[1] * 45)], expected)


def since_the_first_failure(story: Story) -> list[Series]:
    """Return the series of a story that fails from its twentieth minute on, first 40 s after that minute."""
    return [
        (name, labels, [*values[:20], *[1240.0] * 3] if name == STATUS_SINCE else values)
        for name, labels, values in story.series()
    ]


@PLAYS
def test_a_fault_of_create_requests_is_known_soon(stage: Stage) -> Scene:
    """A fault that only requests to create meet is a notification 80 s after the first that failed.

    The provider's other service works, or it has no other.
    """
    failing, working = minutes((20, "none"), (3, "overloaded")), minutes((23, "none"))
    return stage.expect(
        [
            *since_the_first_failure(Story(failing, "one", product="p", provider="two services")),
            *Story(working, "another", product="q", provider="two services").series(),
            *since_the_first_failure(Story(failing, "only", product="r", provider="one service")),
            *scrapes(*[1] * 23),
        ],
        [
            (21, stage.speaking, None),
            (22, f"count({stage.firing('SoraServiceDegraded', service_id='one')})", 1),
            (22, f"count({stage.firing('SoraServiceDegraded', service_id='only')})", 1),
        ],
    )


@PLAYS
def test_services_of_a_provider_that_fail_together_wait_for_its_own_alert(stage: Stage) -> Scene:
    """While every service of a provider fails, none speaks for itself before two minutes have passed."""
    failing = [Story(minutes((20, "none"), (3, "connection")), name) for name in ("alpha", "beta")]
    return stage.expect(
        [*(one for story in failing for one in since_the_first_failure(story)), *scrapes(*[1] * 23)],
        [
            (22, f"sum({stage.of(P + 'own_trouble:severity')})", None),
            (22, f"count({stage.firing('SoraProviderDown', provider='acme')})", 1),
        ],
    )


@PLAYS
def test_single_failed_attempts_are_no_trouble(stage: Stage) -> Scene:
    """One attempt in a hundred that fails by itself costs one per cent, no alert and no star but the one of 99 %."""
    length = stage.choose(200, 1440)
    any_alert = stage.alerts("severity!='none'", "1d")
    classes = minutes((length, "none"))
    for minute in range(50, length, 100):
        classes[minute] = "server_error"
    return stage.expect(
        [*Story(classes, objective=0.995).series(), *scrapes(*[1] * length)],
        [
            (length - 5, f"abs(sum({stage.of(P + 'availability:ratio24h')}) - 0.99) < bool 0.003", 1),
            (length - 5, f"sum({stage.of(P + 'stability:stars')})", 4),
            (length - 5, f"sum({any_alert})", None),
        ],
    )


@PLAYS
def test_failures_from_before_the_rules_are_not_those_of_a_minute(stage: Stage) -> Scene:
    """A counter of failures whose sum is first recorded at 500, long after the attempts, costs no availability."""
    labels = {"job": "sora_exporter", "instance": "a", "service_id": "alpha", "probe": "canary"}
    old = plain("sora_probe_failures_total", [None] * 20 + [500] * 20, **labels, error_class="overloaded")
    series = [*Story(minutes((40, "none"))).series(), *old, *scrapes(*[1] * 40)]
    return stage.expect(series, [(38, f"sum(min_over_time({stage.of(P + 'served:ratio')}[38m]))", 1)])


@PLAYS
def test_faults_that_ended_between_two_scrapes_are_not_one(stage: Stage) -> Scene:
    """Two single failures at two scrapes are two faults if the exporter's status began anew, and one if it did not."""
    classes = minutes((20, "none"), (2, "server_error"), (20, "none"))
    series = [*Story(classes, "anew").series(), *Story(classes, "same").series(), *scrapes(*[1] * 42)]
    anew = [
        (name, labels, [*values[:21], 1251.0, *values[22:]])
        if name == STATUS_SINCE and labels["service_id"] == "anew"
        else (name, labels, values)
        for name, labels, values in series
    ]
    worst = [
        f"sum(max_over_time({stage.of(P + 'observed_severity:last', service_id=one)}[40m]))" for one in ("anew", "same")
    ]
    return stage.expect(anew, [(40, worst[0], 0), (40, worst[1], 1)])


@HOURS
def test_a_flapping_service_is_one_alert_from_its_second_fault_on(stage: Stage) -> Scene:
    """Faults of six minutes every twelve, for two hours, begin an alert twice and not ten times."""
    flaps = minutes(*[stretch for _ in range(10) for stretch in ((6, "server_error"), (6, "none"))])
    story = Story([*minutes((30, "none")), *flaps, *minutes((120, "none"))])
    return stage.expect(
        [*story.series(), *scrapes(*[1] * 270)],
        [
            (265, stage.begun("SoraServiceDegraded", "260m"), 2),
            (140, f"count({stage.firing('SoraServiceDegraded')})", 1),
            (265, f"count({stage.firing('SoraServiceDegraded')})", None),
        ],
    )


@PLAYS
def test_a_new_status_within_a_trouble_is_no_new_alert(stage: Stage) -> Scene:
    """Degraded, then risk control, then suspended without a success between: the alert of the beginning goes on."""
    story = Story(minutes((20, "none"), (10, "timeout"), (10, "captcha"), (10, "unavailable"), (10, "timeout")))
    other = Story(minutes((60, "none")), "beta", provider="other")
    return stage.expect(
        [*story.series(), *other.series(), *scrapes(*[1] * 60)],
        [
            (28, stage.speaking, 1),
            (59, f"count({stage.firing('SoraServiceDegraded')})", 1),
            (59, f"count({stage.firing('SoraServiceSuspended')})", None),
            (59, f"count({stage.firing('SoraServiceRiskControl')})", None),
            (59, stage.begun("SoraServiceDegraded", "58m"), 1),
        ],
    )


@PLAYS
def test_a_trouble_has_its_true_beginning_and_end(stage: Stage) -> Scene:
    """The times in the text are those of the first and last failed attempt, and the lost minutes are its length."""
    story = Story(minutes((30, "none"), (20, "connection"), (10, "none")))
    return stage.expect(
        [*story.series(), *scrapes(*[1] * 60)],
        [
            (50, f"sum({stage.of(P + 'trouble_since_timestamp_seconds:min')})", 1800),
            (50, f"sum({stage.of(P + 'trouble_seen_timestamp_seconds:max')})", 2940),
            (50, f"abs(sum({stage.of(P + 'trouble_lost_minutes:sum')}) - 20) < bool 1.5", 1),
            (54, f"sum({stage.of(P + 'trouble:severity')})", None),
        ],
    )


def provider_outage(length: int) -> list[Story]:
    """Return three services of one provider that goes down as a whole, and one of another."""
    down = minutes((30, "none"), (length, "connection"), (30, "none"))
    mine = [Story(down, name, product=f"p-{name}") for name in ("alpha", "beta", "gamma")]
    return [*mine, Story(minutes((60 + length, "none")), "delta", provider="other", product="p-delta")]


@PLAYS
def test_an_outage_of_a_provider_is_one_alert(stage: Stage) -> Scene:
    """All services of a provider fail: the provider's alert fires, none of its services and products, and it ends."""
    stories = provider_outage(15)
    others = f"{SPEAKING},alertname!='SoraProviderDown'"
    return stage.expect(
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * 75)],
        [
            (40, f"count({stage.firing('SoraProviderDown', provider='acme')})", 1),
            (40, stage.speaking, 1),
            (74, stage.begun("SoraProviderDown", "70m", provider="acme"), 1),
            (50, stage.speaking, None),
            (74, f"sum({stage.alerts(others, '70m')})", None),
        ],
    )


def two_places(us: list[str], eu: list[str]) -> list[Story]:
    """Return one service as two places see it."""
    return [
        Story(us, target={"instance": "a", "location": "us"}),
        Story(eu, target={"instance": "b", "location": "eu"}),
    ]


@PLAYS
def test_the_deeper_and_newer_evidence_of_two_places_decides(stage: Stage) -> Scene:
    """Of two places of which one fails to create, the one that tried last is right, not the milder one."""
    failing, working = minutes((20, "none"), (20, "overloaded")), minutes((40, "none"))
    us, eu = {"instance": "a", "location": "us"}, {"instance": "b", "location": "eu"}
    stories = [
        Story(failing, "older", target=us),
        Story(working, "older", every=40, target=eu),
        Story(failing, "newer", every=20, target=us),
        Story(working, "newer", target=eu),
    ]
    return stage.expect(
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * 40)],
        [
            (35, f"sum({stage.of(P + 'severity:median', service_id='older')})", 1),
            (35, f"sum({stage.of(P + 'severity:median', service_id='newer')})", 0),
        ],
    )


@PLAYS
def test_a_second_place_leaves_availability_as_it_is(stage: Stage) -> Scene:
    """Two places that see the same half of a service with chances of their own measure what one place does."""
    hours = stage.choose(2, 9)
    us, eu = ([*minutes((60, "none")), *half_broken(hours, 0.4, seed), *minutes((60, "none"))] for seed in (1, 2))
    end = len(us) - 5
    failed = (us.count("rate_limited") + eu.count("rate_limited")) / 2
    return stage.expect(
        [*(one for story in two_places(us, eu) for one in story.series()), *scrapes(*[1] * len(us))],
        [
            (end, f"abs(sum({stage.of(P + 'availability:ratio24h')}) - ({end} - {failed}) / {end}) < bool 0.01", 1),
            (end, f"sum({stage.of(P + 'risk_control_episodes:sum24h')})", 1),
        ],
    )


@PLAYS
def test_a_place_that_sees_nothing_is_one_alert(stage: Stage) -> Scene:
    """A place whose network is gone, while another sees the services, is one warning; availability goes on."""
    stories = two_places(minutes((60, "none")), minutes((20, "none"), (30, "local_network"), (10, "none")))
    return stage.expect(
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * 60)],
        [
            (19, stage.speaking, None),
            (40, stage.speaking, 1),
            (40, f"count({stage.firing('SoraLocalNetworkDown', severity='warning', instance='b')})", 1),
            (59, stage.speaking, None),
            (59, f"sum({stage.of(P + 'availability:ratio1h')})", 1),
        ],
    )


def test_a_long_loss_of_our_network_is_one_alert(tmp_path: Path, short_or_long: Choice) -> None:
    """Two hours (fourteen in the full form) without a network are one alert then, and none about coverage later."""
    hours, calm, every = short_or_long((2, 60, "4m"), (14, 600, "1m"))
    lost = minutes((20, "none"), (60 * hours, "local_network"), (calm, "none"))
    stories = [Story(lost, "alpha"), Story(lost, "beta", provider="other")]
    # The network of all exporters, so that no other story can share the run.
    check(
        tmp_path,
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * len(lost))],
        [
            (60 * hours, f"count(ALERTS{{{SPEAKING}}})", 1),
            (60 * hours, f"count({firings('SoraLocalNetworkDown', severity='critical')})", 1),
            (
                len(lost) - 10,
                "sum(count_over_time(ALERTS{severity!='none',alertname!='SoraLocalNetworkDown'}[1d]))",
                None,
            ),
        ],
        every,
    )


@PLAYS
def test_a_dead_shard_is_one_alert_about_its_services(stage: Stage) -> Scene:
    """An exporter that nothing replaces is one critical alert of scope shard, and mutes nothing else."""
    gone = Story(minutes((20, "none")), "alpha", target={"instance": "a"})
    there = Story(minutes((60, "none")), "beta", provider="other", target={"instance": "b"})
    return stage.expect(
        [*gone.series(), *there.series(), *scrapes(*[1] * 20, *[0] * 30, *[1] * 10), *scrapes(*[1] * 60, instance="b")],
        [
            (15, stage.speaking, None),
            (45, stage.speaking, 1),
            (45, f"count({stage.firing('SoraExporterDown', scope='shard', severity='critical', instance='a')})", 1),
            (55, stage.speaking, None),
        ],
    )


@HOURS
def test_a_gap_of_three_hours_splits_no_episode(stage: Stage) -> Scene:
    """Scrapes that are missing for three hours within an episode leave it one, and its hours whole."""
    before, broken, after = stage.choose((20, 240, 20), (60, 400, 300))
    length = before + broken + after
    story = Story(minutes((before, "none"), (broken, "captcha"), (after, "none")))
    gap = range(before + 30, before + 205)
    series = [
        (name, labels, [None if minute in gap else value for minute, value in enumerate(values)])
        for name, labels, values in story.series()
    ]
    return stage.expect(
        [*series, *scrapes(*[1] * length)],
        [
            (length - 4, f"sum({stage.of(P + 'risk_control_episodes:sum24h')})", 1),
            (length - 4, f"abs(sum({stage.of(P + 'risk_control_hours:sum24h')}) - {broken} / 60) < bool 0.1", 1),
        ],
    )


@PLAYS
def test_a_prometheus_that_restarts_continues_an_episode(stage: Stage) -> Scene:
    """Ten minutes without Prometheus leave an episode one, count within its hours, and its trouble goes on."""
    mine, before = {"service_id": "alpha"}, 61
    recorded = [
        (f"{P}risk_control_seen:timestamp", mine, [60.0 * minute for minute in range(before)]),
        (f"{P}risk_control_start:bool", mine, [1]),
        (f"{P}trouble:severity", mine, [2] * before),
        (f"{P}own_trouble:severity", mine, [2] * before),
    ]
    story = Story(minutes((120, "captcha")))
    scraped = [(name, labels, [None] * 70 + list(values[70:])) for name, labels, values in story.series()]
    return stage.expect(
        [*recorded, *scraped, *scrapes(*[1] * 120)],
        [
            (110, f"sum(count_over_time({stage.of(P + 'risk_control_start:bool')}[115m]))", 1),
            (110, f"sum(sum_over_time({stage.of(P + 'risk_control_minutes:delta')}[45m])) > bool 48", 1),
            (80, f"count({stage.firing('SoraServiceRiskControl')})", 1),
        ],
    )


@PLAYS
def test_an_exporter_that_restarts_ends_no_trouble(stage: Stage) -> Scene:
    """Two minutes of knowing nothing within a fault leave it one alert."""
    story = Story(minutes((20, "none"), (10, "unavailable"), (2, "not_probed"), (10, "unavailable"), (10, "none")))
    return stage.expect(
        [*story.series(), *scrapes(*[1] * 52)],
        [(51, stage.begun("SoraServiceSuspended", "50m"), 1), (40, stage.speaking, 1), (51, stage.speaking, None)],
    )


@PLAYS
def test_an_exporter_that_restarts_takes_no_route_away(stage: Stage) -> Scene:
    """A route that works still counts while nothing is known for three minutes, beside one under risk control."""
    shaky = Story(minutes((20, "none"), (10, "captcha"), (3, "not_probed"), (7, "captcha")))
    steady = Story(minutes((30, "none"), (3, "not_probed"), (7, "none")), "beta", provider="other")
    return stage.expect(
        [*shaky.series(), *steady.series(), *scrapes(*[1] * 40)],
        [
            (minute, f"count({stage.firing('SoraProductUnavailable', product='p')})", None)
            for minute in (31, 32, 33, 35)
        ],
    )


@PLAYS
def test_a_renamed_service_keeps_its_figures(stage: Stage) -> Scene:
    """A new name changes the label of an alert's service, and neither doubles it nor its availability."""
    renamed = []
    for name, labels, values in Story(minutes((30, "none"), (30, "unavailable"))).series():
        if name == "sora_service_info":
            renamed.append((name, {**labels, "name": "Old"}, [1] * 20 + [None] * 40))
            renamed.append((name, labels, [None] * 20 + [1] * 40))
        else:
            renamed.append((name, labels, values))
    return stage.expect(
        [*renamed, *scrapes(*[1] * 60)],
        [
            (50, f"count({stage.firing('SoraServiceSuspended', name='Alpha')})", 1),
            (50, stage.speaking, 1),
            (59, f"count({stage.of(P + 'availability:ratio1h')})", 1),
        ],
    )


@PLAYS
def test_a_clock_a_minute_off_changes_nothing(stage: Stage) -> Scene:
    """An exporter whose clock is a minute slow or fast still has its fault confirmed and its recovery seen."""
    classes, clocks = minutes((20, "none"), (20, "unavailable"), (10, "none")), {"slow": -60, "fast": 60}
    series = [
        (
            name,
            labels,
            [None if value is None else value + shift for value in values] if "timestamp" in name else values,
        )
        for service_id, shift in clocks.items()
        for name, labels, values in Story(classes, service_id, product=service_id, provider=service_id).series()
    ]
    expected: list[Expected] = [(25, stage.speaking, 2), (49, stage.speaking, None)]
    for service_id in clocks:
        firing = stage.firing("SoraServiceSuspended", service_id=service_id)
        begun = stage.begun("SoraServiceSuspended", "48m", service_id=service_id)
        expected += [(25, f"count({firing})", 1), (49, begun, 1)]
    return stage.expect([*series, *scrapes(*[1] * 50)], expected)


@PLAYS
def test_maintenance_uses_up_the_budget_in_every_figure(stage: Stage) -> Scene:
    """Two hours of announced maintenance raise no alert, and the burn rate and the remaining budget agree."""
    before, after = stage.choose((60, 60), (240, 120))
    length = before + 120 + after
    share = f"120 / {length}"
    return stage.expect(
        [
            *Story(minutes((before, "none"), (120, "maintenance"), (after, "none"))).series(),
            *scrapes(*[1] * length),
        ],
        [
            (before + 60, stage.speaking, None),
            (length, f"abs(sum({stage.of(P + 'burnrate:ratio1d')}) - ({share}) / 0.01) < bool 0.5", 1),
            (
                length,
                f"abs(sum({stage.of(P + 'error_budget_remaining:ratio30d')}) - (1 - ({share}) / 0.01)) < bool 0.5",
                1,
            ),
        ],
    )


@HOURS
def test_a_month_counts_before_one_calm_day(stage: Stage) -> Scene:
    """Of two routes that work, the one with the better record is recommended, and price decides only between equals."""
    length = stage.choose(260, 360)
    good = Story(minutes((length, "none")), "good")
    shaky = Story(minutes((30, "none"), (60, "unavailable"), (length - 90, "none")), "shaky")
    equal = Story(minutes((length, "none")), "equal")
    price = {"good": 3.0, "shaky": 1.0, "equal": 2.0}
    prices = [
        one
        for name, usd in price.items()
        for one in plain("sora_service_price_usd", [usd] * length, service_id=name, unit="second")
    ]
    return stage.expect(
        [*(one for story in (good, shaky, equal) for one in story.series()), *prices, *scrapes(*[1] * length)],
        [
            (length - 5, f"sum({stage.of(RECOMMENDED, service_id='equal')})", 1),
            (length - 5, f"sum({stage.of(RECOMMENDED)})", 1),
        ],
    )
