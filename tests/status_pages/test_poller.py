"""One page polled again and again: conditional requests, one deadline, nothing frozen, nothing raised."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from support.faults.server import BEFORE_REQUEST, FAULTS, serve

from sora_exporter.clock import SystemClock
from sora_exporter.http.fetch import Fetched, Fetcher, FetchError, TooSlow
from sora_exporter.status_pages import poller
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident, Indicator, PageReport
from sora_exporter.status_pages.poller import THREAD_BYTES, PageState, StatusPagePoller
from sora_exporter.status_pages.readers import READERS, Reader

TIMEOUT = 10.0
COMPONENTS, STATUS, SUMMARY = "/api/v2/components.json", "/api/v2/status.json", "/api/v2/summary.json"
DOCUMENTS = (COMPONENTS, STATUS, SUMMARY, "/api/v2/incidents.json", "/api/v2/scheduled-maintenances.json")
BODY = json.dumps({"components": [{"id": "v", "name": "Video", "status": "operational"}]}).encode()
DOWN = BODY.replace(b"operational", b"major_outage")
HOST = "https://status.example.org"


class HandMovedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        wait = self._selector.select  # type: ignore[attr-defined]

        def select(timeout: float | None) -> Any:
            self.seconds += timeout or 0.0
            return wait(timeout and 0)

        self._selector.select = select  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.seconds


class LoopClock:
    """The hand-moved loop's time under the names the product uses; Unix time runs 1000 s ahead."""

    def now(self) -> float:
        return 1000.0 + self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Settings:
    url: str = HOST
    format: str = "statuspage"
    components: tuple[str, ...] = ("Video",)
    timeout: float = TIMEOUT


@dataclass(frozen=True)
class Asked:
    url: str
    headers: Mapping[str, str]
    timeout_seconds: float
    max_bytes: int


@dataclass
class Site:
    """A fetcher that answers by path, 404 for the rest; ``delays`` in seconds; every request is kept."""

    answers: dict[str, Fetched | FetchError] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    async def fetch(self, url: str, *, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int) -> Fetched:
        self.asked.append(Asked(url, headers, timeout_seconds, max_bytes))
        path = url.removeprefix(HOST)
        try:
            async with asyncio.timeout(timeout_seconds):
                await asyncio.sleep(self.delays.get(path, 0.0))
        except TimeoutError:
            raise TooSlow(f"no complete answer in {timeout_seconds:g} s") from None
        answer = self.answers.get(path, Fetched(404))
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def headers_of_last(self, path: str) -> Mapping[str, str]:
        return next(asked.headers for asked in reversed(self.asked) if asked.url.endswith(path))


def run(site: Site, *changes: Callable[[], object], settings: Settings | None = None) -> list[PageState]:
    """Poll once, and once more after each change; return every state."""

    async def polls() -> list[PageState]:
        page = StatusPagePoller(settings or Settings(), site, LoopClock())
        states = [await page.poll()]
        for change in changes:
            change()
            states.append(await page.poll())
        return states

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        return runner.run(polls())


def answering(path: str, *answers: Fetched | FetchError) -> tuple[Site, list[Callable[[], object]]]:
    """Return a site that gives the first answer, and the changes to each next one."""
    site = Site({path: answers[0]})
    return site, [partial(site.answers.update, {path: answer}) for answer in answers[1:]]


def status_of(state: PageState) -> ComponentStatus | None:
    return state.report.components.get("Video") if state.report else None


def test_first_poll() -> None:
    """A page that answers is up, dated, and asked for JSON under the configured timeout and a bound."""
    site = Site({COMPONENTS: Fetched(200, {}, BODY)})
    (state,) = run(site)
    assert (state.up, state.attempted_at, state.fetched_at) == (True, 1000.0, 1000.0)
    assert status_of(state) is ComponentStatus.OPERATIONAL
    assert {asked.timeout_seconds for asked in site.asked} == {TIMEOUT}
    assert all(asked.max_bytes > 0 and asked.headers["accept"] == "application/json" for asked in site.asked)
    assert state.error.endswith(": HTTP 404")


@pytest.mark.parametrize(
    ("validators", "sent"),
    [
        ({"etag": '"a"'}, {"if-none-match": '"a"'}),
        ({"last-modified": "Sat, 02 May 2026 11:00:00 GMT"}, {"if-modified-since": "Sat, 02 May 2026 11:00:00 GMT"}),
        ({"etag": 'W/"a"', "last-modified": "x"}, {"if-none-match": 'W/"a"', "if-modified-since": "x"}),
        ({}, {}),
        ({"etag": ""}, {}),
        ({"etag": '"é"', "last-modified": "x"}, {"if-modified-since": "x"}),
        ({"etag": '"' + "a" * 510 + '"', "last-modified": "x" * 513}, {"if-none-match": '"' + "a" * 510 + '"'}),
        ({"etag": '"a\tb"', "last-modified": "x\x7f"}, {}),
    ],
)
def test_validators_are_sent_back(validators: dict[str, str], sent: dict[str, str]) -> None:
    """The second request carries exactly the validators of the first answer."""
    fetched = Fetched(200, validators, BODY)
    site, changes = answering(COMPONENTS, fetched, fetched)
    run(site, *changes)
    headers = dict(site.headers_of_last(COMPONENTS))
    assert {name: headers[name] for name in headers if name.startswith("if-")} == sent


def test_not_modified_reuses_the_body() -> None:
    """A 304 stands for the body of the last 200, also after a failure in between."""
    site, changes = answering(
        COMPONENTS, Fetched(200, {"etag": "1"}, DOWN), Fetched(304), Fetched(503), Fetched(304, {"etag": "1"})
    )
    states = run(site, *changes)
    assert [state.up for state in states] == [True, True, False, True]
    assert [status_of(state) for state in states] == ["major_outage", "major_outage", None, "major_outage"]


def test_not_modified_to_an_unconditional_request() -> None:
    """A 304 to an unconditional request is not an answer."""
    (state,) = run(Site({COMPONENTS: Fetched(304)}))
    assert not state.up
    assert "components.json: HTTP 304" in state.error


def test_new_body_replaces_the_old_one() -> None:
    """A 200 after a conditional request counts, and without validators nothing is asked conditionally any more."""
    site, changes = answering(
        COMPONENTS, Fetched(200, {"etag": "1"}, BODY), Fetched(200, {}, DOWN), Fetched(200, {}, BODY)
    )
    states = run(site, *changes)
    assert [status_of(state) for state in states] == ["operational", "major_outage", "operational"]
    assert "if-none-match" not in site.headers_of_last(COMPONENTS)


TROUBLE = {
    "refused": (FetchError("connection refused"), "connection refused"),
    "server error": (Fetched(500, {}, BODY), "HTTP 500"),
    "partial content": (Fetched(206, {}, BODY), "HTTP 206"),
    "page instead of JSON": (Fetched(200, {}, b"<html>sign in</html>"), "HTML instead of JSON"),
    "cut": (Fetched(200, {}, BODY[:-5]), "not valid JSON at character"),
}


@pytest.mark.parametrize(("answer", "words"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_drops_the_values(answer: Fetched | FetchError, words: str) -> None:
    """After any fault of a page it is not up, its values are gone, and the last success keeps its date."""
    site, changes = answering(COMPONENTS, Fetched(200, {}, BODY), answer)
    before, after = run(site, *changes)
    assert before.up
    assert (after.up, after.report, after.fetched_at) == (False, None, before.fetched_at)
    assert words in after.error
    assert "\n" not in after.error


def test_never_reached() -> None:
    """A page that never answered has no date of a success, and one reason for all documents is named once."""
    site = Site()
    (state,) = run(site)
    assert (state.up, state.fetched_at) == (False, None)
    assert state.error.count("HTTP 404") == 1


def test_slow_page_ends_at_the_deadline() -> None:
    """When no document comes in time, the poll ends at the deadline and says so."""
    site = Site(delays=dict.fromkeys(DOCUMENTS, 3600.0))

    async def timed() -> tuple[PageState, float]:
        clock = LoopClock()
        state = await StatusPagePoller(Settings(), site, clock).poll()
        return state, clock.monotonic()

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        state, seconds = runner.run(timed())
    assert not state.up
    assert "no complete answer in 10 s" in state.error
    assert seconds == pytest.approx(TIMEOUT)


def test_documents_share_one_deadline() -> None:
    """Documents are fetched side by side: all slow ones together take no longer than the slowest in time."""
    site = Site(
        {COMPONENTS: Fetched(200, {}, BODY), STATUS: Fetched(200, {}, b'{"status": {"indicator": "minor"}}')},
        {COMPONENTS: 9.0, STATUS: 9.5, SUMMARY: 99.0},
    )
    (state,) = run(site)
    assert status_of(state) is ComponentStatus.OPERATIONAL
    assert state.report is not None
    assert state.report.indicator is Indicator.MINOR
    assert "summary.json: no complete answer in 10 s" in state.error


def test_cancelling_a_poll_leaves_nothing_running() -> None:
    """Cancelling a poll cancels its requests, so that a shutdown does not wait for a slow page."""
    site = Site(delays={COMPONENTS: 9.0})

    async def cancelled() -> int:
        poll = asyncio.ensure_future(StatusPagePoller(Settings(), site, LoopClock()).poll())
        await asyncio.sleep(1.0)
        poll.cancel()
        await asyncio.wait([poll])
        assert poll.cancelled()
        return len(asyncio.all_tasks())

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        assert runner.run(cancelled()) == 1


PADDED = BODY[:-1] + b" " * THREAD_BYTES + b"}"


def test_long_documents_are_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only documents longer than the bound leave the event loop, with the same result."""
    names: list[str] = []

    def read(documents: Mapping[str, bytes], wanted: Sequence[str], now: float) -> PageReport:
        names.append(threading.current_thread().name)
        return READERS["statuspage"].read(documents, wanted, now)

    monkeypatch.setattr(poller, "READERS", {"statuspage": replace(READERS["statuspage"], read=read)})
    site, changes = answering(COMPONENTS, Fetched(200, {}, BODY), Fetched(200, {}, PADDED))
    short, long = run(site, *changes)
    assert short.report == long.report
    assert names == [threading.main_thread().name, "reading a page"]


async def test_a_reading_under_way_delays_neither_a_stop_nor_the_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelling a poll ends it while a thread still reads, and that thread is one that no exit waits for."""
    reading: asyncio.Future[threading.Thread] = asyncio.get_running_loop().create_future()
    never = threading.Event()

    def read(_documents: Mapping[str, bytes], _wanted: Sequence[str], _now: float) -> PageReport:
        reading.get_loop().call_soon_threadsafe(reading.set_result, threading.current_thread())
        never.wait()
        raise AssertionError("abandoned")

    monkeypatch.setattr(poller, "READERS", {"statuspage": replace(READERS["statuspage"], read=read)})
    site, _ = answering(COMPONENTS, Fetched(200, {}, PADDED))
    poll = asyncio.create_task(StatusPagePoller(Settings(), site, LoopClock()).poll())
    thread = await reading
    poll.cancel()
    await asyncio.wait([poll])
    assert (poll.cancelled(), thread.is_alive(), thread.daemon) == (True, True, True)
    never.set()
    thread.join()


@pytest.mark.parametrize("url", [f"{HOST}/dashboard", f"{HOST}/dashboard/", f"{HOST}/dashboard/incidents.json"])
def test_relative_links_become_addresses(url: str) -> None:
    """An incident's path is completed with the page's address, however that is configured."""
    incidents = json.dumps([{"id": "g", "uri": "incidents/abc", "external_desc": "Errors"}]).encode()
    site = Site({"/dashboard/incidents.json": Fetched(200, {}, incidents)})
    (state,) = run(site, settings=Settings(url, "google-cloud", ()))
    assert state.report is not None
    assert [incident.url for incident in state.report.incidents] == [f"{HOST}/dashboard/incidents/abc"]


@pytest.fixture
def read_documents(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, bytes]]:
    """Return the list of what the reader of Statuspage's documents is given to read."""
    given: list[Mapping[str, bytes]] = []

    def read(documents: Mapping[str, bytes], wanted: Sequence[str], now: float) -> PageReport:
        given.append(documents)
        return READERS["statuspage"].read(documents, wanted, now)

    reader = replace(READERS["statuspage"], read=read)
    monkeypatch.setattr(poller, "READERS", {"statuspage": reader})
    return given


def test_the_same_documents_are_read_once(read_documents: list[Mapping[str, bytes]]) -> None:
    """Unchanged documents are not parsed again, even if other documents fail meanwhile."""
    tagged = Fetched(200, {"etag": "1"}, BODY)
    site, changes = answering(
        COMPONENTS, tagged, Fetched(304), tagged, Fetched(503), Fetched(304), Fetched(200, {}, DOWN)
    )
    states = run(site, *changes)
    assert [status_of(state) for state in states] == ["operational"] * 3 + [None, "operational", "major_outage"]
    assert [documents["components.json"] for documents in read_documents] == [BODY, DOWN]


def test_the_same_documents_say_something_else_later(read_documents: list[Mapping[str, bytes]]) -> None:
    """A maintenance that began while its document stayed the same is read anew, once."""
    window = {"scheduled_for": "1970-01-01T00:20:00Z", "scheduled_until": "1970-01-01T01:00:00Z"}
    body = json.dumps({"scheduled_maintenances": [{"id": "m", "status": "announced", **window}]}).encode()
    site = Site({"/api/v2/scheduled-maintenances.json": Fetched(200, {}, body)})

    async def polls() -> list[int | None]:
        clock = LoopClock()
        page, running = StatusPagePoller(Settings(), site, clock), []
        for _ in range(4):
            state = await page.poll()
            running.append(state.report.maintenances_in_progress if state.report else None)
            await clock.sleep(110.0)
        return running

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        assert runner.run(polls()) == [0, 0, 1, 1]
    assert len(read_documents) == 2


@pytest.mark.parametrize(
    ("http_status", "said", "seconds"),
    [
        (429, "120", 120),
        (503, "90", 90),
        (429, "Thu, 01 Jan 1970 00:20:00 GMT", 200),
        (429, "9" * 400, 3600),
        (429, "0", 0),
        (429, "soon", 0),
        (500, "120", 0),
    ],
)
def test_a_page_that_requests_a_pause_gets_it(http_status: int, said: str, seconds: float) -> None:
    """A busy page is not requested before its Retry-After, for an hour at most; meanwhile its state stands."""
    site = Site(dict.fromkeys(DOCUMENTS, Fetched(http_status, {"retry-after": said})))

    async def polls() -> tuple[list[PageState], list[int]]:
        clock = LoopClock()
        page, states, asked = StatusPagePoller(Settings(), site, clock), [], []
        for pause in (max(seconds - 1, 0), 1, 0):
            states.append(await page.poll())
            asked.append(len(site.asked))
            await clock.sleep(pause)
        return states, asked

    with asyncio.Runner(loop_factory=HandMovedLoop) as runner:
        (first, second, third), asked = runner.run(polls())
    assert asked == ([5, 5, 10] if seconds else [5, 10, 15])
    assert not first.up
    assert f"HTTP {http_status}" in first.error
    assert second == (replace(first, is_reached=None) if seconds else first)
    assert third.attempted_at == 1000 + max(seconds, 1)


def test_only_the_busy_document_is_left_alone() -> None:
    """A pause of one document does not keep the others from being read."""
    site = Site({COMPONENTS: Fetched(200, {}, BODY), SUMMARY: Fetched(429, {"retry-after": "3000"})})
    first, second = run(site, partial(site.answers.update, {COMPONENTS: Fetched(200, {}, DOWN)}))
    assert (status_of(first), status_of(second)) == ("operational", "major_outage")
    assert "summary.json: HTTP 429, not requested again for 3000 s" in second.error
    assert len(site.asked) == 9


def test_each_missing_document_is_named() -> None:
    """While a page is up, the documents that did not help are named with the reason."""
    site = Site({COMPONENTS: Fetched(200, {}, BODY), STATUS: Fetched(200, {}, b"<html>")})
    (state,) = run(site)
    assert state.up
    assert state.error == (
        "summary.json, incidents.json, scheduled-maintenances.json: HTTP 404; status.json: HTML instead of JSON"
    )


def test_a_path_that_makes_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """An incident with a link that is not an address is shown without it."""
    incidents = (Incident("Errors", Impact.MINOR, is_open=True, url="//[x/incidents/1"),)
    reader = Reader(READERS["statuspage"].addresses, lambda *_: PageReport(incidents=incidents), 1000)
    monkeypatch.setattr(poller, "READERS", {"statuspage": reader})
    (state,) = run(Site({COMPONENTS: Fetched(200, {}, BODY)}))
    assert state.report is not None
    assert [(incident.name, incident.url) for incident in state.report.incidents] == [("Errors", "")]


TIMEOUT_SECONDS = 0.5


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """A Fetcher that is closed afterwards."""
    found = Fetcher()
    yield found
    await found.aclose()


@pytest.mark.programs
@pytest.mark.parametrize("form", ["statuspage", "google-cloud"])
@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_page_with_a_fault_is_not_up(fetcher: Fetcher, fault: str, form: str) -> None:
    """Any fault instead of a page's documents ends the poll without values and with a one-line error."""
    async with serve(fault, scheme="https" if fault in BEFORE_REQUEST else "http") as server:
        settings = SimpleNamespace(url=server.url, format=form, components=("c",), timeout=TIMEOUT_SECONDS)
        state = await StatusPagePoller(settings, fetcher, SystemClock()).poll()
    assert (state.up, state.report) == (False, None), state
    assert state.error
    assert state.error.splitlines() == [state.error]
