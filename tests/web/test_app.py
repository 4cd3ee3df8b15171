"""Every endpoint, requested in this process."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from support.exporting import CONFIGURATION, KEY, Served, result

from sora_exporter.result import ErrorClass, ProbeKind, Status
from sora_exporter.status_pages.poller import PageState
from sora_exporter.web.app import AppSettings, create_app

PAGES = ("/", "/metrics", "/sd", "/api/v1/status", "/config", "/-/healthy", "/-/ready")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_get_and_head(served: Served, path: str) -> None:
    """Each endpoint without parameters answers GET and HEAD with 200 and the same type."""
    got, head = await served.get(path), await served.client.head(path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.headers["content-type"] == head.headers["content-type"]


@pytest.mark.parametrize("path", [*PAGES, "/probe", "/api/v1/services/scraped"])
async def test_pages_only_read(served: Served, path: str) -> None:
    """No page can be written to: POST, PUT and DELETE are 405 and say which methods are."""
    for method in ("POST", "PUT", "DELETE"):
        answer = await served.client.request(method, path)
        assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


async def test_an_unknown_path_is_404_as_text(served: Served) -> None:
    """The answer for an unknown path is plain text."""
    answer = await served.get("/no/such/page")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "Not Found" in answer.text


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; version=0.0.4"),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", "application/openmetrics-text"),
    ],
)
async def test_metrics_come_in_the_format_that_is_accepted(served: Served, accept: str, content_type: str) -> None:
    """The default is the text format, OpenMetrics comes on request; each passes the library's own parser."""
    answer = await served.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(content_type)
    is_openmetrics = "openmetrics" in content_type
    assert answer.text.endswith("# EOF\n") is is_openmetrics
    families = {family.name for family in (parse_openmetrics if is_openmetrics else parse_text)(answer.text)}
    assert {"sora_service_status", "sora_probe_duration_seconds"} <= families


async def test_metrics_never_probe(served: Served) -> None:
    """Reading /metrics never contacts a provider."""
    for _ in range(20):
        await served.get("/metrics")
    assert served.runner.asked == []


async def test_status_as_json_has_the_state_and_its_reason(served: Served) -> None:
    """After a refused attempt /api/v1/status has status, class, reason, the route to use, money and pages."""
    service = served.exporter.config.services[0]
    said = result(service.id, ProbeKind.CATALOG, ErrorClass.RISK_CONTROL, detail="账号风控")
    served.runner.script[service.id, ProbeKind.CATALOG] = said
    await served.exporter.scheduler.attempt(service, ProbeKind.CATALOG)
    document = (await served.get("/api/v1/status")).json()
    first, second = document["services"]
    assert (first["status"], first["error_class"], first["why"]) == (Status.RISK_CONTROL, "risk_control", "账号风控")
    assert (second["status"], second["error_class"]) == (Status.UNKNOWN, "not_probed")
    assert document["products"][0] == {
        "product": "sora-2",
        "service_id": None,
        "why": "no route is usable: sora-2-official is risk_control, scraped is unknown",
        "criterion": None,
    }
    assert document["budget"] == {"limit_usd": 1.0, "spent_usd": 0.0}
    assert (document["status_pages"], document["exporter"]["last_reload_successful"]) == ([], True)


async def test_status_as_json_has_attempt_and_success_of_a_page(served: Served) -> None:
    """A page that was read once and then failed has both times."""
    served.exporter.pages.states["official"] = PageState(False, 1_000_060.0, 1_000_000.0, None, "HTTP 503")
    assert (await served.get("/api/v1/status")).json()["status_pages"] == [
        {
            "page": "official",
            "up": False,
            "last_attempt": "1970-01-12T13:47:40Z",
            "last_success": "1970-01-12T13:46:40Z",
            "error": "HTTP 503",
        }
    ]


async def test_one_service_shows_its_attempts(served: Served) -> None:
    """A service's own document holds its latest attempts; an unknown one is a 404 that names it."""
    service = served.exporter.config.services[0]
    await served.exporter.scheduler.attempt(service, ProbeKind.CATALOG)
    document = (await served.get("/api/v1/services/sora-2-official")).json()
    assert [attempt["http_status"] for attempt in document["attempts"]["catalog"]] == [200]
    missing = await served.get("/api/v1/services/nobody")
    assert (missing.status_code, missing.json()) == (404, {"error": "no service 'nobody' is configured"})


async def test_discovery_lists_only_services_left_to_scrapes_in_the_shape_of_http_sd(served: Served) -> None:
    """Each element is a list of host:port strings and a mapping of string labels, as Prometheus requires."""
    answer = await served.get("/sd")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [
        {
            "targets": ["exporter.example:10198"],
            "labels": {
                "__scheme__": "http",
                "__metrics_path__": "/probe",
                "__param_service_id": "scraped",
                "__meta_sora_service_id": "scraped",
                "__meta_sora_product": "sora-2",
                "__meta_sora_access": "reverse",
                "__meta_sora_provider": "relay",
            },
        }
    ]


async def test_the_configuration_is_shown_without_secrets(served: Served) -> None:
    """/config is YAML with the name of the key's variable, never the key."""
    text = (await served.get("/config")).text
    assert yaml.safe_load(text)["providers"]["relay"]["api_key_env"] == "RELAY_API_KEY"
    assert KEY not in text


async def test_secret_settings_are_hidden_in_the_configuration(served: Served) -> None:
    """A proxy's password and the values of extra headers do not show in /config."""
    secret = CONFIGURATION.replace(
        "api_key_env: RELAY_API_KEY",
        'api_key_env: RELAY_API_KEY, proxy: "http://me:hunter22@proxy.example:3128", headers: {x-relay: topsecret}',
    )
    served.config_file.write_text(secret, "utf-8")
    assert (await served.client.post("/-/reload")).status_code == 200
    text = (await served.get("/config")).text
    assert ("x-relay" in text, "hunter22" in text, "topsecret" in text) == (True, False, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example:10198", "origin": "http://evil.example:10198"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 200),
        ({}, 200),
    ],
)
async def test_no_page_in_a_browser_can_reload(served: Served, headers: dict[str, str], status: int) -> None:
    """A browser's POST for a page is refused, also with our own name, which DNS rebinding takes; others are not."""
    assert (await served.client.post("/-/reload", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    [("gzip", True), ("deflate, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip; q=0.0", False), ("identity", False)],
)
async def test_metrics_are_gzipped_on_request(served: Served, accepted: str, is_zipped: bool) -> None:
    """The compressed answer holds the same text, and only clients that accept it get it."""
    plain = await served.get("/metrics", headers={"accept-encoding": "identity"})
    answer = await served.get("/metrics", headers={"accept-encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") is is_zipped
    assert "accept-encoding" in answer.headers["vary"]
    assert answer.text.count("# HELP sora_") == plain.text.count("# HELP sora_") > 10


async def test_the_configuration_is_written_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """/config renders a configuration at its first request, and anew only after a reload."""
    first = (await served.get("/config")).text
    with monkeypatch.context() as patch:
        patch.setattr("sora_exporter.web.app.hidden_dump", lambda _: {})
        assert (await served.get("/config")).text == first
        assert (await served.client.post("/-/reload")).status_code == 200
        assert (await served.get("/config")).text == "{}\n"


async def test_no_more_scrapes_are_answered_at_once_than_allowed(served: Served) -> None:
    """Beyond --web.max-requests a scrape is 503 and says so; pages are not scrapes, and an ended scrape makes room."""
    app = create_app(served.exporter, AppSettings(max_requests=1))
    served.runner.gate.clear()
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://exporter.example"
    ) as client:
        first = asyncio.create_task(client.get("/probe?service_id=scraped"))
        await served.runner.begun.wait()
        refused, page = await client.get("/metrics"), await client.get("/sd")
        assert (refused.status_code, page.status_code) == (503, 200)
        assert refused.text == "1 scrapes are being answered: try again later\n"
        served.runner.gate.set()
        assert ((await first).status_code, (await client.get("/metrics")).status_code) == (200, 200)


async def test_the_metrics_move_and_leave_the_process_out_on_request(served: Served) -> None:
    """With another telemetry path /metrics is unknown; without exporter metrics only sora_* series are left."""
    app = create_app(served.exporter, AppSettings(telemetry_path="/own/metrics", process_metrics=False))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://exporter.example"
    ) as client:
        assert (await client.get("/metrics")).status_code == 404
        families = [family.name for family in parse_text((await client.get("/own/metrics")).text)]
    assert families
    assert [name for name in families if not name.startswith("sora_")] == []


async def test_reload_is_only_posted(served: Served) -> None:
    """A link followed by chance does not reload: GET is 405 and names POST."""
    answer = await served.get("/-/reload")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_good_reload_changes_services_and_keeps_the_counters(served: Served) -> None:
    """After POST /-/reload a new service is there, and the counters of the old one still are."""
    service = served.exporter.config.services[0]
    await served.exporter.scheduler.attempt(service, ProbeKind.CATALOG)
    more = CONFIGURATION.replace("id: scraped", "id: another")
    served.config_file.write_text(more, "utf-8")
    answer = await served.client.post("/-/reload")
    assert (answer.status_code, answer.text) == (200, "reloaded\n")
    metrics = (await served.get("/metrics")).text
    assert 'sora_probe_attempts_total{probe="catalog",service_id="sora-2-official"} 1.0' in metrics
    assert 'service_id="another"' in metrics
    assert 'service_id="scraped"' not in metrics


async def test_a_bad_reload_answers_the_mistake_and_changes_nothing(served: Served) -> None:
    """The text names file, line and path, the metric says 0, and the old services are still served."""
    before = (await served.get("/config")).text
    served.config_file.write_text(CONFIGURATION.replace("interval: 5m", "interval: 5"), "utf-8")
    answer = await served.client.post("/-/reload")
    assert answer.status_code == 500
    assert answer.text.startswith(f"{served.config_file}:16: services[0].probes.canary.interval: ")
    assert answer.text.count("\n") == 1
    assert (await served.get("/config")).text == before
    assert "sora_exporter_config_last_reload_successful 0.0" in (await served.get("/metrics")).text
    served.config_file.write_text(CONFIGURATION, "utf-8")
    await served.client.post("/-/reload")
    assert "sora_exporter_config_last_reload_successful 1.0" in (await served.get("/metrics")).text


async def test_the_page_and_json_survive_hostile_words(served: Served) -> None:
    """Markup and terminal codes in an answer's words break neither the page nor the JSON."""
    service = served.exporter.config.services[0]
    hostile = result(service.id, ProbeKind.CATALOG, ErrorClass.SERVER_ERROR, detail="<script>alert(1)</script>\x9b31m")
    served.runner.script[service.id, ProbeKind.CATALOG] = hostile
    await served.exporter.scheduler.attempt(service, ProbeKind.CATALOG)
    page = await served.get("/")
    assert (page.status_code, "<script>alert" in page.text) == (200, False)
    assert (await served.get("/api/v1/status")).json()["services"][0]["why"].startswith("<script>")


async def test_the_path_of_the_external_url_is_served_as_well(served: Served) -> None:
    """Behind a proxy that passes its prefix on every endpoint answers below it, and /sd sends scrapes there, too."""
    app = create_app(served.exporter, AppSettings(external_url="https://status.example/sora/"))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://exporter.example:10198") as client:
        answers = {path: (await client.get(path)).status_code for path in ("/sora/", "/sora/metrics", "/metrics", "/x")}
        paths = [(await client.get(f"{prefix}/sd")).json()[0]["labels"]["__metrics_path__"] for prefix in ("", "/sora")]
    assert answers == {"/sora/": 200, "/sora/metrics": 200, "/metrics": 200, "/x": 404}
    assert paths == ["/probe", "/sora/probe"]
