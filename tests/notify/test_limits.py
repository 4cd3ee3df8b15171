"""Texts cut to the limits of services."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.notify.limits import Limit, fitted, in_bytes, in_utf16, limit_of
from sora_exporter.notify.texts import Message


@given(st.text(max_size=200), st.sampled_from([len, in_bytes, in_utf16]), st.integers(20, 120))
def test_a_cut_text_fits_and_is_a_beginning(body: str, measure: object, most: int) -> None:
    """Whatever the text and the measure, it fits together with its title, and nothing but its end is lost."""
    limit = Limit(most, measure)  # type: ignore[arg-type]
    cut = fitted(Message("title", body), limit)
    assert limit.measure(f"title\r\n{cut}") <= most
    assert cut == body or body.startswith(cut.removesuffix("…").removesuffix("\n"))


def test_a_text_is_cut_at_the_last_end_that_fits() -> None:
    """Lines and sentences stay whole; a sentence longer than the limit is cut within."""
    message = Message("t", "One. Two two.\nThree three three.")
    assert fitted(message, Limit(25)) == "One. Two two.\n…"
    assert fitted(message, Limit(16)) == "One.\n…"
    assert fitted(Message("t", "x" * 50), Limit(16)) == "x" * 11 + "…"
    assert fitted(message, Limit(500)) == message.body


def test_a_service_without_a_limit_of_ours_has_that_of_apprise() -> None:
    """The limit that Apprise states counts characters."""
    assert limit_of("tgram", 1).most == 4096
    assert limit_of("json", 32768) == Limit(32768)
