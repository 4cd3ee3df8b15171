"""The demo's parts: its output, the files it writes for other programs, and the end of its children."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from support.running import run

from sora_exporter.cli.demo import demo
from sora_exporter.demo import DemoError
from sora_exporter.demo.article import ARTICLE
from sora_exporter.demo.bundle import (
    alertmanager_config,
    bundle_folder,
    exporter_config,
    grafana_provisioning,
    prometheus_config,
)
from sora_exporter.demo.certificate import write_certificate
from sora_exporter.demo.children import Children, free_port, wait_until
from sora_exporter.demo.notices import lines_of, notices
from sora_exporter.demo.places import PLACES
from sora_exporter.demo.screen import Screen
from sora_exporter.demo.stack import Stack

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SERVER = [sys.executable, "-m", "http.server", "--bind=127.0.0.1"]


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def is_alive(process: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_an_unknown_service_is_one_line_that_names_the_known() -> None:
    """Nothing is started for it; the code is 2."""
    ended = run("demo", "--break=sora-3")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert [story.id for story in ARTICLE if story.id not in ended.stderr] == []


def test_progress_is_one_line_on_a_terminal_and_plain_lines_elsewhere() -> None:
    """On a terminal an update replaces the one before it, below the lines that stay; a file gets lines."""
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        screen = Screen(stream)
        screen.update("loading 1")
        screen.show("a page is there")
        screen.update("loading 2")
        screen.update("")
        screen.show("done")
    assert file.getvalue() == "loading 1\na page is there\nloading 2\ndone\n"
    shown = [line.rpartition("\x1b[K")[2] for line in terminal.getvalue().split("\n")]
    assert shown == ["a page is there", "done", ""]
    assert terminal.getvalue().count("\n") == 2


def test_a_taken_port_is_left_alone() -> None:
    """The preferred port is used if it is free, another one if a program listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_a_port_that_is_named_is_used_or_refused() -> None:
    """A program comes to the port that is named for it, and the demo ends with its name if that port is taken."""
    with Children() as children, socket.create_server(("127.0.0.1", 0)) as taken:
        port, free = taken.getsockname()[1], free_port(0)
        stack = Stack(children, Screen(io.StringIO()), ports={"prometheus": free, "grafana": port})
        assert stack.place("prometheus") == (f"127.0.0.1:{free}", f"http://127.0.0.1:{free}/")
        with pytest.raises(DemoError, match=f"port {port} of grafana is taken: choose another with --port"):
            stack.place("grafana")


@pytest.mark.parametrize("text", ["prometheus", "prometheus=many", "prometheus=0", "loki=3100"])
def test_a_port_without_program_or_number_is_an_error(text: str) -> None:
    """The message shows the text and how to write it."""
    result = CliRunner().invoke(demo, ["--port", text])
    assert result.exit_code == 2
    assert f"'{text}': write PROGRAM=PORT, such as prometheus=9190" in " ".join(result.output.split())


def test_the_exporter_watches_the_article_often(tmp_path: Path) -> None:
    """Its configuration has the built-in services, those of the history, with short intervals."""
    document = yaml.safe_load(exporter_config(tmp_path / "sora.yml", 1795799000, 8).read_text("utf-8"))
    assert {(one["id"], one["model"]) for one in document["services"]} == {(s.id, s.model) for s in ARTICLE}
    free = [one["probes"][probe]["interval"] for one in document["services"] for probe in ("catalog", "canary")]
    assert set(free) == {"10s"}
    assert {one["id"]: str(one.get("sunset")) for one in document["services"]} == {
        story.id: "None" if story.id == "sora-image" else "2027-01-06" for story in ARTICLE
    }


def test_the_provider_shows_a_certificate_that_its_file_makes_trusted(tmp_path: Path) -> None:
    """A client that trusts the file, as strict as clients can be, finds the address in it and sixty days left."""
    file, now = write_certificate(tmp_path / "simulator.pem", time.time()), time.time()
    served, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(file))
    served.load_cert_chain(file)
    trusted.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusted.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    server = served.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    shown = client.getpeercert()
    assert shown
    assert ssl.cert_time_to_seconds(str(shown["notAfter"])) == pytest.approx(now + 60 * 86400, abs=60)
    assert file.stat().st_mode & 0o077 == 0


def test_prometheus_gets_the_shipped_configuration_for_its_addresses(tmp_path: Path) -> None:
    """Every address is replaced, rule files are found from anywhere, the rest is as shipped."""
    shipped = yaml.safe_load((ROOT / "alerting-rules" / "prometheus.yml").read_text("utf-8"))
    text = prometheus_config(tmp_path, ["127.0.0.1:1", "127.0.0.1:3"], "127.0.0.1:2").read_text("utf-8")
    document = yaml.safe_load(text)
    assert all(Path(name).is_absolute() and Path(name).is_file() for name in document["rule_files"])
    addresses = [*["127.0.0.1:1"] * 2, "127.0.0.1:2", "127.0.0.1:3"]
    assert sorted(re.findall(r"127\.0\.0\.1:\d+", text)) == addresses
    own = document["scrape_configs"][0]["static_configs"]
    assert [one["labels"]["location"] for one in own] == list(PLACES)
    assert document["global"] == shipped["global"]
    alone = yaml.safe_load(prometheus_config(tmp_path, ["127.0.0.1:1", "127.0.0.1:3"], None).read_text("utf-8"))
    assert "alerting" not in alone
    assert alone["scrape_configs"] == document["scrape_configs"]


def test_alertmanager_mutes_as_shipped_and_notifies_the_terminal(tmp_path: Path) -> None:
    """Inhibitions are the shipped ones; the only receiver that sends anything is the webhook."""
    shipped = yaml.safe_load((ROOT / "alerting-rules" / "alertmanager.yml").read_text("utf-8"))
    document = yaml.safe_load(alertmanager_config(tmp_path, "http://127.0.0.1:1/").read_text("utf-8"))
    assert document["inhibit_rules"] == shipped["inhibit_rules"]
    assert [one for one in document["receivers"] if len(one) > 1] == [
        {"name": "terminal", "webhook_configs": [{"url": "http://127.0.0.1:1/", "send_resolved": True}]}
    ]


def test_grafana_gets_our_provisioning_with_the_demos_prometheus(tmp_path: Path) -> None:
    """Data source and dashboards are provisioned from where they really are."""
    folder = grafana_provisioning(tmp_path, "127.0.0.1:1")
    (source,) = yaml.safe_load((folder / "datasources" / "sora.yml").read_text("utf-8"))["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards" / "sora.yml").read_text("utf-8"))["providers"]
    assert source["url"] == "http://127.0.0.1:1"
    assert len(list(Path(provider["options"]["path"]).glob("*.json"))) == 4


def test_a_missing_bundle_is_an_error() -> None:
    """The message names both places that were looked at."""
    with pytest.raises(DemoError, match=r"nowhere/ is neither at \S+nowhere nor at \S+share/sora_exporter/nowhere"):
        bundle_folder("nowhere")


def test_an_installation_brings_the_demos_files() -> None:
    """Every file of the bundle's folders that the demo reads is installed to the expected place."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["data-files"]
    installed = {
        f"{target.removeprefix('share/sora_exporter/')}/{path.name}"
        for target, patterns in settings.items()
        for pattern in patterns
        for path in ROOT.glob(pattern)
    }
    needed = [
        *("alerting-rules/" + name for name in ("prometheus.yml", "alertmanager.yml")),
        *(f"alerting-rules/{path.name}" for path in (ROOT / "alerting-rules").glob("*.rules.yml")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "grafana" / "dashboards").glob("*.json")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "grafana" / "provisioning").glob("*/*.yml")),
    ]
    assert len(needed) >= 10
    assert [name for name in needed if name not in installed] == []


def test_a_notification_is_a_line_for_each_alert() -> None:
    """State, name and description of each alert arrive in their order."""
    alerts = [
        {"status": "firing", "labels": {"alertname": "A"}, "annotations": {"description": "Sora 2 官转 fails."}},
        {"status": "resolved", "labels": {}, "annotations": {}},
    ]
    assert lines_of({"alerts": alerts}) == ["FIRING   A: Sora 2 官转 fails.", "RESOLVED ?: "]
    with notices() as (url, arrived):
        body = '{"alerts": [{"status": "firing", "labels": {"alertname": "B"}, "annotations": {"description": "x"}}]}'
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, body.encode(), timeout=5) as answer:
            assert answer.status == 200
        assert arrived.get(timeout=5) == "FIRING   B: x"


def test_the_end_of_the_block_ends_programs_and_folder() -> None:
    """A program that answered is gone afterwards, and so is everything that it wrote."""
    port = free_port(0)
    with Children() as children:
        note = children.folder / "process"
        command = ["sh", "-c", f'echo $$ >{note}; exec "$@"', "sh", *SERVER, str(port)]
        children.start("web", command, f"http://127.0.0.1:{port}/")
        children.check()
        process = int(note.read_text())
        assert is_alive(process)
    assert not is_alive(process)
    assert not children.folder.exists()


def test_a_program_that_does_not_start_is_an_error_with_its_last_words() -> None:
    """Its name and the last line it said are in the error; a stolen port is such a case."""
    with Children() as children, socket.create_server(("127.0.0.1", 0)) as thief:
        port = thief.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        # The thief accepts and says nothing, so that only the end of the program can be the news.
        with pytest.raises(DemoError, match=r"web ended by itself: .*Address already in use"):
            children.start("web", [*SERVER, str(port)], url)


def test_a_program_that_ends_by_itself_is_heard_and_its_failure_is_an_error() -> None:
    """Each line reaches the listener; an exit code other than 0 is an error with the last line on stderr."""
    heard: list[str] = []
    with Children() as children:
        children.begin("good", [sys.executable, "-c", "print('one'); print('two')"], heard.append)()
        children.check()
        wait = children.begin("bad", [sys.executable, "-c", "import sys; sys.exit('out of luck')"], heard.append)
        with pytest.raises(DemoError, match="bad: out of luck"):
            wait()
    assert heard == ["one", "two"]


DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(99)
"""
OWNER = """
import sys
from sora_exporter.demo.children import Children
with Children() as children:
    wait = children.begin("deaf", [sys.executable, "-c", sys.argv[1]], lambda line: print(line, flush=True))
    print(children.folder, flush=True)
    wait()
"""


def test_a_program_that_ignores_the_end_is_killed_after_the_demo() -> None:
    """The owner dies by kill -9, its program ignores SIGTERM: both program and folder are gone a little later."""
    with subprocess.Popen([sys.executable, "-c", OWNER, DEAF], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, process = Path(owner.stdout.readline().strip()), int(owner.stdout.readline())
        assert is_alive(process)
        assert folder.is_dir()
        os.kill(owner.pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(process) and not folder.exists(), 15)
