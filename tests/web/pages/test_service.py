"""The page of one service: every attempt as evidence."""

from __future__ import annotations

from support.pages import of_service, overview
from support.remembering import attempt, fill_january

from sora_exporter.exporter import Exporter
from sora_exporter.result import ErrorClass, ProbeKind, Status


def test_the_trail_of_a_request_is_shown(exporter: Exporter) -> None:
    """Request, headers and the time to the millisecond are shown with the attempt, for the provider's support."""
    attempt(
        exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.SERVER_ERROR, started_at=exporter.clock.now() + 0.123,
        request="POST /videos, model sora-2", headers="x-request-id: r-1\ncf-ray: 8ab-SIN",
    )  # fmt: skip
    page = of_service(exporter, "sora-2-official")
    assert "2026-01-28 00:00:00.123 UTC" in page.text
    assert "POST /videos, model sora-2" in page.text
    assert "x-request-id: r-1 cf-ray: 8ab-SIN" in page.text


def test_an_answer_that_was_not_recognised_is_marked(exporter: Exporter) -> None:
    """Such an attempt says that its HTTP status alone decided, and offers a rule of one's own; others do not."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.OVERLOADED, http_status=503, detail="odd")
    assert "not recognised" not in of_service(exporter, "sora-2-official").text
    facts = {"http_status": 500, "detail": "odd (words)", "recognised": False}
    attempt(exporter, "sora-2-official", ProbeKind.CANARY, ErrorClass.SERVER_ERROR, **facts)
    text = of_service(exporter, "sora-2-official").text
    assert text.count("Answer not recognised: judged by HTTP status alone.") == 1
    assert 'http_status: 500, match: "odd \\\\(words\\\\)", error_class: server_error}' in text


def test_service_page_keeps_the_evidence(exporter: Exporter) -> None:
    """Each attempt shows time, HTTP status, duration, class, rule, phases as bar and text, and the answer's excerpt."""
    fill_january(exporter)
    page = of_service(exporter, "sora-2-reverse")
    assert "Risk control risk_control 2026-01-28 00:00:00.000 UTC 0 s ago HTTP 403 · 250 ms · rule risk" in page.text
    assert "connect 50 ms tls 50 ms processing 140 ms transfer 10 ms" in page.text
    assert '{"error":{"message":"检测到异常活动"}}' in page.text
    assert page.text.index("canary every 5 min · attempts: 1 · without success: 1") < page.text.index(
        "catalog every 1 min"
    )
    bar = [(a["x"], a["width"]) for tag, a in page.elements if tag == "rect" and a["class"].startswith("p-")]
    assert bar[:4] == [("0.0", "200.0"), ("200.0", "200.0"), ("400.0", "560.0"), ("960.0", "40.0")]
    assert "../api/v1/services/sora-2-reverse" in page.all("href")
    assert "../badge/sora-2-reverse.svg?lang=en" in page.all("href")


def test_failures_outlast_successes_on_the_service_page(exporter: Exporter) -> None:
    """A failure is still shown after many more successes than the page keeps."""
    attempt(exporter, "sora-2-official", ProbeKind.CATALOG, ErrorClass.OVERLOADED, http_status=529)
    for _ in range(50):
        attempt(exporter, "sora-2-official", ProbeKind.CATALOG)
    page = of_service(exporter, "sora-2-official")
    assert "HTTP 529" in page.text
    assert "attempts: 51 · without success: 1" in page.text


def test_all_incidents_of_30_days_are_listed(exporter: Exporter) -> None:
    """A row of the status page shows the newest eight and leads to the service's page, which lists all of them."""
    began = exporter.clock.now() - 90_000.0
    for number in range(50):
        status, error_class = ((Status.SUSPENDED, ErrorClass.DNS), (Status.OPERATIONAL, ErrorClass.NONE))[number % 2]
        exporter.events.note("sora-2-official", status, error_class, began + 3600.0 * (number // 2))
    row = overview(exporter)
    assert "17 earlier" in row.text
    assert row.all("href").count("services/sora-2-official?lang=en") == 2
    assert of_service(exporter, "sora-2-official").text.count("Suspended · ") == 25
