"""A history as the recording rules of alerting-rules/ would have recorded it, so that the demo shows a month at once.

A test evaluates the rules themselves over the raw series with a real Prometheus and compares sample by sample.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate

from sora_exporter.demo.history import ServiceHistory, is_available, is_evidence
from sora_exporter.demo.series import Series, answered, at, sparse
from sora_exporter.result import SEVERITY

HOUR = 3600
DAY = 24 * HOUR
SHORT_WINDOWS = {"5m": HOUR // 12, "30m": HOUR // 2, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "24h": DAY}
"""Windows that the rules sum from minutes, in seconds."""
LONG_WINDOWS = {"1d": DAY, "3d": 3 * DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
"""Windows that the rules sum from hourly snapshots, in seconds."""
STAR_AVAILABILITIES = (0.6, 0.8, 0.97, 0.995)
STAR_EPISODES = (1, 4, 20)

NONE: Mapping[str, str] = {}
"""No labels beside service_id."""

Reading = Callable[[int], float | None]
"""The value of a recorded series at a moment in Unix seconds, None where it has none."""
Window = Callable[[int, int], float | None]
"""The sum of the samples in the so many seconds (second) up to a moment (first), None where there are none."""


def heartbeat(history: ServiceHistory) -> Series:
    """Return the series by which the rules know that they were evaluated; it belongs to no service."""
    return Series("sora:minute_evaluated:bool", {}, history.times, [1] * len(history.minutes))


def recorded_series(history: ServiceHistory) -> Iterator[Series]:
    """Yield the recorded series of one service: its minutes, its hourly snapshots and the windows over both."""
    minutes = _minutes(history)
    yield from minutes
    hours = _hours(history, minutes)
    yield from hours
    times = [history.times[index] for index in sparse(history)]
    readings = _readings(history, minutes, hours)
    for name, reading in readings.items():
        yield _read(history, name, NONE, times, reading)
    service = history.service
    if service.price_usd:
        price = partial(_price, service.price_usd, readings["availability:ratio30d"])
        yield _read(history, "price_usd_per_success:ratio30d", {"unit": service.price_unit}, times, price)
    yield _read(history, "info:last", service.labels, times, lambda _: 1)


def _series(
    history: ServiceHistory, name: str, times: Sequence[int], values: Sequence[float], labels: Mapping[str, str] = NONE
) -> Series:
    return Series(f"service_id:sora_service_{name}", {"service_id": history.service.id, **labels}, times, values)


def _read(
    history: ServiceHistory, name: str, labels: Mapping[str, str], times: Sequence[int], reading: Reading
) -> Series:
    samples = [(time, round(value, 6)) for time in times if (value := reading(time)) is not None]
    values = [value for _, value in samples]
    return _series(history, name, [time for time, _ in samples], values, labels)


def _minutes(history: ServiceHistory) -> tuple[Series, ...]:
    """Return evidence, availability, minutes of risk control, its starts, response time and more, minute by minute."""
    known = [error_class if is_evidence(error_class) else None for error_class in history.minutes]
    limited = history.risk_control_minutes
    refused = [None if one is None else 1 for one in limited]
    available = [None if c is None else int(is_available(c)) for c in known]

    def minutely(name: str, values: Sequence[float | None]) -> Series:
        return at(f"service_id:sora_service_{name}", {"service_id": history.service.id}, history, values)

    return (
        minutely("evidence:bool", [int(c is not None) for c in known]),
        minutely("served:ratio", available),
        minutely("risk_control_minutes:delta", [None if one is None else max(one, 1) for one in limited]),
        minutely("risk_control_start:bool", [1 if one == 0 else None for one in limited]),
        minutely("response_time_seconds:median", answered(history)),
        minutely("available:bool", available),
        minutely("risk_control_attempts:delta1m", refused),
        minutely("risk_control_failures:delta1m", refused),
        minutely("held_severity:last", [None if c is None else SEVERITY[c.status] - 1 for c in known]),
    )


def _hours(history: ServiceHistory, minutes: Sequence[Series]) -> tuple[Series, Series, Series, Series, Series]:
    """Return the hourly snapshots: evidence, availability, risk control, and sum and count of the response times."""
    evidence, available, limited, _, response, *_ = minutes

    def hourly(name: str, series: Series, values: Sequence[float], empty: Sequence[int] = ()) -> Series:
        sums: dict[int, float] = dict.fromkeys((closing_of(time) for time in empty), 0)
        for time, value in zip(series.times, values, strict=True):
            closing = closing_of(time)
            sums[closing] = sums.get(closing, 0) + value
        closed = [closing for closing in sums if closing <= history.end]
        return _series(history, name, closed, [round(sums[closing], 2) for closing in closed])

    return (
        hourly("evidence:hourly", evidence, evidence.values),
        hourly("available:hourly", available, available.values),
        hourly("risk_control:hourly", limited, limited.values, evidence.times),
        hourly("response_time_seconds:hourly_sum", response, response.values),
        hourly("response_time_seconds:hourly_count", response, [1] * len(response.values)),
    )


def closing_of(time: int) -> int:
    """Return the full hour (Unix seconds) whose snapshot holds this moment."""
    return -(-time // HOUR) * HOUR


def _window(series: Series, values: Sequence[float] | None = None) -> Window:
    """Return the sum over any window of a series; two look-ups in its running total."""
    totals = [0, *accumulate(series.values if values is None else values)]

    def over(end: int, seconds: int) -> float | None:
        first, last = bisect_right(series.times, end - seconds), bisect_right(series.times, end)
        return totals[last] - totals[first] if last > first else None

    return over


def _readings(history: ServiceHistory, minutes: Sequence[Series], hours: Sequence[Series]) -> dict[str, Reading]:
    """Return the readings over windows, by the end of their names."""
    service = history.service
    evidence, available, limited, _, response, *_ = map(_window, minutes)
    starts = _window(minutes[3])
    answers = _window(minutes[4], [1] * len(minutes[4].times))
    hourly_evidence, hourly_available, hourly_limited, hourly_response, hourly_answers = map(_window, hours)

    short = {name: _ratio(available, evidence, seconds) for name, seconds in SHORT_WINDOWS.items()}
    long = {name: _ratio(hourly_available, hourly_evidence, seconds) for name, seconds in LONG_WINDOWS.items()}
    readings = {f"availability:ratio{name}": (short | long)[name] for name in ("1h", "24h", "7d", "30d", "90d")}
    for name, source, seconds in (
        ("24h", evidence, DAY),
        *((name, hourly_evidence, LONG_WINDOWS[name]) for name in ("7d", "30d", "90d")),
    ):
        readings[f"coverage:ratio{name}"] = partial(_coverage, source, seconds)
    for name, (good, seen, seconds) in {
        "24h": (available, evidence, DAY),
        **{name: (hourly_available, hourly_evidence, LONG_WINDOWS[name]) for name in ("7d", "30d", "90d")},
    }.items():
        readings[f"available:sum{name}"] = partial(_over, good, seconds)
        readings[f"evidence:sum{name}"] = partial(_over, seen, seconds)
    for name, hours_of, seen, seconds in (
        ("24h", limited, evidence, DAY),
        *((name, hourly_limited, hourly_evidence, LONG_WINDOWS[name]) for name in ("7d", "30d")),
    ):
        readings[f"risk_control_hours:sum{name}"] = partial(_hours_in, hours_of, seconds)
        readings[f"risk_control_episodes:sum{name}"] = partial(_episodes, starts, seen, seconds)
    readings["response_time_seconds:avg1h"] = _ratio(response, answers, HOUR)
    readings["response_time_seconds:avg24h"] = _ratio(response, answers, DAY)
    readings["response_time_seconds:avg30d"] = _ratio(hourly_response, hourly_answers, 30 * DAY)
    readings["stability:stars"] = partial(_stars, long["30d"], readings["risk_control_episodes:sum30d"])
    if service.objective is not None:
        budget = 1 - service.objective
        readings["objective:ratio"] = partial(_constant, service.objective)
        for name in ("5m", "30m", "1h", "2h", "6h", "1d", "3d"):
            readings[f"burnrate:ratio{name}"] = partial(_burn_rate, (short | long)[name], budget)
        readings["error_budget_remaining:ratio30d"] = partial(_budget_left, long["30d"], budget)
    if service.sunset is not None:
        readings["sunset_days:min"] = partial(_days_until, service.sunset)
    return readings


def _constant(value: float, _: int) -> float:
    return value


def _days_until(moment: float, time: int) -> float:
    return (moment - time) / DAY


def _ratio(numerator: Window, denominator: Window, seconds: int) -> Reading:
    def read(time: int) -> float | None:
        part, whole = numerator(time, seconds), denominator(time, seconds)
        return part / whole if part is not None and whole else None

    return read


def _over(source: Window, seconds: int, time: int) -> float | None:
    return source(time, seconds)


def _price(usd: float, availability: Reading, time: int) -> float | None:
    ratio = availability(time)
    return usd / ratio if ratio else None


def _coverage(evidence: Window, seconds: int, time: int) -> float | None:
    seen = evidence(time, seconds)
    return None if seen is None else min(1.0, seen * 60 / seconds)


def _hours_in(minutes: Window, seconds: int, time: int) -> float | None:
    spent = minutes(time, seconds)
    return (spent or 0) / 60


def _episodes(starts: Window, evidence: Window, seconds: int, time: int) -> float | None:
    return starts(time, seconds) or (0 if evidence(time, seconds) else None)


def _burn_rate(availability: Reading, budget: float, time: int) -> float | None:
    ratio = availability(time)
    return None if ratio is None else (1 - ratio) / budget


def _budget_left(availability: Reading, budget: float, time: int) -> float | None:
    burnt = _burn_rate(availability, budget, time)
    return None if burnt is None else 1 - burnt


def _stars(availability: Reading, episodes: Reading, time: int) -> float | None:
    ratio, count = availability(time), episodes(time)
    if ratio is None or count is None:
        return None
    return min(1 + sum(ratio >= bound for bound in STAR_AVAILABILITIES), 5 - sum(count >= n for n in STAR_EPISODES))
