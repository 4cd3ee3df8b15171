"""Hostile variants of real answers, page documents, web requests and configurations: none causes an exception.

The short forms take half a second each; the full ones together take five minutes of one processor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
import uvicorn
import yaml
from support.choice import Choice
from support.clock import HandClock
from support.exporting import serving
from support.fuzzing import variants

from sora_exporter.classify import explained
from sora_exporter.classify.sunset import announced_sunset, ignored_date
from sora_exporter.config import ConfigError, config_warnings, hidden_dump, parse_config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.config.balance import Balance, builtin_balances
from sora_exporter.config.yaml_file import parse_yaml
from sora_exporter.documents import decoded, first
from sora_exporter.figures import iso
from sora_exporter.http.retry_after import retry_after
from sora_exporter.probes.asset import decode_base64, media_link
from sora_exporter.probes.catalog import listing
from sora_exporter.probes.job import job_id_in
from sora_exporter.probes.states import state_and_word
from sora_exporter.probes.stream import events, is_finished, is_progressing, spoken_text
from sora_exporter.redact import redact
from sora_exporter.result import Answer, ErrorClass
from sora_exporter.status_pages.facts import PageError
from sora_exporter.status_pages.readers import READERS
from sora_exporter.web.config_file import load_web_config
from sora_exporter.web.protocol import HEAD_BYTES, PatientProtocol

TESTS = Path(__file__).parents[1]
NOW = 1_769_558_400.0
SEED = 2026
REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: zh-CN,en;q=0.5\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3\r\n"
    b"Accept-Encoding: gzip;q=1.0, br\r\n\r\n",
    b"GET /probe?service_id=scraped&probe=catalog&debug=true HTTP/1.1\r\nHost: a\r\n"
    b"X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n",
    b"GET /sd HTTP/1.1\r\nHost: exporter.example:10198\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
    b"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n",
    b"GET /api/v1/services/sora-2-official HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /services/scraped?refresh=off HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n",
    b"GET /badge/scraped.svg HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/events?days=30&service_id=scraped HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n",
    b"GET /config HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /-/healthy HTTP/1.0\r\n\r\n",
    b"POST /-/reload HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /-/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
)

WEB_CONFIGURATIONS = (
    b"tls_server_config: {cert_file: a.pem, key_file: b.pem}\nbasic_auth_users: {a: $2y$05$x}\n",
    b'{"rate_limit": {"interval": "1s", "burst": 3}, "http_server_config": {"headers": {"X-Frame-Options": "deny"}}}',
)


def recorded_answers() -> Iterator[Answer]:
    """Yield the recorded answers of the corpus."""
    for name in ("answers.jsonl", "own.jsonl"):
        for line in (TESTS / "classify/corpus" / name).read_text("utf-8").splitlines():
            record = json.loads(line)
            yield Answer(
                endpoint=record.get("endpoint") or "videos", access=record.get("access") or "official",
                http_status=record.get("http_status"), headers=record.get("headers") or {},
                body=record.get("body") or "", transport_error=record.get("transport_error"),
            )  # fmt: skip


def test_no_answer_causes_an_exception(short_or_long: Choice) -> None:
    """Variants of recorded answers get a class of the closed set, and every reader of answers returns.

    A balance without a number is a ValueError, which the balance probe reports.
    """
    chance, apis = random.Random(SEED), list(builtin_apis().values())
    balances = [Balance.model_validate(each) for each in builtin_balances().values()]
    known = list(recorded_answers())
    bodies = variants([answer.body.encode() for answer in known if answer.body], SEED)
    values = variants([value.encode() for answer in known for value in answer.headers.values()], SEED)
    for raw in islice(bodies, short_or_long(300, 45_000)):
        text, like, api = raw.decode("utf-8", "replace"), chance.choice(known), chance.choice(apis)
        headers = {name: next(values).decode("latin-1") for name in (*like.headers, "sunset", "retry-after")}
        answer = Answer(
            endpoint=like.endpoint, access=like.access, http_status=chance.choice((like.http_status, 200, 999)),
            headers=headers, body=text,
            expectation=chance.choice((None, api.create_expectation, api.job_expectation)),
        )  # fmt: skip
        found = explained(answer)
        assert found.verdict.error_class in ErrorClass
        document = decoded(text)
        iso(announced_sunset(headers, document))
        ignored_date(headers, document)
        retry_after(headers, NOW)
        job_id_in(api, document)
        redact(text, ["sk-0123456789abcdef"], 200)
        for job in (api.job,) if api.job is not None else ():
            state_and_word(job, document, answer.http_status)
        for asset in (api.asset,) if api.asset is not None else ():
            decode_base64(first(document, asset.base64))
            media_link(text, asset.link or "https?://[^ ]+")
        for catalog in (api.catalog,) if api.catalog is not None else ():
            listing("sora-2", document, catalog)
        with suppress(ValueError):
            chance.choice(balances).amount(document, document)
        list(events(text, ("error",)))
        for read in (spoken_text, is_finished, is_progressing):
            read(text)


def test_no_page_document_causes_an_exception(short_or_long: Choice) -> None:
    """Variants of recorded page documents give a report or a PageError, in every format."""
    whole = [path.read_bytes() for path in sorted((TESTS / "status_pages/documents").glob("*.json"))]
    small = [each for each in whole if len(each) < 40_000]
    chance = random.Random(SEED)
    read = 0
    for body in islice(variants(small, SEED), short_or_long(200, 30_000)):
        reader = chance.choice(list(READERS.values()))
        names = list(reader.addresses("https://status.example"))
        with suppress(PageError):
            report = reader.read(dict.fromkeys(chance.sample(names, 1), body), chance.choice(((), ("Sora",))), NOW)
            for incident in report.incidents:
                iso(incident.since)
            read += 1
    assert read


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that is logged as an error."""
    caplog.set_level(logging.ERROR)
    return caplog


async def test_no_web_request_causes_an_exception(
    tmp_path: Path,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    faults: pytest.LogCaptureFixture,
    short_or_long: Choice,
) -> None:
    """Variants of requests, sent as bytes to the real server, get an answer below 500 or none; then it still serves."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(tmp_path, clock, monkeypatch) as served:
        config = uvicorn.Config(
            served.client._transport.app, http=PatientProtocol, log_config=None, lifespan="off", ws="none",
            h11_max_incomplete_event_size=HEAD_BYTES,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        for request in islice(variants(REQUESTS, SEED), short_or_long(150, 40_000)):
            answer = await said(listener.getsockname()[1], request)
            assert not answer.startswith(b"HTTP/1.1 5"), request
        assert (await said(listener.getsockname()[1], REQUESTS[1])).startswith(b"HTTP/1.1 200")
        server.should_exit = True
        await task
    assert [record.getMessage() for record in faults.records] == []


async def said(port: int, request: bytes) -> bytes:
    """Return the beginning of the answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        return await reader.read(64)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_no_configuration_causes_an_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_or_long: Choice
) -> None:
    """Variants of configurations are accepted, or refused in lines that name the file; those of the web likewise."""
    monkeypatch.setenv("SORA_TEST_KEY", "a-key-of-the-test")
    paths = [*sorted((TESTS / "config/testdata").glob("*.yml")), TESTS.parent / "sora.example.yml"]
    texts = [path.read_bytes() for path in paths]
    documents = [json.dumps(yaml.safe_load(text)).encode() for text in texts if is_plain(text)]
    path = tmp_path / "web.yml"
    ours, webs = variants([*texts, *documents], SEED), variants(WEB_CONFIGURATIONS, SEED)
    for raw, web in islice(zip(ours, webs, strict=True), short_or_long(40, 2_000)):
        refused: tuple[str, ...] = ()
        try:
            config = parse_config(parse_yaml("sora.yml", raw.decode("utf-8", "replace"), TESTS / "config/testdata"))
            yaml.safe_dump(hidden_dump(config))
            config_warnings(config)
        except ConfigError as error:
            refused = error.mistakes
        assert all(line.startswith("sora.yml:") and "\n" not in line for line in refused), raw
        path.write_bytes(web)
        with suppress(ConfigError):
            load_web_config(path)


def is_plain(text: bytes) -> bool:
    """Return whether a configuration is YAML that JSON can hold."""
    try:
        json.dumps(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, TypeError):
        return False
    return True
