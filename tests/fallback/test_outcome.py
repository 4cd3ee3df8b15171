"""Errors of the fallback client in words: one line with every route and its reason."""

from __future__ import annotations

import pickle

from sora_exporter.fallback.outcome import AllRoutesFailed, RouteAttempt
from sora_exporter.result import ErrorClass, Status


def test_an_error_names_every_route_and_survives_a_copy() -> None:
    """The text lists attempts and skipped routes in order; a pickled error keeps its text and its attempts."""
    failed = RouteAttempt("one", "official", ErrorClass.OVERLOADED, "busy", 503)
    silent = RouteAttempt("two", "reverse", ErrorClass.TIMEOUT, "")
    skipped = RouteAttempt("three", "reverse", ErrorClass.NOT_PROBED, "the exporter says retired", was_skipped=True)
    error = AllRoutesFailed("no route took the job", [failed, silent, skipped])
    assert str(error) == (
        "no route took the job: one: overloaded (busy); two: timeout; three: skipped (the exporter says retired)"
    )
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.attempts) == (str(error), (failed, silent, skipped))
    assert (failed.status, str(AllRoutesFailed("none", []))) == (Status.DEGRADED, "none")
