"""Probing on scrape: the attempts that /probe starts, joins and refuses, and its answers."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text
from support.clock import HandClock
from support.exporting import Served, result

from sora_exporter.config.shard import Shard, shard_of
from sora_exporter.config.values import SHORTEST_INTERVAL, SHORTEST_PAID_INTERVAL
from sora_exporter.result import Depth, ErrorClass, ProbeKind, Wire
from sora_exporter.web.probe import LONGEST_SECONDS, SHORTEST_SECONDS, seconds_left

CATALOG = ("sora-2-official", ProbeKind.CATALOG)


def values(text: str) -> dict[str, float]:
    """Every sample of an exposition, by its name and labels as written."""
    return {
        sample.name + "".join(f"{{{k}={v}}}" for k, v in sorted(sample.labels.items())): sample.value
        for family in parse_text(text)
        for sample in family.samples
    }


async def test_a_service_of_another_shard_is_named(served: Served) -> None:
    """A scrape that reaches the wrong shard learns which one has the service, in one line."""
    served.exporter.shard = Shard(3 - shard_of("relay", 2), 2)
    assert await served.exporter.reload() == ""
    answer = await served.get("/probe", params={"service_id": "sora-2-official"})
    assert answer.status_code == 400
    own, other = served.exporter.shard, Shard(shard_of("relay", 2), 2)
    assert answer.text == f"sora-2-official belongs to shard {other}: this is {own}\n"
    assert (await served.get("/metrics")).text.count("sora_service_info{") == 0


async def test_a_probe_answers_in_the_names_of_blackbox_exporter(served: Served) -> None:
    """One free attempt is made, and its phases, code, certificate and the service's status come back."""
    served.runner.script[CATALOG] = result(*CATALOG, tls_expires_at=1_900_000_000.0)
    answer = await served.get("/probe", params={"service_id": "sora-2-official"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert served.runner.asked == [CATALOG]
    statuses = ("operational", "degraded", "risk_control", "maintenance", "suspended", "retired", "unknown")
    labels = "{service_id=sora-2-official}"
    assert values(answer.text) == {
        "probe_success": 1.0,
        "probe_duration_seconds": 0.0,
        "probe_http_duration_seconds{phase=resolve}": 0.0,
        "probe_http_duration_seconds{phase=connect}": 0.05,
        "probe_http_duration_seconds{phase=tls}": 0.0,
        "probe_http_duration_seconds{phase=processing}": 0.15,
        "probe_http_duration_seconds{phase=transfer}": 0.0,
        "probe_http_status_code": 200.0,
        "probe_ssl_earliest_cert_expiry": 1_900_000_000.0,
        **{f"sora_service_status{labels}{{status={s}}}": float(s == "operational") for s in statuses},
        f"sora_service_error{{error_class=none}}{labels}": 1.0,
    }


@pytest.mark.parametrize(
    ("wire", "http_status", "expected"),
    [
        (Wire("1.1", 4, "TLS 1.3"), 200, (1.1, 4.0, 0.0, {"probe_tls_version_info{version=TLS 1.3}": 1.0})),
        (Wire("1.0", 6, ""), 302, (1.0, 6.0, 1.0, {})),
    ],
)
async def test_a_probe_shows_how_its_answer_travelled(
    served: Served, wire: Wire, http_status: int, expected: tuple[float, float, float, dict[str, float]]
) -> None:
    """HTTP, IP and TLS version, the DNS lookup and a redirect come in the names of blackbox_exporter."""
    served.runner.script[CATALOG] = result(*CATALOG, wire=wire, http_status=http_status, phases={"resolve": 0.02})
    samples = values((await served.get("/probe", params={"service_id": "sora-2-official"})).text)
    names = ("probe_http_version", "probe_ip_protocol", "probe_http_redirects")
    tls = {name: value for name, value in samples.items() if name.startswith("probe_tls")}
    assert (*(samples[name] for name in names), tls) == expected
    assert samples["probe_dns_lookup_time_seconds"] == 0.02


async def test_a_failed_probe_is_an_answer_not_an_error(served: Served) -> None:
    """A service under risk control is 200 with probe_success 0 and the class that says why."""
    served.runner.script[CATALOG] = result(*CATALOG, ErrorClass.RISK_CONTROL, http_status=403)
    answer = await served.get("/probe", params={"service_id": "sora-2-official", "probe": "catalog"})
    samples = values(answer.text)
    assert (answer.status_code, samples["probe_success"], samples["probe_http_status_code"]) == (200, 0.0, 403.0)
    assert samples["sora_service_error{error_class=risk_control}{service_id=sora-2-official}"] == 1.0
    assert "probe_ssl_earliest_cert_expiry" not in samples


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "unknown service_id '': configured are sora-2-official, scraped\n"),
        ("service_id=nobody", "unknown service_id 'nobody': configured are sora-2-official, scraped\n"),
        (
            "service_id=sora-2-official&probe=ping",
            "unknown probe 'ping': use one of catalog, canary, submit, generate\n",
        ),
        (
            "service_id=sora-2-official&probe=submit",
            "probe submit costs money: scrapes run it only for services with probe_on_scrape: true\n",
        ),
        (
            "service_id=scraped&probe=generate",
            "probe generate of scraped is not configured: under probes: are catalog, submit\n",
        ),
        (
            "service_id=scraped&probe=canary",
            "probe canary of scraped is not configured: under probes: are catalog, submit\n",
        ),
    ],
)
async def test_a_forbidden_probe_is_a_400_with_the_reason(served: Served, query: str, words: str) -> None:
    """An unknown service or probe, and a paid probe that is not allowed, are refused before any request."""
    answer = await served.get(f"/probe?{query}")
    assert (answer.status_code, answer.text) == (400, words)
    assert served.runner.asked == []


@pytest.mark.parametrize("version", ["abc", "2.0.0"])
async def test_an_unknown_version_gets_ours(served: Served, version: str) -> None:
    """Versions of OpenMetrics are not negotiated: the answer has version 1.0.0 for any requested one."""
    headers = {"accept": f"application/openmetrics-text;version={version}"}
    answer = await served.get("/probe?service_id=sora-2-official", headers=headers)
    assert (answer.status_code, "version=1.0.0" in answer.headers["content-type"]) == (200, True)


async def test_scrapes_one_after_another_share_an_attempt_for_a_second(served: Served, clock: HandClock) -> None:
    """Any number of scrapes causes at most one request per second to the provider."""
    for _ in range(20):
        assert (await served.get("/probe?service_id=scraped")).status_code == 200
    assert len(served.runner.asked) == 1
    await clock.advance(SHORTEST_INTERVAL)
    await served.get("/probe?service_id=scraped")
    assert served.runner.asked.count(("scraped", ProbeKind.CATALOG)) == 2


async def test_scrapes_of_a_paid_probe_share_an_attempt_for_a_minute(served: Served, clock: HandClock) -> None:
    """Also with probe_on_scrape, scrapes spend one price a minute however many come."""
    for _ in range(3):
        assert (await served.get("/probe?service_id=scraped&probe=submit")).status_code == 200
        await clock.advance(SHORTEST_INTERVAL)
    assert served.runner.asked.count(("scraped", ProbeKind.SUBMIT)) == 1
    await clock.advance(SHORTEST_PAID_INTERVAL)
    await served.get("/probe?service_id=scraped&probe=submit")
    assert served.runner.asked.count(("scraped", ProbeKind.SUBMIT)) == 2


async def test_a_canary_that_was_accepted_is_not_sent_by_a_scrape(served: Served) -> None:
    """An accepted canary might cost money each time: its scrape is refused, one of the catalog is not."""
    served.runner.barred.add(("sora-2-official", ProbeKind.CANARY))
    answer = await served.get("/probe?service_id=sora-2-official&probe=canary")
    assert (answer.status_code, "accepts the canary" in answer.text, served.runner.asked) == (400, True, [])
    assert (await served.get("/probe?service_id=sora-2-official")).status_code == 200


async def test_a_scrape_may_pay_only_for_services_that_allow_it(served: Served) -> None:
    """With probe_on_scrape and the probe configured, a paid probe runs."""
    answer = await served.get("/probe", params={"service_id": "scraped", "probe": "submit"})
    assert (answer.status_code, served.runner.asked) == (200, [("scraped", ProbeKind.SUBMIT)])


async def test_scrapes_at_the_same_time_share_one_attempt(served: Served) -> None:
    """Three scrapers at once make one attempt and get the same answer."""
    served.runner.gate.clear()
    scrapes = [asyncio.create_task(served.get("/probe?service_id=sora-2-official")) for _ in range(3)]
    await served.runner.begun.wait()
    served.runner.gate.set()
    answers = await asyncio.gather(*scrapes)
    assert served.runner.asked == [CATALOG]
    assert len({answer.text for answer in answers}) == 1


async def test_a_scrape_ends_in_time_and_leaves_the_attempt_to_the_others(served: Served) -> None:
    """After the scraper's timeout the probe has failed, the status is unchanged, and the attempt continues."""
    served.runner.gate.clear()
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": "0.51"}
    answer = await served.get("/probe?service_id=sora-2-official", headers=headers)
    samples = values(answer.text)
    assert (answer.status_code, samples["probe_success"], samples["probe_http_status_code"]) == (200, 0.0, 0.0)
    assert samples["sora_service_error{error_class=not_probed}{service_id=sora-2-official}"] == 1.0
    assert samples["sora_service_status{service_id=sora-2-official}{status=unknown}"] == 1.0
    assert served.exporter.scheduler.in_flight == 1
    served.runner.gate.set()
    await served.exporter.scheduler.attempt(served.exporter.config.services[0], ProbeKind.CATALOG)
    assert served.exporter.state.status_of("sora-2-official").error_class is ErrorClass.NONE
    assert served.runner.asked == [CATALOG]


async def test_a_probe_run_by_another_process_is_a_503(served: Served) -> None:
    """While ``check`` holds the probe a scrape is a 503 that says to try again, and no evidence is invented."""
    served.runner.script[CATALOG] = None
    answer = await served.get("/probe?service_id=sora-2-official")
    assert answer.status_code == 503
    assert answer.text == "probe catalog of sora-2-official is being run by another process: try again\n"


async def test_debug_shows_the_attempt_and_the_metrics_to_a_person(served: Served) -> None:
    """debug=true answers text with the attempt's facts, followed by the metrics a scraper would have got."""
    served.runner.script[CATALOG] = result(
        *CATALOG, ErrorClass.CAPTCHA, detail="Just a moment…", rule="challenge", depth=Depth.REACHABLE
    )
    answer = await served.get("/probe?service_id=sora-2-official&debug=true")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    facts, _, metrics = answer.text.partition("\n\nMetrics that would have been returned:\n")
    assert facts.startswith("service sora-2-official, probe catalog\n")
    assert '"why": "Just a moment…"' in facts
    assert '"rule": "challenge"' in facts
    assert '"depth": "reachable"' in facts
    assert values(metrics)["probe_success"] == 0.0


async def test_openmetrics_on_request(served: Served) -> None:
    """/probe negotiates its format like /metrics."""
    answer = await served.get(
        "/probe?service_id=sora-2-official", headers={"accept": "application/openmetrics-text;version=1.0.0"}
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("10", 9.5),
        ("0.2", SHORTEST_SECONDS),
        ("1e300", LONGEST_SECONDS),
        ("inf", LONGEST_SECONDS),
        ("nan", None),
        ("-1", None),
        ("0", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_scrapers_patience_is_taken_at_its_word_within_reason(said: str, seconds: float | None) -> None:
    """The header less the offset; never nothing, never for ever, and nonsense counts as not said."""
    assert seconds_left({"x-prometheus-scrape-timeout-seconds": said}, 0.5) == seconds


def test_a_scraper_that_does_not_say_waits_for_the_probe() -> None:
    """Without the header the probe's own timeout is all there is."""
    assert seconds_left({}, 0.5) is None


async def test_a_waiting_scrape_is_answered_when_the_exporter_stops(served: Served) -> None:
    """A scrape whose attempt is cut off by the stop is a 503, not a fault."""
    served.runner.gate.clear()
    scrape = asyncio.create_task(served.get("/probe?service_id=sora-2-official"))
    await served.runner.begun.wait()
    await served.exporter.stop()
    answer = await scrape
    assert (answer.status_code, answer.text) == (503, "the exporter is stopping: try again\n")
