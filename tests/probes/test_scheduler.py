"""When probes run, and that nothing makes them run twice, late, or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from support.clock import HandClock, settle
from support.watched import NOW, config, result, service

from sora_exporter.config import Config, Service
from sora_exporter.probes.scheduler import FIRST_ROUND_SECONDS, STOP_SECONDS, Scheduler, scheduled, splay
from sora_exporter.result import ErrorClass, ProbeKind, ProbeResult

CATALOG, CANARY, SUBMIT, GENERATE = ProbeKind
EACH_MINUTE = {"catalog": {"interval": "1m", "timeout": "10s"}}
PAID = {"submit": {"interval": "1h", "timeout": "1m"}}

Attempt = Callable[[Service, ProbeKind], Any]


class Bench:
    """A scheduler whose attempts are written down; ``act`` is what an attempt does."""

    def __init__(self, settings: Config, clock: HandClock, last_paid: float | None = None) -> None:
        self.clock = clock
        self.starts: list[tuple[str, ProbeKind, float]] = []
        self.recorded: list[ProbeResult] = []
        self.act: Attempt | None = None
        self.scheduler = Scheduler(settings, self._run, self.recorded.append, clock, lambda *_: last_paid)

    async def _run(self, asked: Service, probe: ProbeKind) -> ProbeResult | None:
        self.starts.append((asked.id, probe, round(self.clock.now() - NOW, 6)))
        if self.act is not None:
            found: ProbeResult | None = await self.act(asked, probe)
            return found
        return result(probe=probe, service_id=asked.id)

    def times(self, service_id: str = "alpha") -> list[float]:
        """Return when attempts of a service began, in seconds since the start."""
        return [at for name, _, at in self.starts if name == service_id]


@asynccontextmanager
async def running(settings: Config, clock: HandClock, last_paid: float | None = None) -> AsyncIterator[Bench]:
    """Run a scheduler while the block lasts; none of its tasks may be left after it."""
    others = asyncio.all_tasks()
    bench = Bench(settings, clock, last_paid)
    bench.scheduler.apply(settings)
    await settle()
    yield bench
    await bench.scheduler.stop()
    await settle()
    assert asyncio.all_tasks() <= others


async def hang(*_: object) -> None:
    """Never return."""
    await asyncio.Event().wait()


async def test_steady_rhythm(clock: HandClock) -> None:
    """A probe starts after its fixed splay and then exactly once per interval, however long its attempts take."""
    async with running(config(service(probes=EACH_MINUTE)), clock) as bench:

        async def act(*_: object) -> ProbeResult:
            await clock.sleep(7.3)
            return result()

        bench.act = act
        await clock.advance(300)
        first = splay("alpha", CATALOG) * FIRST_ROUND_SECONDS
        assert bench.times() == pytest.approx([first + 60 * number for number in range(5)], abs=1e-5)
        assert len(bench.recorded) == 5


def test_splay_is_fixed_and_spread() -> None:
    """The splay is the same in every process, within one, and different for each probe."""
    found = {splay(f"service-{number}", probe) for number in range(100) for probe in ProbeKind}
    assert len(found) == 400
    assert 0 <= min(found) < 0.05
    assert 0.95 < max(found) < 1
    assert splay("sora-2-official", CATALOG) == pytest.approx(0.692583)


async def test_missed_starts_are_not_made_up(clock: HandClock) -> None:
    """An attempt that outlasts its interval leaves the rhythm as it was, and what it missed stays missed."""
    async with running(config(service(probes=EACH_MINUTE)), clock) as bench:

        async def act(*_: object) -> ProbeResult:
            await clock.sleep(150 if len(bench.starts) == 1 else 1)
            return result()

        bench.act = act
        await clock.advance(310)
        first = splay("alpha", CATALOG) * FIRST_ROUND_SECONDS
        assert bench.times() == pytest.approx([first, first + 180, first + 240, first + 300], abs=1e-5)


async def test_single_flight(clock: HandClock) -> None:
    """Callers that request a running probe get that attempt's result; it is run and recorded once."""
    async with running(config(service(probe_on_scrape=True)), clock) as bench:
        gate = asyncio.Event()

        async def act(*_: object) -> ProbeResult:
            await gate.wait()
            return result()

        bench.act = act
        asked = config(service()).services[0]
        joined = [asyncio.create_task(bench.scheduler.attempt(asked, CATALOG)) for _ in range(5)]
        await settle()
        assert bench.scheduler.in_flight == 1
        joined[0].cancel()
        await settle()
        gate.set()
        found = await asyncio.gather(*joined, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [result()] * 4
        assert (len(bench.starts), bench.recorded, bench.scheduler.in_flight) == (1, [result()], 0)


async def test_busy_elsewhere(clock: HandClock) -> None:
    """An attempt that another process makes is neither a result nor a record here."""
    async with running(config(service(probe_on_scrape=True)), clock) as bench:

        async def act(*_: object) -> None:
            return None

        bench.act = act
        assert await bench.scheduler.attempt(config(service()).services[0], CATALOG) is None
        assert bench.recorded == []


async def test_hung_provider_delays_no_other(clock: HandClock) -> None:
    """A provider that hangs keeps only its own slots, and all other attempts keep their time."""
    hung = [service(f"hung-{number}", "hung", probes=EACH_MINUTE) for number in range(20)]
    capped = {"hung": {"base_url": "https://h", "max_concurrent": 4}}
    settings = config(*hung, service(probes=EACH_MINUTE), providers=capped, max_concurrent_probes=6)
    async with running(settings, clock) as bench:

        async def act(asked: Service, _: ProbeKind) -> ProbeResult:
            if asked.provider == "hung":
                await hang()
            return result()

        bench.act = act
        await clock.advance(200)
        first = splay("alpha", CATALOG) * FIRST_ROUND_SECONDS
        assert bench.times() == pytest.approx([first, first + 60, first + 120, first + 180], abs=1e-5)
        assert (len(bench.starts), bench.scheduler.in_flight) == (4 + 4, 4)


async def test_total_cap(clock: HandClock) -> None:
    """No more attempts run at once than the configuration allows in total."""
    many = [service(f"s-{number}", f"p-{number}", probes=EACH_MINUTE) for number in range(10)]
    async with running(config(*many, max_concurrent_probes=3), clock) as bench:
        bench.act = hang
        await clock.advance(30)
        assert (len(bench.starts), bench.scheduler.in_flight) == (3, 3)


async def test_paid_attempts_hold_no_free_slots(clock: HandClock) -> None:
    """A long paid attempt leaves the provider's slots to the free probes."""
    settings = config(
        service(probes={**EACH_MINUTE, **PAID}, price_usd={"per_request": 0.1}),
        providers={"relay": {"base_url": "https://r", "max_concurrent": 1}},
        max_concurrent_probes=1,
        budget_usd_per_day=1,
    )
    async with running(settings, clock) as bench:

        async def act(_: Service, probe: ProbeKind) -> ProbeResult:
            if probe.is_paid:
                await hang()
            return result()

        bench.act = act
        await clock.advance(130)
        assert [probe for _, probe, _ in bench.starts].count(CATALOG) >= 2
        assert [probe for _, probe, _ in bench.starts].count(SUBMIT) == 1


@pytest.mark.parametrize(
    ("last_paid", "first"),
    [(NOW - 600, 3000.0), (NOW - 7200, None), (NOW + 86400, 3600.0), (None, None)],
    ids=["lately", "long ago", "in the future", "never"],
)
async def test_paid_rhythm_survives_restarts(clock: HandClock, last_paid: float | None, first: float | None) -> None:
    """A paid probe waits until an interval after its last one, but never longer than one interval from now."""
    settings = config(service(probes=PAID, price_usd={"per_request": 0.1}), budget_usd_per_day=1)
    async with running(settings, clock, last_paid) as bench:
        await clock.advance(3600.1)
        expected = first if first is not None else splay("alpha", SUBMIT) * FIRST_ROUND_SECONDS
        assert bench.times()[0] == pytest.approx(expected, abs=1e-5)


def test_scheduled_probes() -> None:
    """Paid probes are scheduled only with a price and a budget; scraped services never."""
    sections = [
        service("priced", probes={**EACH_MINUTE, **PAID}, price_usd={"per_request": 0.1}),
        service("free", probes={**EACH_MINUTE, **PAID}),
        service("scraped", probes=EACH_MINUTE, probe_on_scrape=True),
    ]

    def keys(**more: Any) -> list[tuple[str, ProbeKind]]:
        return [(job.service.id, job.probe) for job in scheduled(config(*sections, **more))]

    assert keys() == [("priced", CATALOG), ("free", CATALOG)]
    assert keys(budget_usd_per_day=1) == [("priced", CATALOG), ("priced", SUBMIT), ("free", CATALOG)]


async def test_reload_touches_only_changed_probes(clock: HandClock) -> None:
    """After a reload unchanged probes keep their time, new ones start, removed ones stop, changed ones start anew."""
    kept, changed = service("kept", probes=EACH_MINUTE), service("changed", probes=EACH_MINUTE)
    async with running(config(kept, changed, service("removed", probes=EACH_MINUTE)), clock) as bench:
        await clock.advance(30)
        bench.starts.clear()
        quicker = service("changed", probes={"catalog": {"interval": "30s", "timeout": "10s"}})
        bench.scheduler.apply(config(kept, quicker, service("new", probes=EACH_MINUTE)))
        await clock.advance(45)
        assert bench.times("removed") == []
        assert bench.times("kept") == pytest.approx([60 + splay("kept", CATALOG) * 10], abs=1e-5)
        assert bench.times("new") == pytest.approx([30 + splay("new", CATALOG) * 10], abs=1e-5)
        first = 30 + splay("changed", CATALOG) * 10
        assert bench.times("changed") == pytest.approx([first, first + 30], abs=1e-5)


@pytest.mark.parametrize(
    "after",
    [
        config(service("other", probe_on_scrape=True)),
        config(service(model="other", probe_on_scrape=True)),
        config(service(provider="elsewhere", probe_on_scrape=True)),
        config(service(probe_on_scrape=True), providers={"relay": {"base_url": "https://r", "headers": {"x-a": "b"}}}),
    ],
    ids=["removed", "another model", "another provider", "other headers"],
)
async def test_answers_of_another_configuration_are_no_evidence(clock: HandClock, after: Config) -> None:
    """An attempt under way during a reload ends in peace, but is not recorded of a service it did not ask."""
    before = config(service(probe_on_scrape=True))
    async with running(before, clock) as bench:
        gate = asyncio.Event()

        async def act(*_: object) -> ProbeResult:
            await gate.wait()
            return result()

        bench.act = act
        flight = asyncio.create_task(bench.scheduler.attempt(before.services[0], CATALOG))
        await settle()
        bench.scheduler.apply(after)
        gate.set()
        assert await flight == result()
        assert bench.recorded == []


async def test_new_route_waits_for_the_old_attempt(clock: HandClock) -> None:
    """Callers for a changed service do not get the old one's answer, nor do two attempts run at once."""
    before, after = (config(service(probe_on_scrape=True, model=model)) for model in ("old", "new"))
    async with running(before, clock) as bench:
        gate, models = asyncio.Event(), []

        async def act(asked: Service, _: ProbeKind) -> ProbeResult:
            models.append(asked.model)
            await gate.wait()
            return result(detail=asked.model)

        bench.act = act
        old = asyncio.create_task(bench.scheduler.attempt(before.services[0], CATALOG))
        await settle()
        bench.scheduler.apply(after)
        new = [asyncio.create_task(bench.scheduler.attempt(after.services[0], CATALOG)) for _ in range(2)]
        await settle()
        assert models == ["old"]
        gate.set()
        found = [await task for task in (old, *new)]
        assert [answer and answer.detail for answer in found] == ["old", "new", "new"]
        assert [answer.detail for answer in bench.recorded] == ["new"]


async def test_waiting_attempts_of_a_removed_provider_end(clock: HandClock) -> None:
    """Attempts that wait for a slot of a provider removed by a reload end without sending a request."""
    services = [service(f"s-{number}", probe_on_scrape=True) for number in range(3)]
    before = config(*services, providers={"relay": {"base_url": "https://r", "max_concurrent": 1}})
    async with running(before, clock) as bench:
        gate = asyncio.Event()

        async def act(*_: object) -> ProbeResult:
            await gate.wait()
            return result(service_id="s-0")

        bench.act = act
        flights = [asyncio.create_task(bench.scheduler.attempt(asked, CATALOG)) for asked in before.services]
        await settle()
        bench.scheduler.apply(config(service("other", "elsewhere", probe_on_scrape=True)))
        gate.set()
        found = await asyncio.gather(*flights)
        assert ([answer is None for answer in found], len(bench.starts)) == ([False, True, True], 1)


async def test_the_attempt_of_another_target_is_not_recent(clock: HandClock) -> None:
    """A finished attempt is recent for the requested time, and only while the target is the same."""
    asked = config(service(probe_on_scrape=True))
    async with running(asked, clock) as bench:
        (watched,) = asked.services
        assert bench.scheduler.recent(watched, CATALOG, 1.0) is None
        found = await bench.scheduler.attempt(watched, CATALOG)
        await clock.advance(0.9)
        assert bench.scheduler.recent(watched, CATALOG, 1.0) is found is not None
        bench.scheduler.apply(config(service(probe_on_scrape=True, request={"x": 1})))
        assert bench.scheduler.recent(watched, CATALOG, 1.0) is None
        bench.scheduler.apply(asked)
        await clock.advance(0.2)
        assert bench.scheduler.recent(watched, CATALOG, 1.0) is None


async def test_a_barred_probe_is_not_sent(clock: HandClock) -> None:
    """A barred probe is neither sent nor overdue; once it is no longer barred, the next reload schedules it again."""
    barred: set[str] = set()
    asked = config(service(probes={"canary": {"interval": "5m", "timeout": "30s"}}))
    async with running(asked, clock) as bench:
        bench.scheduler.is_barred = lambda service, _: service.id in barred

        async def act(*_: object) -> ProbeResult:
            barred.add("alpha")
            return result(probe=CANARY)

        bench.act = act
        await clock.advance(2000)
        assert len(bench.starts) == 1
        assert bench.scheduler.overdue({("alpha", CANARY): NOW}) == []
        bench.scheduler.apply(asked)
        await clock.advance(2000)
        assert len(bench.starts) == 1
        barred.clear()
        bench.scheduler.apply(asked)
        await clock.advance(20)
        assert len(bench.starts) == 2


async def test_own_fault_is_a_result(clock: HandClock, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the exporter becomes a result, its traceback goes to the log, and the probe goes on."""
    async with running(config(service(probes=EACH_MINUTE)), clock) as bench:

        async def act(*_: object) -> ProbeResult:
            raise ZeroDivisionError("a mistake of ours")

        bench.act = act
        with caplog.at_level(logging.ERROR):
            await clock.advance(100)
        assert [found.error_class for found in bench.recorded] == [ErrorClass.INTERNAL] * 2
        assert "Traceback" in caplog.text
        assert "a mistake of ours" in caplog.text


async def test_result_that_cannot_be_recorded(clock: HandClock) -> None:
    """A result that breaks the memory is replaced by one that says so, and the probe goes on."""
    settings, recorded = config(service(probes=EACH_MINUTE)), []

    def record(found: ProbeResult) -> None:
        if found.error_class is ErrorClass.NONE:
            raise KeyError("no place for it")
        recorded.append(found.error_class)

    async def run(*_: object) -> ProbeResult:
        return result()

    scheduler = Scheduler(settings, run, record, clock)
    scheduler.apply(settings)
    await clock.advance(100)
    await scheduler.stop()
    assert recorded == [ErrorClass.INTERNAL] * 2


async def test_stop_is_bounded(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping cancels every attempt and waits for a bounded time for those that tidy up."""
    waits: list[float | None] = []

    async def wait(tasks: list[asyncio.Task[Any]], timeout: float | None = None) -> tuple[set[Any], set[Any]]:
        waits.append(timeout)
        await settle()
        return set(tasks), set()

    settings = config(service(probes=EACH_MINUTE))
    bench = Bench(settings, clock)
    bench.act = hang
    bench.scheduler.apply(settings)
    await clock.advance(20)
    assert bench.scheduler.in_flight == 1
    monkeypatch.setattr(asyncio, "wait", wait)
    await bench.scheduler.stop()
    assert (waits, bench.scheduler.in_flight, len(asyncio.all_tasks())) == ([STOP_SECONDS], 0, 1)


async def test_overdue(clock: HandClock) -> None:
    """A probe is overdue when its latest attempt is more than three intervals ago; one never run is not."""
    async with running(config(service(probes=EACH_MINUTE)), clock) as bench:
        key = ("alpha", CATALOG)
        assert bench.scheduler.overdue({}) == []
        assert bench.scheduler.overdue({key: NOW - 180}) == []
        assert bench.scheduler.overdue({key: NOW - 181}) == [key]


async def test_a_paid_probe_that_must_wait_is_left_out(clock: HandClock) -> None:
    """Starts that fall into a wait are skipped, no such probe is overdue, and the rhythm goes on afterwards."""
    settings = config(
        service(price_usd={"per_request": 1}, probes={"submit": {"interval": "1m", "timeout": "10s"}}),
        budget_usd_per_day=9,
    )
    async with running(settings, clock) as bench:
        is_waiting = True
        bench.scheduler._must_wait = lambda *_: is_waiting
        await clock.advance(600)
        assert (bench.starts, bench.scheduler.overdue({("alpha", SUBMIT): NOW})) == ([], [])
        is_waiting = False
        await clock.advance(60)
        assert len(bench.starts) == 1


BOTH = {"catalog": {"interval": "1m", "timeout": "10s"}, "canary": {"interval": "5m", "timeout": "10s"}}


def met_by(clock: HandClock, *faults: tuple[float, float], fault: ErrorClass = ErrorClass.OVERLOADED) -> Attempt:
    """Return attempts that meet a fault while the seconds since the start lie within one of these spans."""

    async def act(service: Service, probe: ProbeKind) -> ProbeResult:
        failed = any(begin <= clock.now() - NOW < end for begin, end in faults)
        found = fault if failed else ErrorClass.NONE
        return result(found, probe=probe, service_id=service.id)

    return act


async def looks(
    clock: HandClock, seconds: float, *faults: tuple[float, float], fault: ErrorClass = ErrorClass.OVERLOADED
) -> list[tuple[ProbeKind, float]]:
    """Return the attempts of a service with both free probes that the usual rhythm would not have made."""
    settings = config(service("alpha", probes=BOTH))
    begun = clock.now() - NOW
    async with running(settings, clock) as usual:
        await clock.advance(seconds)
        rhythm = {(probe, round(at - begun, 6)) for _, probe, at in usual.starts}
    begun = clock.now() - NOW
    async with running(settings, clock) as bench:
        bench.act = met_by(clock, *((begun + begin, begun + end) for begin, end in faults), fault=fault)
        await clock.advance(seconds)
        return [(probe, at - begun) for _, probe, at in bench.starts if (probe, round(at - begun, 6)) not in rhythm]


async def test_a_first_failure_is_looked_at_again_twice(clock: HandClock) -> None:
    """A fault and its end are each followed by two more attempts of each free probe, 20 s apart, and no others."""
    found = await looks(clock, 600.0, (100.0, 400.0))
    assert len(found) == 8
    assert {probe for probe, _ in found} == {CATALOG, CANARY}
    first, second = sorted({round(at, 3) for _, at in found})[:2]
    assert second - first == pytest.approx(20.0)


async def test_a_working_service_keeps_its_rhythm(clock: HandClock) -> None:
    """Without a fault, no probe is run between its intervals."""
    assert await looks(clock, 600.0) == []


async def test_no_probe_is_sent_twice_within_a_second(clock: HandClock) -> None:
    """A probe whose turn comes within a second after its repetition leaves that turn out."""
    names = (f"s{number}" for number in range(1000))
    # The canary meets the fault 50 s after its first attempt; the catalog's turn comes 60 s after its own.
    late = 50 + 50 / 3 - 60
    name = next(one for one in names if late < 10 * (splay(one, CATALOG) - splay(one, CANARY)) < late + 1)
    free = {"catalog": {"interval": "1m", "timeout": "10s"}, "canary": {"interval": "50s", "timeout": "10s"}}
    async with running(config(service(name, probes=free)), clock) as bench:
        bench.act = met_by(clock, (45.0, 100.0))
        await clock.advance(100.0)
    looked = [at for _, probe, at in bench.starts if probe is CATALOG]
    assert len(looked) == 3
    assert min(later - earlier for earlier, later in pairwise(looked)) >= 1.0


@pytest.mark.parametrize("interval", ["1s", "2s"])
async def test_repetitions_of_short_intervals_keep_a_second(clock: HandClock, interval: str) -> None:
    """A probe that runs every second or two is not repeated sooner than a second after its last attempt."""
    async with running(
        config(service("alpha", probes={"catalog": {"interval": interval, "timeout": "500ms"}})), clock
    ) as bench:
        bench.act = met_by(clock, (5.0, 100.0))
        await clock.advance(20.0)
    assert min(later - earlier for earlier, later in pairwise(bench.times())) >= 1.0 - 1e-6


async def test_looks_that_disagree_are_repeated_up_to_four_times(clock: HandClock) -> None:
    """A service that fails at every other look is looked at four times, so that its last state is not an accident."""
    first = (await looks(clock, 600.0, (100.0, 400.0)))[0][1]
    met = first - 20.0
    found = await looks(clock, met + 110.0, (met - 1.0, met + 10.0), (met + 30.0, met + 50.0), (met + 70.0, met + 90.0))
    assert sorted({round(at - met) for _, at in found}) == [20, 40, 60, 80]


async def test_a_service_that_fails_every_other_time_is_not_probed_without_end(clock: HandClock) -> None:
    """Repetitions are bounded: ten faults of 45 s within ten minutes cause at most four of both probes each."""
    faults = [(60.0 * number, 60.0 * number + 45.0) for number in range(10)]
    found = await looks(clock, 600.0, *faults)
    assert len(found) <= 10 * 4 * 2


@pytest.mark.parametrize(("fault", "rounds"), [(ErrorClass.RATE_LIMITED, 2), (ErrorClass.OVERLOADED, 5)])
async def test_refusals_that_come_by_chance_are_not_repeated(clock: HandClock, fault: ErrorClass, rounds: int) -> None:
    """Once a repetition has met risk control, its next changes cause none until an hour has passed; other faults do."""
    spans = [(100.0, 400.0), (700.0, 1000.0), (5000.0, 5300.0)]
    found = await looks(clock, 5250.0, *spans, fault=fault)
    times = {round(at) for _, at in found}
    assert len([at for at in times if at - 20 not in times]) == rounds


async def test_looks_end_with_their_service(clock: HandClock) -> None:
    """A service that a reload takes away is not looked at again."""
    settings = config(service("alpha", probes=BOTH))
    async with running(settings, clock) as bench:
        bench.act = met_by(clock, (0.0, 1000.0))
        await clock.advance(15.0)
        begun = len(bench.starts)
        bench.scheduler.apply(config(service("beta", probes=EACH_MINUTE)))
        await clock.advance(60.0)
        assert [name for name, _, _ in bench.starts[begun:] if name == "alpha"] == []
