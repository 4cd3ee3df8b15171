"""The key stays in memory, although the provider prints it everywhere it can."""

from __future__ import annotations

import base64
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.running import Running, environment, exporter, run

from sora_exporter.result import ProbeKind

pytestmark = pytest.mark.processes

# Shaped like no key of a known provider: only knowing it can hide it.
KEY = "Zq7/w+Rk93=hTbLmXc52"
ENDPOINTS = (
    "/", "/metrics", "/sd", "/api/v1/status", "/api/v1/services/videos", "/api/v1/services/chat", "/config",
    "/nothing",
)  # fmt: skip
PROBES = [
    f"/probe?service_id={service}&probe={probe}" for service in ("videos", "chat", "images") for probe in ProbeKind
]
CONFIGURATION = """
budget_usd_per_day: 100
providers:
  echo: {{base_url: "{provider}/v1", api_key_env: ECHO_KEY, headers: {{x-more: "${{ECHO_KEY}}"}}}}
services:
  - &service
    id: videos
    product: videos
    access: reverse
    provider: echo
    model: m
    api: videos
    price_usd: {{per_request: 0.10}}
    probe_on_scrape: true
    probes:
      catalog: {{interval: 1m, timeout: 5s}}
      canary: {{interval: 1m, timeout: 5s}}
      submit: {{interval: 1h, timeout: 5s}}
      generate: {{interval: 1h, timeout: 5s}}
  - {{<<: *service, id: chat, api: chat}}
  - {{<<: *service, id: images, api: images}}
"""


def forms(key: str) -> dict[str, str]:
    """The shapes in which a key could leak: plain, in an address, in a basic credential."""
    return {
        "plain": key,
        "quoted": quote(key, safe=""),
        "quoted but slashes": quote(key),
        "escaped as PHP does": key.replace("/", "\\/"),
        "base64": base64.b64encode(key.encode()).decode().rstrip("="),
    }


async def echo(request: Request) -> Response:
    """Accept jobs and finish them, with the key in every header, address and text; refuse everything else with it."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ") or KEY
    headers = {"x-request-id": key, "x-key": key, "location": f"/v1/{quote(key)}", "set-cookie": f"key={quote(key)}"}
    path = request.url.path
    body = await request.body()
    if b"prompt" in body and not any(broken in body for broken in (b'""', b'"abc"')):
        job = {"id": "job-1", "status": "queued", "note": key, "data": [{"url": f"http://127.0.0.1:9/{quote(key)}"}]}
        return JSONResponse(job, headers=headers)
    if request.method == "GET" and path.endswith("/job-1"):
        job = {"id": "job-1", "status": "completed", "url": f"http://127.0.0.1:9/v.mp4?k={quote(key)}", "error": key}
        return JSONResponse(job, headers=headers)
    message = (
        f"Incorrect API key provided: {key} ({quote(key, safe='')}) at https://u:{key}@host/?key={key} 密钥{key}。"
    )
    return JSONResponse({"error": {"message": message, "type": key, "code": key}}, 500, headers)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider that echoes, on a free port."""
    routes = [Route("/{path:path}", echo, methods=["GET", "POST", "DELETE"])]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


def leaks(text: str) -> list[str]:
    """The forms of the key that a text contains."""
    return [name for name, form in forms(KEY).items() if form in text]


def emitted(running: Running, storage: Path) -> dict[str, str]:
    """Everything a running exporter shows, says and stores, by where it was found; ends the exporter."""
    paths = (PROBES[0], *(f"{path}&debug=true" for path in PROBES), *ENDPOINTS)
    found = {path: (answer := running.get(path)).text + str(answer.headers) for path in paths}
    openmetrics = running.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    found["openmetrics"] = openmetrics.text
    found["arguments"] = Path(f"/proc/{running.process.pid}/cmdline").read_text()
    running.end(signal.SIGTERM)
    assert running.process.stdout is not None
    found["stdout"], found["stderr"] = running.process.stdout.read(), running.said
    stored = {file: file.read_bytes().decode("latin-1") for file in sorted(storage.rglob("*")) if file.is_file()}
    return found | {file.name: text for file, text in stored.items()}


def test_nothing_the_exporter_emits_holds_the_key(provider: str, tmp_path: Path) -> None:
    """Pages, metrics, debug output, both forms of debug log, every stored byte and the arguments are searched."""
    config = tmp_path / "sora.yml"
    config.write_text(CONFIGURATION.format(provider=provider), "utf-8")
    with ExitStack() as stack:
        both = [
            stack.enter_context(exporter(
                tmp_path / form, f"--config.file={config}", "--log.level=debug", f"--log.format={form}",
                env=environment(provider, ECHO_KEY=KEY),
            ))
            for form in ("logfmt", "json")
        ]  # fmt: skip
        for running, form in zip(both, ("logfmt", "json"), strict=True):
            found = emitted(running, tmp_path / form)
            assert found["/metrics"].count("sora_probe_success{") == len(PROBES), "not every probe was tried"
            assert "Incorrect API key provided: [hidden]" in found["/api/v1/status"], "the echo is not even shown"
            assert {place: leaked for place, text in found.items() if (leaked := leaks(text))} == {}


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nothing_check_prints_holds_the_key(provider: str, tmp_path: Path, form: str) -> None:
    """The report of one round of all probes shows the echo without the key, in every format."""
    config = tmp_path / "sora.yml"
    config.write_text(CONFIGURATION.format(provider=provider), "utf-8")
    ended = run(
        "check", "videos", "--probe=catalog", "--probe=canary", f"--format={form}", f"--config.file={config}",
        f"--storage.path={tmp_path}", env=environment(provider, ECHO_KEY=KEY),
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "[hidden]" in ended.stdout
    assert leaks(ended.stdout) == []


def test_a_key_that_cannot_be_a_header_is_not_quoted_in_the_complaint(provider: str, tmp_path: Path) -> None:
    """A key with a line break makes the libraries complain about its value; the error does not repeat it."""
    config = tmp_path / "sora.yml"
    config.write_text(
        CONFIGURATION.format(provider=provider).replace(', headers: {x-more: "${ECHO_KEY}"}', ""), "utf-8"
    )
    env = environment(provider, ECHO_KEY=f"{KEY}\nsecond line 密")
    ended = run("check", "videos", f"--config.file={config}", f"--storage.path={tmp_path}", env=env)
    assert ended.returncode in (1, 2)
    assert "ECHO_KEY" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert leaks(ended.stdout + ended.stderr) == []
