"""The outcome of each probe at each vendor under each documented fault: ``vendors.yml``, printed with ``-s``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from support.over_http import over_http
from support.probing import Bench
from support.street import PRICE_USD, LeapingClock, Street, Watched, shown

from sora_exporter.config.apis import builtin_apis
from sora_exporter.documents import shipped
from sora_exporter.fallback import AsyncFallbackClient
from sora_exporter.probes.cleanup import FIRST_PAUSE_SECONDS, CleanUp
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.simulator.assets import GOOD
from sora_exporter.simulator.vendors import VENDORS, kling, vertex_veo

TABLE: dict[str, dict[str, Any]] = shipped(Path(__file__).with_name("vendors.yml"))
SECRETS = {"KLING_ACCESS": kling.ACCESS_KEY, "KLING_SECRET": kling.SECRET_KEY}


def has_endings(name: str) -> bool:
    """Return whether a row's vendor can cancel or delete a job."""
    job = builtin_apis()[TABLE[name]["api"]].job
    return job is not None and bool(job.endings)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """One local server for all vendors, which is Google's token host too."""
    found = Street()
    with over_http(found) as found.url:
        account = tmp_path_factory.mktemp("account") / "account.json"
        account.write_text(json.dumps(vertex_veo.service_account(found.url)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VERTEX_ACCOUNT", str(account))
            yield found


@pytest.fixture
def kept_in_memory(bench: Bench) -> Iterator[None]:
    """The ledger on a file system in memory, where there is one: it is not its durability that is proven here."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench.storage = Path(folder) / "storage"
        yield


def watched(name: str) -> Watched:
    """Return how the exporter is configured in a row of the table."""
    row = TABLE[name]
    return Watched(
        row["vendor"], row["api"], row["model"], row.get("path", ""), row["provider"], row.get("request", {})
    )


def set_secrets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Set the variables with the secrets that the vendor of a row accepts."""
    for variable, secret in {**SECRETS, "PROBE_KEY": VENDORS[TABLE[name]["vendor"]].key}.items():
        monkeypatch.setenv(variable, secret)


def test_the_table_has_every_vendor_and_every_documented_fault() -> None:
    """No simulated vendor is left out, and a vendor's first row has all its faults."""
    first: dict[str, dict[str, Any]] = {}
    for row in TABLE.values():
        first.setdefault(row["vendor"], row)
    assert sorted(first) == sorted(VENDORS)
    assert {name: sorted(row.get("faults", {})) for name, row in first.items()} == {
        name: sorted(vendor.faults) for name, vendor in VENDORS.items()
    }


@pytest.mark.usefixtures("kept_in_memory")
@pytest.mark.parametrize("name", list(TABLE))
async def test_a_vendor_matches_the_table(
    street: Street, bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Class, status, depth, money, orders and jobs left of each probe; a free probe orders nothing, a paid one once."""
    row, vendor = TABLE[name], VENDORS[TABLE[name]["vendor"]]
    set_secrets(monkeypatch, name)
    bench.clock = LeapingClock()
    found = {"good": await shown(street, bench, watched(name), "good", None)}
    for fault in row.get("faults", {}):
        found[fault] = await shown(street, bench, watched(name), fault, vendor.faults[fault])
    print(yaml.safe_dump({name: found}, sort_keys=False, width=200))
    assert found == {"good": row["good"], **row.get("faults", {})}
    for case in found.values():
        for probe, cell in case.items():
            if probe != "balance":
                _, _, _, usd, accepted, _ = cell.split()
                assert int(accepted) <= (1 if probe in ("submit", "generate") else 0)
                assert float(usd[1:]) in (0.0, PRICE_USD)


@pytest.mark.parametrize("name", list(TABLE))
async def test_the_client_fetches_a_video_of_every_vendor(
    street: Street, bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The fallback client orders once in each vendor's language, follows the job, and returns the whole video."""
    set_secrets(monkeypatch, name)
    desk, config = street.open(TABLE[name]["vendor"], None), watched(name).config(bench, street.url, "watched")
    service = config.services[0]
    api = config.api(service)
    seconds = api.billed_seconds(api.create_body(service.model, dict(service.request))) or 8
    client = AsyncFallbackClient(config, registry=CollectorRegistry(), clock=LeapingClock())
    try:
        job = await client.create_video("A paper boat", int(seconds), product=service.product)
        assert await client.download(job) == GOOD["mp4"].content
    finally:
        await client.aclose()
    assert desk.accepted == 1


@pytest.mark.usefixtures("kept_in_memory")
@pytest.mark.parametrize("name", [name for name in TABLE if has_endings(name)])
async def test_a_job_that_runs_at_once_is_removed_when_it_has_ended(
    street: Street, bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The clean-up comes back to a job that could not be cancelled, deletes it if that is possible, and forgets it."""
    set_secrets(monkeypatch, name)
    bench.clock = clock = LeapingClock()
    desk, config = street.open(TABLE[name]["vendor"], None), watched(name).config(bench, street.url, "watched")
    desk.queue_seconds, desk.render_seconds = 0.0, 1000.0
    result = await bench.runner(config).run(config.services[0], ProbeKind.SUBMIT)
    assert result is not None
    assert result.error_class is ErrorClass.NONE
    cleanup = CleanUp(config, bench.ledger, bench.clients, clock)
    for _ in range(2):
        cleanup.begin_round()
        await cleanup.finish_round()
        desk.render_seconds = 0.0
        await clock.sleep(FIRST_PAUSE_SECONDS)
    assert list(bench.ledger.unfinished_jobs()) == []
    job = config.api(config.services[0]).job
    assert job is not None
    can_remove_ended = job.delete is not None and job.delete.fits("done")
    assert len(desk.jobs_left()) in ((0,) if can_remove_ended else (0, 1))
    assert desk.accepted == 1
