"""The Retry-After header in each of its forms."""

from __future__ import annotations

import pytest

from sora_exporter.http.retry_after import retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:20:00 GMT", 200.0),
        ("Thu, 01 Jan 1970 00:20:00 -0000", 200.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_read(value: str, seconds: float | None) -> None:
    """Seconds and dates give the time to wait at Unix time 1000; other values give None."""
    assert retry_after({"retry-after": value}, 1000.0) == seconds


def test_without_the_header_there_is_no_time_to_wait() -> None:
    """An answer without the header gives None."""
    assert retry_after({}, 0.0) is None
