"""The bounded memory of attempts: which ones stay."""

from __future__ import annotations

import gc
import tracemalloc

from support.clock import HandClock
from support.watched import DEEP, NOW, config, result, service

from sora_exporter.evidence.marks import MARKS_KEPT
from sora_exporter.evidence.state import State
from sora_exporter.evidence.track import (
    FAILURES_KEPT,
    SHORT_CHARACTERS,
    SUCCESSES_KEPT,
    WHOLE_EXCERPTS,
)
from sora_exporter.result import DETAIL_CHARACTERS, ErrorClass, ProbeKind, shared

CATALOG, CANARY, SUBMIT, GENERATE = ProbeKind


def test_memory_is_bounded(state: State) -> None:
    """However many attempts there are, a few successes and more failures are kept, the newest with whole excerpts."""
    for number in range(100):
        state.record(result(started_at=NOW + 2 * number))
        state.record(result(ErrorClass.TIMEOUT, started_at=NOW + 2 * number + 1, excerpt="w" * 2000))
    probe = state.services["alpha"].probes[CATALOG]
    kept = probe.kept()
    assert [kept[0].started_at, len(kept), len(probe.marks)] == [NOW + 199, SUCCESSES_KEPT + FAILURES_KEPT, MARKS_KEPT]
    assert kept == sorted(kept, key=lambda attempt: -attempt.started_at)
    excerpts = [len(attempt.excerpt) for attempt in kept if not attempt.is_success]
    assert probe.before is not None
    assert len(probe.before.excerpt) <= SHORT_CHARACTERS
    assert excerpts == [2000] * WHOLE_EXCERPTS + [SHORT_CHARACTERS] * (FAILURES_KEPT - WHOLE_EXCERPTS)
    assert (probe.attempts, probe.failures[ErrorClass.TIMEOUT], probe.durations.count) == (200, 100, 200)


def test_an_older_failure_keeps_its_words_once(state: State) -> None:
    """The excerpt of an older failure is dropped where the failure has the answer's own words beside it."""
    for number in range(3):
        state.record(result(ErrorClass.TIMEOUT, started_at=NOW + number, detail="no word", excerpt="w" * 2000))
    kept = state.services["alpha"].probes[CATALOG].kept()
    assert [len(attempt.excerpt) for attempt in kept] == [2000, 0, 0]


def test_equal_texts_are_remembered_once_and_others_not_for_ever() -> None:
    """A text that was seen lately gives the same object; of any number of different texts, few are held."""
    first, again = "".join(["GET ", "/models"]), "".join(["GET ", "/models"])
    assert shared(first) is shared(again)
    for number in range(5000):
        shared(f"request id {number}")
    assert shared.cache_info().currsize <= 2048


MOST_BYTES = 8000
"""So much a failing probe may take: of 1,000 services with two probes each, 16 MB."""


def held() -> int:
    """Return the bytes that our code and this test hold; servers of other tests may run in threads beside it."""
    ours = [tracemalloc.Filter(True, pattern) for pattern in ("*/sora_exporter/*", __file__)]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(ours).traces)


def test_a_failing_probe_takes_a_bounded_memory(state: State) -> None:
    """Once its strip is full, a probe whose every failure has another long text takes no more, and little in all."""

    def bytes_after(failures: int) -> int:
        for number in range(failures):
            words = "".join(chr(0x4E00 + (number * place) % 20_000) for place in range(1, 1001))
            facts = {"detail": words[:DETAIL_CHARACTERS], "excerpt": words, "headers": f"x-request-id: {words[:40]}"}
            phases = dict.fromkeys(("resolve", "connect", "tls", "processing", "transfer"), number / 7)
            state.record(result(ErrorClass.SERVER_ERROR, started_at=NOW + number / 3, phases=phases, **facts))
        shared.cache_clear()
        gc.collect()
        return held() - before

    tracemalloc.start()
    try:
        before = held()
        once, later = bytes_after(MARKS_KEPT + 1), bytes_after(MARKS_KEPT)
    finally:
        tracemalloc.stop()
    assert once < MOST_BYTES
    assert later < once + MOST_BYTES / 20


def test_the_history_is_as_long_as_configured(clock: HandClock) -> None:
    """The number of kept failures is a setting of the exporter."""
    state = State(clock, failures_kept=3)
    state.configure(config(service(probes=DEEP)))
    for number in range(9):
        state.record(result(ErrorClass.TIMEOUT, started_at=NOW + number))
    assert len(state.services["alpha"].probes[CATALOG].failed) == 3


def test_failures_outlive_successes(state: State) -> None:
    """A failure is still there to look at after many successes."""
    state.record(result(ErrorClass.TIMEOUT, detail="the one"))
    for _ in range(100):
        state.record(result())
    assert "the one" in [attempt.detail for attempt in state.services["alpha"].probes[CATALOG].kept()]
