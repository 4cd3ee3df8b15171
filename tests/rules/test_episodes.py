"""The rules over whole troubles: one episode, one alert, true figures."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.alert_stories import Story, check, firings, minutes, plain, scrapes
from support.choice import Choice

pytestmark = pytest.mark.programs
P = "service_id:sora_service_"
SPEAKING = 'count(ALERTS{alertstate="firing",severity=~"critical|warning"})'


def beginnings(alert: str, window: str) -> str:
    """Return the query for how many times an alert has begun to fire within a window."""
    return f"sum(count_over_time(({firings(alert)} unless {firings(alert)} offset 1m)[{window}:1m]))"


def half_broken(hours: int, share: float, seed: int = 1) -> list[str]:
    """Return the classes of a service under risk control, of which this share of requests gets through."""
    chance = random.Random(seed)
    return ["none" if chance.random() < share else "rate_limited" for _ in range(hours * 60)]


def test_half_broken_for_hours_is_one_episode(tmp_path: Path, short_or_long: Choice) -> None:
    """Hours of which half of the requests succeed are one episode of this length, one alert, and half available."""
    hours = short_or_long(2, 9)
    over = 20 + 60 * hours
    broken = half_broken(hours, 0.5)
    refused = broken.count("rate_limited")
    # The half hour after the last refusal belongs to the requests under risk control.
    share = (broken.count("none") + 30) / (len(broken) + 30)
    story = Story([*minutes((20, "none")), *broken, *minutes((220, "none"))])
    end = over + 200
    check(
        tmp_path,
        [*story.series(), *scrapes(*[1] * len(story.classes))],
        [
            (end, f"sum({P}risk_control_episodes:sum24h)", 1),
            (end, f"abs(sum({P}risk_control_hours:sum24h) - {hours}) < bool {hours / 10}", 1),
            (end, f"abs(sum({P}risk_control_success:ratio24h) - {share}) < bool 0.03", 1),
            (end, f"abs(sum({P}availability:ratio24h) - ({end} - {refused}) / {end}) < bool 0.02", 1),
            (end, beginnings("SoraServiceRiskControl", f"{end - 10}m"), 1),
            (over + 140, f"count({firings('SoraServiceRiskControl')})", 1),
            (over + 215, f"count({firings('SoraServiceRiskControl')})", None),
            (over + 140, SPEAKING, 1),
        ],
    )


def test_three_refusals_within_half_an_hour_are_an_episode(tmp_path: Path) -> None:
    """Single refusals with successes between them are risk control from the third within half an hour on."""
    refusals = {"twice": (20, 26), "thrice": (20, 26, 32), "rarely": (2, 22, 42)}
    series = []
    for name, times in refusals.items():
        classes = minutes((45, "none"))
        for minute in times:
            classes[minute] = "captcha"
        series += Story(classes, name, every=2).series()
    begun = [f'sum(count_over_time({P}risk_control_start:bool{{service_id="{name}"}}[45m]))' for name in refusals]
    expected = [(44, query, value) for query, value in zip(begun, (None, 1, None), strict=True)]
    check(tmp_path, [*series, *scrapes(*[1] * 45)], expected)


@pytest.mark.parametrize("provider", ["acme", "other"])
def test_a_fault_of_create_requests_is_known_soon(tmp_path: Path, provider: str) -> None:
    """A fault that only requests to create meet is a notification 80 s after the first that failed.

    The provider's other service works, or it has no other.
    """
    story = Story(minutes((20, "none"), (3, "overloaded")))
    other = Story(minutes((23, "none")), "beta", product="q", provider=provider)
    # The first attempt failed 40 s after the twentieth minute.
    series = [
        (
            name,
            labels,
            [*values[:20], *[1240.0] * 3] if name == "sora_service_status_since_timestamp_seconds" else values,
        )
        for name, labels, values in story.series()
    ]
    check(
        tmp_path,
        [*series, *other.series(), *scrapes(*[1] * 23)],
        [(21, SPEAKING, None), (22, f"count({firings('SoraServiceDegraded', service_id='alpha')})", 1)],
    )


def test_services_of_a_provider_that_fail_together_wait_for_its_own_alert(tmp_path: Path) -> None:
    """While every service of a provider fails, none speaks for itself before two minutes have passed."""
    failing = [Story(minutes((20, "none"), (3, "connection")), name) for name in ("alpha", "beta")]
    series = [
        (
            name,
            labels,
            [*values[:20], *[1240.0] * 3] if name == "sora_service_status_since_timestamp_seconds" else values,
        )
        for story in failing
        for name, labels, values in story.series()
    ]
    check(
        tmp_path,
        [*series, *scrapes(*[1] * 23)],
        [(22, f"sum({P}own_trouble:severity)", None), (22, f"count({firings('SoraProviderDown')})", 1)],
    )


def test_single_failed_attempts_are_no_trouble(tmp_path: Path, short_or_long: Choice) -> None:
    """One attempt in a hundred that fails by itself costs one per cent, no alert and no star but the one of 99 %."""
    length = short_or_long(250, 1440)
    classes = minutes((length, "none"))
    for minute in range(50, length, 100):
        classes[minute] = "server_error"
    check(
        tmp_path,
        [*Story(classes, objective=0.995).series(), *scrapes(*[1] * length)],
        [
            (length - 5, f"abs(sum({P}availability:ratio24h) - 0.99) < bool 0.003", 1),
            (length - 5, f"sum({P}stability:stars)", 4),
            (length - 5, "sum(count_over_time(ALERTS{severity!='none'}[1d]))", None),
        ],
    )


def test_failures_from_before_the_rules_are_not_those_of_a_minute(tmp_path: Path) -> None:
    """A counter of failures whose sum is first recorded at 500, long after the attempts, costs no availability."""
    labels = {"job": "sora_exporter", "instance": "a", "service_id": "alpha", "probe": "canary"}
    old = plain("sora_probe_failures_total", [None] * 20 + [500] * 20, **labels, error_class="overloaded")
    series = [*Story(minutes((40, "none"))).series(), *old, *scrapes(*[1] * 40)]
    check(tmp_path, series, [(38, f"sum(min_over_time({P}served:ratio[38m]))", 1)])


def test_faults_that_ended_between_two_scrapes_are_not_one(tmp_path: Path) -> None:
    """Two single failures at two scrapes are two faults if the exporter's status began anew, and one if it did not."""
    classes = minutes((20, "none"), (2, "server_error"), (20, "none"))
    series = [*Story(classes, "anew").series(), *Story(classes, "same").series(), *scrapes(*[1] * 42)]
    anew = [
        (name, labels, [*values[:21], 1251.0, *values[22:]])
        if name == "sora_service_status_since_timestamp_seconds" and labels["service_id"] == "anew"
        else (name, labels, values)
        for name, labels, values in series
    ]
    worst = [f'sum(max_over_time({P}observed_severity:last{{service_id="{one}"}}[40m]))' for one in ("anew", "same")]
    check(tmp_path, anew, [(40, worst[0], 0), (40, worst[1], 1)])


def test_a_flapping_service_is_one_alert_from_its_second_fault_on(tmp_path: Path) -> None:
    """Faults of six minutes every twelve, for two hours, begin an alert twice and not ten times."""
    flaps = minutes(*[stretch for _ in range(10) for stretch in ((6, "server_error"), (6, "none"))])
    story = Story([*minutes((30, "none")), *flaps, *minutes((120, "none"))])
    check(
        tmp_path,
        [*story.series(), *scrapes(*[1] * 270)],
        [
            (265, beginnings("SoraServiceDegraded", "260m"), 2),
            (140, f"count({firings('SoraServiceDegraded')})", 1),
            (265, f"count({firings('SoraServiceDegraded')})", None),
        ],
    )


def test_a_new_status_within_a_trouble_is_no_new_alert(tmp_path: Path) -> None:
    """Degraded, then risk control, then suspended without a success between: the alert of the beginning goes on."""
    story = Story(minutes((20, "none"), (10, "timeout"), (10, "captcha"), (10, "unavailable"), (10, "timeout")))
    other = Story(minutes((60, "none")), "beta", provider="other")
    check(
        tmp_path,
        [*story.series(), *other.series(), *scrapes(*[1] * 60)],
        [
            (28, SPEAKING, 1),
            (59, f"count({firings('SoraServiceDegraded')})", 1),
            (59, f"count({firings('SoraServiceSuspended')})", None),
            (59, f"count({firings('SoraServiceRiskControl')})", None),
            (59, beginnings("SoraServiceDegraded", "58m"), 1),
        ],
    )


def test_a_trouble_has_its_true_beginning_and_end(tmp_path: Path) -> None:
    """The times in the text are those of the first and last failed attempt, and the lost minutes are its length."""
    story = Story(minutes((30, "none"), (20, "connection"), (10, "none")))
    check(
        tmp_path,
        [*story.series(), *scrapes(*[1] * 60)],
        [
            (50, f"sum({P}trouble_since_timestamp_seconds:min)", 1800),
            (50, f"sum({P}trouble_seen_timestamp_seconds:max)", 2940),
            (50, f"abs(sum({P}trouble_lost_minutes:sum) - 20) < bool 1.5", 1),
            (54, f"sum({P}trouble:severity)", None),
        ],
    )


def provider_outage(length: int) -> list[Story]:
    """Return three services of one provider that goes down as a whole, and one of another."""
    down = minutes((30, "none"), (length, "connection"), (30, "none"))
    mine = [Story(down, name, product=f"p-{name}") for name in ("alpha", "beta", "gamma")]
    return [*mine, Story(minutes((60 + length, "none")), "delta", provider="other", product="p-delta")]


def test_an_outage_of_a_provider_is_one_alert(tmp_path: Path) -> None:
    """All services of a provider fail: the provider's alert fires, none of its services and products, and it ends."""
    stories = provider_outage(15)
    check(
        tmp_path,
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * 75)],
        [
            (40, f"count({firings('SoraProviderDown')})", 1),
            (40, SPEAKING, 1),
            (74, beginnings("SoraProviderDown", "70m"), 1),
            (50, SPEAKING, None),
            (
                74,
                "sum(count_over_time(ALERTS{alertstate='firing',severity=~'critical|warning',alertname!='SoraProviderDown'}[70m]))",
                None,
            ),
        ],
    )


def two_places(us: list[str], eu: list[str]) -> list[Story]:
    """Return one service as two places see it."""
    return [
        Story(us, target={"instance": "a", "location": "us"}),
        Story(eu, target={"instance": "b", "location": "eu"}),
    ]


def test_the_deeper_and_newer_evidence_of_two_places_decides(tmp_path: Path) -> None:
    """Of two places of which one fails to create, the one that tried last is right, not the milder one."""
    failing, working = minutes((20, "none"), (20, "overloaded")), minutes((40, "none"))
    older = [
        Story(failing, target={"instance": "a", "location": "us"}),
        Story(working, every=40, target={"instance": "b", "location": "eu"}),
    ]
    newer = [
        Story(failing, every=20, target={"instance": "a", "location": "us"}),
        Story(working, target={"instance": "b", "location": "eu"}),
    ]
    for number, (stories, severity) in enumerate(((older, 1), (newer, 0))):
        directory = tmp_path / str(number)
        directory.mkdir()
        check(
            directory,
            [*(one for story in stories for one in story.series()), *scrapes(*[1] * 40)],
            [(35, f"sum({P}severity:median)", severity)],
        )


def test_a_second_place_leaves_availability_as_it_is(tmp_path: Path, short_or_long: Choice) -> None:
    """Two places that see the same half of a service with chances of their own measure what one place does."""
    hours = short_or_long(2, 9)
    us = [*minutes((60, "none")), *half_broken(hours, 0.4, 1), *minutes((60, "none"))]
    eu = [*minutes((60, "none")), *half_broken(hours, 0.4, 2), *minutes((60, "none"))]
    end = len(us) - 5
    failed = (us.count("rate_limited") + eu.count("rate_limited")) / 2
    check(
        tmp_path,
        [*(one for story in two_places(us, eu) for one in story.series()), *scrapes(*[1] * len(us))],
        [
            (end, f"abs(sum({P}availability:ratio24h) - ({end} - {failed}) / {end}) < bool 0.01", 1),
            (end, f"sum({P}risk_control_episodes:sum24h)", 1),
        ],
    )


def test_a_place_that_sees_nothing_is_one_alert(tmp_path: Path) -> None:
    """A place whose network is gone, while another sees the services, is one warning; availability goes on."""
    stories = two_places(minutes((60, "none")), minutes((20, "none"), (30, "local_network"), (10, "none")))
    check(
        tmp_path,
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * 60)],
        [
            (19, SPEAKING, None),
            (40, SPEAKING, 1),
            (40, f"count({firings('SoraLocalNetworkDown', severity='warning', instance='b')})", 1),
            (59, SPEAKING, None),
            (59, f"sum({P}availability:ratio1h)", 1),
        ],
    )


def test_a_long_loss_of_our_network_is_one_alert(tmp_path: Path, short_or_long: Choice) -> None:
    """Two hours (fourteen in the full form) without a network are one alert then, and none about coverage later."""
    hours, calm, every = short_or_long((2, 60, "2m"), (14, 600, "1m"))
    lost = minutes((20, "none"), (60 * hours, "local_network"), (calm, "none"))
    stories = [Story(lost, "alpha"), Story(lost, "beta", provider="other")]
    check(
        tmp_path,
        [*(one for story in stories for one in story.series()), *scrapes(*[1] * len(lost))],
        [
            (60 * hours, SPEAKING, 1),
            (60 * hours, f"count({firings('SoraLocalNetworkDown', severity='critical')})", 1),
            (
                len(lost) - 10,
                "sum(count_over_time(ALERTS{severity!='none',alertname!='SoraLocalNetworkDown'}[1d]))",
                None,
            ),
        ],
        every,
    )


def test_a_dead_shard_is_one_alert_about_its_services(tmp_path: Path) -> None:
    """An exporter that nothing replaces is one critical alert of scope shard, and mutes nothing else."""
    gone = Story(minutes((20, "none")), "alpha", target={"instance": "a"})
    there = Story(minutes((60, "none")), "beta", provider="other", target={"instance": "b"})
    check(
        tmp_path,
        [*gone.series(), *there.series(), *scrapes(*[1] * 20, *[0] * 30, *[1] * 10), *scrapes(*[1] * 60, instance="b")],
        [
            (15, SPEAKING, None),
            (45, SPEAKING, 1),
            (45, f"count({firings('SoraExporterDown', scope='shard', severity='critical', instance='a')})", 1),
            (55, SPEAKING, None),
        ],
    )


def test_a_gap_of_three_hours_splits_no_episode(tmp_path: Path, short_or_long: Choice) -> None:
    """Scrapes that are missing for three hours within an episode leave it one, and its hours whole."""
    before, broken, after, every = short_or_long((20, 240, 20, "2m"), (60, 400, 300, "1m"))
    length = before + broken + after
    story = Story(minutes((before, "none"), (broken, "captcha"), (after, "none")))
    gap = range(before + 30, before + 205)
    series = [
        (name, labels, [None if minute in gap else value for minute, value in enumerate(values)])
        for name, labels, values in story.series()
    ]
    check(
        tmp_path,
        [*series, *scrapes(*[1] * length)],
        [
            (length - 4, f"sum({P}risk_control_episodes:sum24h)", 1),
            (length - 4, f"abs(sum({P}risk_control_hours:sum24h) - {broken} / 60) < bool 0.1", 1),
        ],
        every,
    )


def test_a_prometheus_that_restarts_continues_an_episode(tmp_path: Path) -> None:
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
    check(
        tmp_path,
        [*recorded, *scraped, *scrapes(*[1] * 120)],
        [
            (110, f"sum(count_over_time({P}risk_control_start:bool[115m]))", 1),
            (110, f"sum(sum_over_time({P}risk_control_minutes:delta[45m])) > bool 48", 1),
            (80, f"count({firings('SoraServiceRiskControl')})", 1),
        ],
    )


def test_an_exporter_that_restarts_ends_no_trouble(tmp_path: Path) -> None:
    """Two minutes of knowing nothing within a fault leave it one alert."""
    story = Story(minutes((20, "none"), (10, "unavailable"), (2, "not_probed"), (10, "unavailable"), (10, "none")))
    check(
        tmp_path,
        [*story.series(), *scrapes(*[1] * 52)],
        [(51, beginnings("SoraServiceSuspended", "50m"), 1), (40, SPEAKING, 1), (51, SPEAKING, None)],
    )


def test_an_exporter_that_restarts_takes_no_route_away(tmp_path: Path) -> None:
    """A route that works still counts while nothing is known for three minutes, beside one under risk control."""
    shaky = Story(minutes((20, "none"), (10, "captcha"), (3, "not_probed"), (7, "captcha")))
    steady = Story(minutes((30, "none"), (3, "not_probed"), (7, "none")), "beta", provider="other")
    check(
        tmp_path,
        [*shaky.series(), *steady.series(), *scrapes(*[1] * 40)],
        [(minute, f"count({firings('SoraProductUnavailable')})", None) for minute in (31, 32, 33, 35)],
    )


def test_a_renamed_service_keeps_its_figures(tmp_path: Path) -> None:
    """A new name changes the label of an alert's service, and neither doubles it nor its availability."""
    renamed = []
    for name, labels, values in Story(minutes((30, "none"), (30, "unavailable"))).series():
        if name == "sora_service_info":
            renamed.append((name, {**labels, "name": "Old"}, [1] * 20 + [None] * 40))
            renamed.append((name, labels, [None] * 20 + [1] * 40))
        else:
            renamed.append((name, labels, values))
    check(
        tmp_path,
        [*renamed, *scrapes(*[1] * 60)],
        [
            (50, f"count({firings('SoraServiceSuspended', name='Alpha')})", 1),
            (50, SPEAKING, 1),
            (59, f"count({P}availability:ratio1h)", 1),
        ],
    )


def test_a_clock_a_minute_off_changes_nothing(tmp_path: Path) -> None:
    """An exporter whose clock is a minute slow or fast still has its fault confirmed and its recovery seen."""
    for shift in (-60, 60):
        series = [
            (
                name,
                labels,
                [None if value is None else value + shift for value in values] if "timestamp" in name else values,
            )
            for name, labels, values in Story(minutes((20, "none"), (20, "unavailable"), (10, "none"))).series()
        ]
        directory = tmp_path / str(shift)
        directory.mkdir()
        check(
            directory,
            [*series, *scrapes(*[1] * 50)],
            [(25, SPEAKING, 1), (49, SPEAKING, None), (49, beginnings("SoraServiceSuspended", "48m"), 1)],
        )


def test_maintenance_uses_up_the_budget_in_every_figure(tmp_path: Path, short_or_long: Choice) -> None:
    """Two hours of announced maintenance raise no alert, and the burn rate and the remaining budget agree."""
    calm, every = short_or_long((120, "2m"), (240, "1m"))
    length = calm + 240
    share = f"120 / {length}"
    check(
        tmp_path,
        [
            *Story(minutes((calm, "none"), (120, "maintenance"), (120, "none"))).series(),
            *scrapes(*[1] * length),
        ],
        [
            (calm + 60, SPEAKING, None),
            (length, f"abs(sum({P}burnrate:ratio1d) - ({share}) / 0.01) < bool 0.5", 1),
            (length, f"abs(sum({P}error_budget_remaining:ratio30d) - (1 - ({share}) / 0.01)) < bool 0.5", 1),
        ],
        every,
    )


def test_a_month_counts_before_one_calm_day(tmp_path: Path, short_or_long: Choice) -> None:
    """Of two routes that work, the one with the better record is recommended, and price decides only between equals."""
    length, every = short_or_long((260, "2m"), (360, "1m"))
    good = Story(minutes((length, "none")), "good")
    shaky = Story(minutes((30, "none"), (60, "unavailable"), (length - 90, "none")), "shaky")
    equal = Story(minutes((length, "none")), "equal")
    price = {"good": 3.0, "shaky": 1.0, "equal": 2.0}
    prices = [
        one
        for name, usd in price.items()
        for one in plain("sora_service_price_usd", [usd] * length, service_id=name, unit="second")
    ]
    check(
        tmp_path,
        [*(one for story in (good, shaky, equal) for one in story.series()), *prices, *scrapes(*[1] * length)],
        [
            (length - 5, 'sum(product_service_id:sora_service_recommended:bool{service_id="equal"})', 1),
            (length - 5, "sum(product_service_id:sora_service_recommended:bool)", 1),
        ],
        every,
    )
