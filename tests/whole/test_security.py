"""The real exporter and real clients: TLS with a password, many slow clients at once, tracebacks without secrets."""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import select
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import bcrypt
import pytest
from support import plain_http
from support.faults.certificates import Authority
from support.programs.launch import eventually, prometheus
from support.running import KEY, Running, environment, exporter, run

from sora_exporter.logs import JsonFormatter, LogfmtFormatter
from sora_exporter.web.protocol import MOST_CONNECTIONS

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(6)).decode()
SECRET = "a-value-that-stands-in-no-line-of-code"
NO_PROVIDER = environment("http://127.0.0.1:9")
"""The environment of an exporter whose provider refuses every connection."""
PATHS = (
    "/", "/metrics", "/probe?service_id=sora-image", "/sd", "/api/v1/status", "/api/v1/services/sora-image", "/config",
    "/services/sora-image", "/badge/sora-image.svg", "/nothing", "//-/healthy", "/-/healthy/", "/-/Healthy",
    "/metrics?x=/-/healthy", "/-/healthy/../../metrics", "/%2d/healthy/..%2f..%2fmetrics",
)  # fmt: skip


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority with a certificate ``server.pem`` in the test's directory, and a web configuration that uses it."""
    authority = Authority.create(tmp_path)
    authority.server_context("server")
    said = {
        "tls_server_config": {"cert_file": "server.pem", "key_file": "server.pem"},
        "basic_auth_users": {"prometheus": HASH},
    }
    (tmp_path / "web.yml").write_text(json.dumps(said), "utf-8")
    return authority


@contextmanager
def guarded(directory: Path, *flags: str) -> Iterator[Running]:
    """Run the exporter with the web configuration of the directory."""
    web = f"--web.config.file={directory / 'web.yml'}"
    with exporter(directory / "storage", web, *flags, env=NO_PROVIDER) as running:
        yield running


def curl(authority: Authority, url: str, *arguments: str) -> str:
    """Return the HTTP status that curl gets; 000 for no answer at all."""
    command = ["curl", "--silent", "--path-as-is", "--output", "/dev/null", "--write-out", "%{http_code}"]
    ended = subprocess.run(
        [*command, "--cacert", str(authority.path), *arguments, url], capture_output=True, text=True, check=False
    )
    return ended.stdout


def test_only_health_is_open_without_credentials(tmp_path: Path, authority: Authority) -> None:
    """Over TLS every path in any spelling needs the password, except /-/healthy; plain HTTP gets no answer."""
    with guarded(tmp_path) as running:
        assert running.url.startswith("https://")
        assert curl(authority, running.url + "/-/healthy") == "200"
        for path in PATHS:
            assert curl(authority, running.url + path) == "401", path
            assert curl(authority, running.url + path, "--user", "prometheus:wrong") == "401", path
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"):
            how = ("--head",) if method == "HEAD" else ("--request", method)
            assert curl(authority, running.url + "/-/reload", *how) == "401", method
        known = ("--user", f"prometheus:{PASSWORD}")
        assert {path: curl(authority, running.url + path, *known) for path in PATHS[:9]} == dict.fromkeys(
            PATHS[:9], "200"
        )
        assert curl(authority, running.url + "/nothing", *known) == "404"
        assert curl(authority, running.url + "/-/reload", *known) == "405"
        assert curl(authority, running.url.replace("https", "http") + "/-/healthy") == "000"
        assert curl(authority, running.url + "/-/healthy", "--tls-max", "1.1") == "000"
        assert running.end(signal.SIGTERM) == 0
    assert HASH not in running.said
    assert PASSWORD not in running.said


def presented(url: str) -> bytes:
    """Return the certificate that a new connection gets."""
    host, _, port = url.removeprefix("https://").partition(":")
    return ssl.get_server_certificate((host, int(port))).encode()


def test_certificate_and_users_change_while_it_runs(tmp_path: Path, authority: Authority) -> None:
    """Changed files take effect with the next connection; a broken one is logged once, and the last good one stays."""
    with guarded(tmp_path) as running:
        first = presented(running.url)
        authority.server_context("server")
        second = presented(running.url)
        assert first != second
        (tmp_path / "server.pem").write_text("half a certifica", "utf-8")
        assert [presented(running.url) for _ in range(3)] == [second] * 3
        authority.server_context("server")
        new = bcrypt.hashpw(b"battery staple", bcrypt.gensalt(4)).decode()
        said = (tmp_path / "web.yml").read_text("utf-8").replace(HASH, new)
        (tmp_path / "web.yml").write_text(said, "utf-8")
        assert curl(authority, running.url + "/metrics", "--user", f"prometheus:{PASSWORD}") == "401"
        assert curl(authority, running.url + "/metrics", "--user", "prometheus:battery staple") == "200"
        running.end(signal.SIGTERM)
    assert len([line for line in running.lines if "level=error" in line]) == 1


def shipped_for(running: Running, directory: Path, authority: Authority) -> Path:
    """Write the shipped configuration of Prometheus, its block for TLS and a password un-commented, for an exporter.

    A job without the password is added, and the jobs scrape often.
    """
    rules, address = ROOT / "alerting-rules", running.url.partition("//")[2]
    before, block, after = re.split(r"  # (?:>>>|<<<)\n", (rules / "prometheus.yml").read_text("utf-8"))
    text = before + re.sub(r"^( +)# ", r"\1", block, flags=re.MULTILINE) + after
    unknown = {"job_name": "unknown", "scheme": "https", "tls_config": {"ca_file": str(authority.path)},
               "static_configs": [{"targets": [address]}]}  # fmt: skip
    replaced = {
        "127.0.0.1:10198": address, "sora_exporter.pem": str(authority.path), "  - sora-": f"  - {rules}/sora-",
        "sora_exporter.password": str(directory / "password"), "interval: 15s": "interval: 200ms",
        "interval: 4m": "interval: 200ms", "timeout: 30s": "timeout: 200ms",
    }  # fmt: skip
    for shipped, ours in replaced.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    (directory / "password").write_text(PASSWORD, "utf-8")
    path = directory / "prometheus.yml"
    path.write_text(f"{text}  - {json.dumps(unknown)}\n", "utf-8")
    return path


@pytest.mark.programs
def test_prometheus_scrapes_over_tls_with_a_password(tmp_path: Path, authority: Authority) -> None:
    """A real Prometheus with the shipped block un-commented scrapes and probes; one without the password may not."""
    service = {"id": "scraped", "product": "p", "access": "official", "provider": "relay", "model": "m"}
    service |= {"probe_on_scrape": True, "probes": {"catalog": {"interval": "1m"}}}
    config = {"providers": {"relay": {"base_url": "http://127.0.0.1:9/v1"}}, "services": [service]}
    (tmp_path / "sora.yml").write_text(json.dumps(config), "utf-8")
    with guarded(tmp_path, f"--config.file={tmp_path / 'sora.yml'}") as running:
        file = shipped_for(running, tmp_path, authority)
        with prometheus(file, tmp_path / "data") as server:
            eventually(lambda: len(server.query("up")) == 3 and len(server.query("up == 1")) == 2)
            health = {t["labels"]["job"]: t["lastError"] for t in server.api("targets")["activeTargets"]}
            assert len(server.query('sora_service_info{job="sora_exporter"}')) == 1
    refused = "server returned HTTP status 401 Unauthorized"
    assert health == {"sora_exporter": "", "sora_probe": "", "unknown": refused}


@pytest.mark.parametrize(
    ("said", "words", "flags"),
    [
        ("basic_auth_users: {me: plain}", "web.yml:1: basic_auth_users.me: is not a bcrypt hash", []),
        (None, "web.yml: no such file: name an existing one with --web.config.file", ["--config.check"]),
    ],
    ids=["started", "checked"],
)
def test_a_bad_file_at_the_start_is_one_line(tmp_path: Path, said: str | None, words: str, flags: list[str]) -> None:
    """An unusable web configuration gives one line and exit code 2, also with --config.check."""
    path = tmp_path / "web.yml"
    if said is not None:
        path.write_text(said, "utf-8")
    ended = run("serve", f"--web.config.file={path}", f"--storage.path={tmp_path}", *flags, env=NO_PROVIDER)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended
    assert words in ended.stderr


HALF = b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: "
POST = b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
UNREAD = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 10


@contextmanager
def siege(port: int, of_each: int) -> Iterator[socket.socket]:
    """Hold connections that never read, that send one byte at a time, and that send nothing; yield the newest."""
    with ExitStack() as stack:
        clients = {}
        for begin in (UNREAD, HALF, POST, b""):
            clients[begin] = [stack.enter_context(socket.socket()) for _ in range(of_each)]
            for client in clients[begin]:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", port))
                client.sendall(begin)
        over = threading.Event()

        def dribble() -> None:
            while not over.wait(0.2):
                for client in (*clients[HALF], *clients[POST]):
                    with suppress(OSError):
                        client.sendall(b"x")

        thread = threading.Thread(target=dribble)
        thread.start()
        try:
            yield clients[b""][-1]
        finally:
            over.set()
            thread.join()


def test_slow_clients_do_not_delay_a_scrape(tmp_path: Path) -> None:
    """A scrape is answered while 200 slow clients stay connected, and SIGTERM does not wait for them."""
    with exporter(tmp_path, env=NO_PROVIDER) as running, siege(int(running.url.rpartition(":")[2]), 50) as newest:
        assert running.get("/metrics").status_code == 200
        is_readable, _, _ = select.select([newest], [], [], 0)
        assert not is_readable, "the newest client was disconnected before the scrape was answered"
        assert running.end(signal.SIGTERM) == 0
    assert [line for line in running.lines if "level=error" in line or "Traceback" in line] == []


def test_connections_without_a_handshake_are_limited(tmp_path: Path, authority: Authority) -> None:
    """Of 1,500 connections without a TLS handshake only the usual number stays open; other clients get answers."""
    with guarded(tmp_path) as running, ExitStack() as stack:
        address = "127.0.0.1", int(running.url.rpartition(":")[2])
        for _ in range(1500):
            stack.enter_context(socket.create_connection(address, timeout=10))
        eventually(lambda: len(os.listdir(f"/proc/{running.process.pid}/fd")) < MOST_CONNECTIONS + 100)
        for _ in range(5):
            assert curl(authority, running.url + "/-/healthy", "--max-time", "5") == "200"
        assert running.end(signal.SIGTERM) == 0
    assert "Traceback" not in running.said


def test_reload_needs_post_and_probe_a_known_id(tmp_path: Path) -> None:
    """Only POST reloads, and /probe refuses a value that is not a configured id: no parameter becomes an address."""
    with exporter(tmp_path, env=NO_PROVIDER) as running:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            assert plain_http.request(method, running.url + "/-/reload").status_code == 405
        for said in ("http://127.0.0.1:9/", "../etc/passwd", "", "sora-image%00", "SORA-IMAGE", "sora-image\nx"):
            for name in ("service_id", "target", "service_id[]"):
                assert running.get("/probe", params={name: said}).status_code == 400, (name, said)
        twice = running.get("/probe?service_id=sora-image&target=http://127.0.0.1:9/&base_url=http://127.0.0.1:9")
        assert twice.status_code == 200
        assert "127.0.0.1:9/" not in twice.text


def test_as_many_files_may_be_open_as_the_system_permits(tmp_path: Path) -> None:
    """The soft limit of open files is raised to the hard limit, since each probe and each client needs a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with exporter(tmp_path, env=NO_PROVIDER) as running:
            (line,) = [
                line
                for line in Path(f"/proc/{running.process.pid}/limits").read_text().splitlines()
                if line.startswith("Max open files")
            ]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert line.split()[3:5] == [str(hard), str(hard)]


@pytest.mark.parametrize("formatter", [LogfmtFormatter(), JsonFormatter()])
def test_tracebacks_hold_no_key(formatter: logging.Formatter) -> None:
    """A traceback is logged with lines of code but without variables, and without a key in the error's text."""
    try:
        _crash({"authorization": f"Bearer {KEY}"}, SECRET)
    except ValueError as error:
        record = logging.LogRecord(
            "probe", logging.ERROR, "", 1, "crash", None, (ValueError, error, error.__traceback__)
        )
    line = formatter.format(record)
    assert "Traceback" in line
    assert "Illegal header value" in line
    assert KEY not in line
    assert SECRET not in line


def _crash(headers: dict[str, str], _secret: str) -> None:
    raise ValueError(f"Illegal header value {headers['authorization']!r}")
