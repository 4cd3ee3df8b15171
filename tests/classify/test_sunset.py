"""The end of a model's life, from headers, bodies and the configured date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.classify.sunset import after_sunset, announced_sunset, ignored_date
from sora_exporter.result import ErrorClass, Verdict

SEPTEMBER = datetime(2026, 9, 24, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "header",
    [
        "Thu, 24 Sep 2026 00:00:00 GMT",
        "Thursday, 24-Sep-26 00:00:00 GMT",
        "Thu Sep 24 00:00:00 2026",
        "Thu, 24 Sep 2026 08:00:00 +0800",
        "Thu, 24 Sep 2026 00:00:00 -0000",
        "2026-09-24",
        " 2026-09-24T00:00:00Z ",
    ],
)
def test_every_form_of_the_sunset_header_is_read(header: str) -> None:
    """All three HTTP dates, zones, and the ISO dates some vendors send name the same moment."""
    assert announced_sunset({"sunset": header}, None) == SEPTEMBER


@pytest.mark.parametrize(
    "document",
    [
        {"id": "sora-2", "shutdown_date": "2026-09-24"},
        {"data": {"shutdown_date": "2026-09-24T00:00:00Z"}},
        {"shutdown_date": "2026-09-24T08:00:00+08:00"},
        {"shutdown_date": "2026-09-24T00:00:00"},
        {"shutdown_date": None, "sunset_date": "2026-09-24"},
        {"error": {"reason": "deprecated", "sunset_date": "2026-09-24"}},
        {"error": {"shutdown_date": "2026-09-24"}},
    ],
)
def test_every_place_and_form_of_a_date_in_the_body_is_read(document: Any) -> None:
    """A date, a moment with a zone and one without (taken as UTC) are found where vendors put them."""
    assert announced_sunset({}, document) == SEPTEMBER


@pytest.mark.parametrize(
    "said",
    [
        None, "", "soon", "0", "@1790208000", "2026-13-45", "0000-00-00", "Thu, 99 Foo 2026 99:99:99 GMT", "9" * 5000,
        "Mon, 01 Jan 99999999999 00:00:00 GMT", "0001-01-01T00:00:00Z", "1970-01-01", 20260924, True, [], {"a": 1},
    ],
)  # fmt: skip
def test_other_values_than_dates_announce_nothing(said: Any) -> None:
    """Garbage, numbers and the zero values of programming languages are not an end of life."""
    header = {"sunset": said} if isinstance(said, str) else {}
    assert announced_sunset(header, {"shutdown_date": said}) is None


@pytest.mark.parametrize(
    "said", ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59-12:00", "2100-01-01", "1999-12-31", "0001-01-01"]
)
def test_an_impossible_date_announces_nothing_and_is_named(said: str) -> None:
    """A date before 2000 or after 2099 is not an end of life, in header or body; the log can name it."""
    assert announced_sunset({"sunset": said}, {"shutdown_date": said}) is None
    assert (ignored_date({"sunset": said}, None), ignored_date({}, {"shutdown_date": said})) == (said, said)
    assert announced_sunset({"sunset": said}, {"shutdown_date": "2026-09-24"}) == SEPTEMBER
    assert ignored_date({"sunset": "2099-12-31"}, None) == ""


def test_the_header_comes_before_the_body_and_deprecation_names_no_end() -> None:
    """``Sunset`` wins over a member; an unreadable one does not hide it; ``Deprecation`` alone says nothing."""
    body = {"shutdown_date": "2026-12-01"}
    december = announced_sunset({}, body)
    assert announced_sunset({"sunset": "Thu, 24 Sep 2026 00:00:00 GMT"}, body) == SEPTEMBER
    assert announced_sunset({"sunset": "soon"}, body) == december
    assert announced_sunset({"deprecation": "@1770000000"}, {}) is None


@given(st.text(max_size=60), st.recursive(st.none() | st.text(max_size=30) | st.integers(), st.lists, max_leaves=3))
def test_nothing_a_provider_sends_raises(header: str, document: Any) -> None:
    """Any text in the header and any value in the body is read or ignored."""
    found = announced_sunset({"sunset": header}, {"shutdown_date": document})
    assert found is None or found > 0


@pytest.mark.parametrize(
    ("error_class", "sunset_at", "expected"),
    [
        (ErrorClass.MODEL_NOT_FOUND, SEPTEMBER - 1, ErrorClass.MODEL_RETIRED),
        (ErrorClass.MODEL_NOT_FOUND, SEPTEMBER, ErrorClass.MODEL_RETIRED),
        (ErrorClass.MODEL_NOT_FOUND, SEPTEMBER + 1, ErrorClass.MODEL_NOT_FOUND),
        (ErrorClass.MODEL_NOT_FOUND, None, ErrorClass.MODEL_NOT_FOUND),
        (ErrorClass.UNAVAILABLE, SEPTEMBER - 1, ErrorClass.UNAVAILABLE),
        (ErrorClass.NONE, SEPTEMBER - 1, ErrorClass.NONE),
    ],
)
def test_not_found_means_retired_only_after_the_end(
    error_class: ErrorClass, sunset_at: float | None, expected: ErrorClass
) -> None:
    """From its last moment on, and for nothing but "not found", the model is retired; the words are kept."""
    verdict = after_sunset(Verdict(error_class, "rule", "words"), sunset_at, SEPTEMBER)
    assert verdict.error_class is expected
    assert verdict.message == "words"
    assert verdict.rule == ("rule" if expected is error_class else "rule+sunset")
