"""The ledger: never more than the day's limit, through faults of clock, disk and other processes and kill -9."""

from __future__ import annotations

import math
import multiprocessing
import random
import signal
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.budget_crash import LIMIT_USD, hold, pay
from support.choice import Choice
from support.ledgers import DAY, START, HandClock, opened, reserve
from support.programs.launch import eventually

from sora_exporter.budget.ledger import Ledger
from sora_exporter.budget.reservation import Reservation
from sora_exporter.budget.storage import Place, StorageError

START_DATE = date(2024, 10, 4)
START_SECONDS = 120
"""The limit for a hang: on a busy machine a start takes long."""
CHILDREN = multiprocessing.get_context("forkserver")
"""Starts children as forks of a process that has imported the ledger: the import takes longer than their lives."""
CHILDREN.set_forkserver_preload(["sora_exporter.budget.ledger", "sora_exporter.budget.postgresql"])


@contextmanager
def process(role: Callable[..., None], place: Place, *arguments: object) -> Iterator[ForkServerProcess]:
    """A child that has opened the ledger to pay or to hold it; killed with SIGKILL at the end of the block."""
    ours, theirs = CHILDREN.Pipe()
    child = CHILDREN.Process(target=role, args=(place, theirs, *arguments))
    child.start()
    with ours, theirs:
        try:
            assert ours.poll(START_SECONDS), "the child does not start"
            yield child
        finally:
            child.kill()
            child.join()
    assert child.exitcode == -signal.SIGKILL
    child.close()


# -- money --


def test_reservation_counts_in_full_until_settled(ledger: Ledger) -> None:
    """An open reservation counts in full, a settled one with its actual cost, a released one not at all."""
    first, second, third = (reserve(ledger, 0.3) for _ in range(3))
    assert ledger.spent_usd() == 0.9
    ledger.settle(first, 0.1)
    ledger.release(second)
    assert ledger.spent_usd() == 0.4
    assert (third.day, third.service_id, third.probe, third.amount_usd) == (START_DATE, "relay", "generate", 0.3)


def test_limit_is_reached_exactly(ledger: Ledger) -> None:
    """The last micro-dollar can be reserved and not one more, although 0.1 has no exact binary form."""
    for _ in range(10):
        reserve(ledger, 0.1)
    assert ledger.spent_usd() == 1.0
    assert ledger.reserve("relay", "generate", 0.000001, 1.0) is None


@pytest.mark.parametrize("usd", [1.1, 0.29, 2.675, 1e-6, 123456.789012])
def test_amount_equal_to_limit_fits(ledger: Ledger, usd: float) -> None:
    """An amount equal to the limit fits, with any binary fraction."""
    reservation = ledger.reserve("relay", "generate", usd, usd)
    assert reservation is not None
    assert reservation.amount_usd == usd


@pytest.mark.parametrize(
    ("amount", "limit"),
    [(0, 1), (-0.1, 1), (1e-12, 1), (math.nan, 1), (0.1, math.nan), (0.1, 0), (math.inf, math.inf), (1e300, 1e300)],
)
def test_senseless_amount_is_refused(ledger: Ledger, amount: float, limit: float) -> None:
    """No reservation comes from an amount that is not positive or from a number that is none."""
    assert ledger.reserve("relay", "generate", amount, limit) is None
    assert ledger.last_attempt("relay", "generate") is None


def test_excess_over_reservation_is_counted(ledger: Ledger) -> None:
    """A call that cost more than was reserved counts with its true cost and blocks what no longer fits."""
    ledger.settle(reserve(ledger, 0.4), 0.9)
    assert ledger.spent_usd() == 0.9
    assert ledger.reserve("relay", "generate", 0.2, 1.0) is None


def test_first_settlement_stands(ledger: Ledger) -> None:
    """Releasing or settling again after a settlement gives no money back."""
    reservation = reserve(ledger)
    ledger.settle(reservation, 0.4)
    ledger.release(reservation)
    ledger.settle(reservation, 0.1)
    assert ledger.spent_usd() == 0.4


@pytest.mark.parametrize("actual", [-0.1, math.nan, math.inf])
def test_senseless_cost_is_an_error(ledger: Ledger, actual: float) -> None:
    """A cost that is not an amount of money is the caller's mistake and changes nothing."""
    reservation = reserve(ledger)
    with pytest.raises(ValueError, match="between 0 and"):
        ledger.settle(reservation, actual)
    assert ledger.spent_usd() == 0.4


# -- days --


def test_midnight_opens_a_new_budget(ledger: Ledger, unix_clock: HandClock) -> None:
    """The budget is per UTC day, and a job settled after midnight stays on the day it was reserved."""
    unix_clock.time = START + DAY - 1
    reservation = reserve(ledger, 1.0)
    assert ledger.reserve("relay", "generate", 0.1, 1.0) is None
    unix_clock.time = START + DAY
    reserve(ledger, 0.7)
    ledger.settle(reservation, 0.6)
    assert (ledger.spent_usd(START_DATE), ledger.spent_usd()) == (0.6, 0.7)


def test_clock_stepping_back_opens_no_budget(place: Place, unix_clock: HandClock) -> None:
    """After a step back over midnight, even with a restart between, the later day's spend still counts."""
    unix_clock.time = START + DAY
    with closing(opened(place, unix_clock)) as ledger:
        reserve(ledger, 1.0)
    unix_clock.time = START - 5 * DAY
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.reserve("relay", "generate", 0.1, 1.0) is None
        assert ledger.spent_usd() == 1.0


def test_a_clock_that_jumps_years_and_back_bars_nothing(
    ledger: Ledger, unix_clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Orders recorded fifty years ahead do not count as today's; the fault of the clock is logged once."""
    unix_clock.time = START + 50 * 365 * DAY
    reserve(ledger, 1.0)
    unix_clock.time = START
    reserve(ledger, 0.5)
    reserve(ledger, 0.5)
    assert ledger.reserve("relay", "generate", 0.1, 1.0) is None
    assert ledger.spent_usd() == 1.0
    assert [record.msg for record in caplog.records] == ["system clock jumped"]


def test_last_attempt_survives_restart_and_release(place: Place, unix_clock: HandClock) -> None:
    """A restarted exporter sees when each paid probe was last tried, so a crash loop does not pay again."""
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.last_attempt("relay", "generate") is None
        reserve(ledger)
        unix_clock.time += 60
        ledger.release(reserve(ledger))
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.last_attempt("relay", "generate") == START + 60
        assert ledger.last_attempt("relay", "submit") is None


def test_open_reservation_is_written_off(ledger: Ledger, unix_clock: HandClock) -> None:
    """An open reservation joins the service's total in full after the second midnight and cannot be taken back."""
    lost = reserve(ledger, 0.4)
    ledger.settle(reserve(ledger, 0.2), 0.1)
    assert ledger.spent_by_service() == {"relay": 0.1}
    unix_clock.time += 2 * DAY
    ledger.settle(reserve(ledger, 0.3, "official"), 0.3)
    ledger.release(lost)
    assert ledger.spent_by_service() == {"official": 0.3, "relay": 0.5}


def test_old_rows_are_folded(place: Place, unix_clock: HandClock) -> None:
    """After 400 days rows and their forgotten jobs are gone, and each service's total is what it was."""
    for day in range(3):
        unix_clock.time = START + day * 300 * DAY
        with closing(opened(place, unix_clock)) as ledger:
            ledger.remember_job(reserve(ledger, 0.4), "provider", "videos", f"video_{day}")
            ledger.settle(reserve(ledger, 0.2, "official"), 0.1)
    unix_clock.time += 2 * DAY
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.spent_by_service() == {"official": 0.3, "relay": 1.2}
        assert ledger.spent_usd(START_DATE) == 0
        assert [job.job_id for job in ledger.unfinished_jobs()] == ["video_1", "video_2"]
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.spent_by_service() == {"official": 0.3, "relay": 1.2}


def test_wrong_clock_at_start_folds_nothing_of_today(place: Place, unix_clock: HandClock) -> None:
    """An open with a clock years ahead does not lose today's spend."""
    with closing(opened(place, unix_clock)) as ledger:
        reserve(ledger, 1.0)
    unix_clock.time += 1000 * DAY
    opened(place, unix_clock).close()
    unix_clock.time = START
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.reserve("relay", "generate", 0.1, 1.0) is None


# -- jobs --


def test_jobs_are_found_after_a_restart(place: Place, unix_clock: HandClock) -> None:
    """Unforgotten jobs come back whole, oldest first, with or without the provider's id."""
    with closing(opened(place, unix_clock)) as ledger:
        first, second, third = (reserve(ledger, 0.1) for _ in range(3))
        noted = ledger.note_job_id(ledger.remember_job(first, "apiyi", "videos"), "video_1")
        ledger.forget_job(ledger.remember_job(second, "apiyi", "videos"))
        unknown = ledger.remember_job(third, "apiyi", "ark")
    with closing(opened(place, unix_clock)) as ledger:
        assert ledger.unfinished_jobs() == [noted, unknown]
        assert (noted.job_id, unknown.job_id, noted.reservation) == ("video_1", None, first)


def test_job_of_a_running_attempt_is_not_unfinished(ledger: Ledger) -> None:
    """No clean-up may take a job while its attempt runs; it is unfinished once the attempt is over."""
    with ledger.attempt_lock("relay", "generate"):
        job = ledger.remember_job(reserve(ledger), "apiyi", "videos", "video_1")
        assert ledger.unfinished_jobs() == []
    assert ledger.unfinished_jobs() == [job]


def test_job_without_reservation_is_refused(ledger: Ledger) -> None:
    """A job cannot be recorded, hence not created, for a reservation the ledger does not know."""
    stranger = Reservation(99, START_DATE, "relay", "generate", 0.1, 0.0, "stranger-99")
    with pytest.raises(StorageError, match=r"(?i)foreign key"):
        ledger.remember_job(stranger, "apiyi", "videos")


# -- several processes --


@pytest.mark.processes
def test_second_exporter_is_refused(tmp_path: Path, unix_clock: HandClock) -> None:
    """A second exporter names the process that holds the directory; a one-shot command may share it."""
    storage = tmp_path / "storage"
    with process(hold, storage) as child:
        expected = rf"exporter.lock: another sora-exporter \(pid {child.pid}\) holds it; stop"
        with pytest.raises(StorageError, match=expected):
            Ledger.open(storage, exclusive=True, now=unix_clock)
        with closing(Ledger.open(storage, exclusive=False, now=unix_clock)) as ledger:
            assert reserve(ledger).amount_usd == 0.4
    with closing(Ledger.open(storage, exclusive=True, now=unix_clock)) as ledger:
        assert ledger.spent_usd() == 0.4


@pytest.mark.processes
def test_attempt_lock_excludes_other_processes(place: Place, unix_clock: HandClock) -> None:
    """An attempt of another process blocks the same probe only, and its death frees it."""
    with ExitStack() as files:
        with process(hold, place):
            ledger = files.enter_context(closing(Ledger.open(place, exclusive=False, now=unix_clock)))
            with ledger.attempt_lock("relay", "generate") as is_mine, ledger.attempt_lock("relay", "submit") as other:
                assert (is_mine, other) == (False, True)
        eventually(lambda: not ledger.storage.is_attempted("relay", "generate"), every=0.01)
        with ledger.attempt_lock("relay", "generate") as is_mine:
            assert is_mine


def test_attempt_lock_excludes_the_own_process(ledger: Ledger) -> None:
    """Two attempts of one probe inside a process exclude each other, and the loser does not free the winner's lock."""
    with ledger.attempt_lock("relay", "generate") as first:
        with ledger.attempt_lock("relay", "generate") as second:
            assert (first, second) == (True, False)
        with ledger.attempt_lock("relay", "generate") as third:
            assert not third
    with ledger.attempt_lock("relay", "generate") as fourth:
        assert fourth


def read_journal(path: Path) -> tuple[dict[date, int], set[int], set[int]]:
    """Micro-dollars paid per day, reservations a job was created for, reservations whose job was deleted."""
    paid: dict[date, int] = defaultdict(int)
    created: set[int] = set()
    deleted: set[int] = set()
    for event, reservation_id, *rest in map(str.split, path.read_text().splitlines()):
        if event == "create":
            paid[date.fromisoformat(rest[0])] += int(rest[1])
            assert int(reservation_id) not in created
        (created if event == "create" else deleted).add(int(reservation_id))
    return paid, created, deleted


@pytest.mark.processes
def test_kill_never_overspends_nor_loses_a_job(
    place: Place, tmp_path: Path, unix_clock: HandClock, short_or_long: Choice
) -> None:
    """15 paying processes, three at a time, killed at random moments, never pay past a day's limit or leak a job.

    The full form kills 120. Rounds go on until a day was filled and a process died between its writes: a busy machine
    may start them too late for the first ones.
    """
    journal, generator = tmp_path / "journal", random.Random(7)
    rounds = short_or_long(5, 40)
    for round_number in range(400):
        if round_number >= rounds and round_number % 5 == 0 and _has_teeth(place, journal, unix_clock):
            break
        with ExitStack() as children:
            for _ in range(3):
                child = process(pay, place, journal, 20_000 + round_number // 5, generator.randrange(10**9))
                running = children.enter_context(child)
            running.join(generator.uniform(0, 0.03))
            assert running.is_alive()
    paid, created, deleted = read_journal(journal)
    with closing(opened(place, unix_clock)) as ledger:
        unfinished = {job.reservation.id: job.job_id for job in ledger.unfinished_jobs()}
        for day, micro in paid.items():
            assert micro <= round(ledger.spent_usd(day) * 1e6) <= round(LIMIT_USD * 1e6)
    assert created - deleted <= unfinished.keys()
    assert len(paid) >= rounds // 5
    assert _has_teeth(place, journal, unix_clock)


def _has_teeth(place: Place, journal: Path, unix_clock: HandClock) -> bool:
    """Return whether a day was filled and a process died between its writes: else the kills prove nothing."""
    paid, _, _ = read_journal(journal) if journal.exists() else ({}, None, None)
    with closing(opened(place, unix_clock)) as ledger:
        return max(paid.values(), default=0) > 0.5e6 and bool(ledger.unfinished_jobs())


# -- any order of events --


class AnyOrder(RuleBasedStateMachine):
    """Two ledgers on one directory against a model in plain dictionaries."""

    LIMIT = 1_000

    @initialize()
    def start(self) -> None:
        self.files = ExitStack()
        self.storage = Path(self.files.enter_context(tempfile.TemporaryDirectory()))
        self.clock = HandClock()
        self.ledgers = [self.reopened(), self.reopened()]
        self.model: dict[Reservation, int] = {}
        self.settled: set[Reservation] = set()
        self.today = 0
        self.total = 0.0

    def reopened(self) -> Ledger:
        return Ledger.open(self.storage, exclusive=False, now=self.clock)

    @rule(who=st.integers(0, 1), micro=st.integers(-5, 700), service_id=st.sampled_from(["a", "b"]))
    def reserve(self, who: int, micro: int, service_id: str) -> None:
        reservation = self.ledgers[who].reserve(service_id, "submit", micro / 1e6, self.LIMIT / 1e6)
        self.today = max(self.today, int(self.clock.time // DAY)) if micro > 0 else self.today
        spent = sum(cost for other, cost in self.model.items() if other.day.toordinal() - 719_163 == self.today)
        assert (reservation is not None) == (micro > 0 and spent + micro <= self.LIMIT)
        if reservation is not None:
            self.model[reservation] = micro

    @rule(who=st.integers(0, 1), which=st.integers(0), share=st.floats(0, 1))
    def settle(self, who: int, which: int, share: float) -> None:
        candidates = [r for r in self.model if r not in self.settled and r.day.toordinal() - 719_163 >= self.today - 1]
        if candidates:
            chosen = candidates[which % len(candidates)]
            cost = int(self.model[chosen] * share)
            self.ledgers[who].settle(chosen, cost / 1e6)
            self.model[chosen] = cost
            self.settled.add(chosen)

    @rule(who=st.integers(0, 1))
    def crash(self, who: int) -> None:
        self.ledgers[who].close()
        self.ledgers[who] = self.reopened()

    @rule(hours=st.integers(-50, 30))
    def move_clock(self, hours: int) -> None:
        self.clock.time += hours * 3600

    @invariant()
    def spend_is_the_model_and_within_the_limit(self) -> None:
        for day in {reservation.day for reservation in self.model}:
            expected = sum(cost for other, cost in self.model.items() if other.day == day)
            for ledger in self.ledgers:
                assert round(ledger.spent_usd(day) * 1e6) == expected <= self.LIMIT

    @invariant()
    def totals_never_fall(self) -> None:
        total = sum(self.ledgers[0].spent_by_service().values())
        assert total >= self.total - 1e-9
        self.total = total

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.files.close()


AnyOrder.TestCase.settings = settings(
    max_examples=settings.default.max_examples // 2, stateful_step_count=30, derandomize=True
)
test_any_order = AnyOrder.TestCase


def test_a_charge_counts_beyond_the_limit(ledger: Ledger) -> None:
    """Money that is gone already counts for day and service, and leaves less to be reserved; 0 costs nothing."""
    assert ledger.reserve("relay", "submit", 0.8, 1.0) is not None
    charged = ledger.charge("relay", "canary", 0.5)
    ledger.remember_job(charged, "one", "videos", "video_1")
    ledger.charge("unpriced", "canary", 0.0)
    assert ledger.spent_usd() == pytest.approx(1.3)
    assert ledger.spent_by_service() == {"relay": 0.5, "unpriced": 0.0}
    assert ledger.reserve("relay", "submit", 0.01, 1.0) is None
    assert [job.job_id for job in ledger.unfinished_jobs()] == ["video_1"]


def test_accepted_canaries_are_remembered(ledger: Ledger) -> None:
    """The last target that accepted a service's canary is known until it is forgotten."""
    ledger.note_accepted_canary("relay", "one")
    ledger.note_accepted_canary("relay", "two")
    ledger.note_accepted_canary("other", "three")
    assert ledger.accepted_canaries() == {"other": "three", "relay": "two"}
    ledger.forget_accepted_canary("relay")
    assert ledger.accepted_canaries() == {"other": "three"}
