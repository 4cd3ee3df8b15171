"""Reading one official page again and again, politely: one deadline, bounded bodies, nothing asked or read in vain."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urljoin

from sora_exporter.clock import Clock
from sora_exporter.http.fetch import Fetched, FetchError
from sora_exporter.http.retry_after import retry_after
from sora_exporter.status_pages.facts import Incident, PageError, PageReport, one_line
from sora_exporter.status_pages.readers import READERS

THREAD_BYTES: Final = 256 * 1024
"""Documents longer than this together are parsed off the event loop."""
BUSY: Final = frozenset({429, 503})
"""The answers whose Retry-After is heeded, for at most MOST_PAUSE_SECONDS."""
MOST_PAUSE_SECONDS: Final = 3600.0
VALIDATOR_CHARACTERS: Final = 512
"""A longer ETag or Last-Modified is not sent back, nor is one that no request header can carry."""


class Fetch(Protocol):
    """Sends one GET and returns the answer whatever its status; raises FetchError when none came."""

    async def __call__(
        self, url: str, *, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int
    ) -> Fetched: ...


class PageSettings(Protocol):
    """What the poller asks of a page's configuration; ``timeout`` in seconds, for all documents together."""

    @property
    def url(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def components(self) -> Sequence[str]: ...
    @property
    def timeout(self) -> float: ...


@dataclass(frozen=True, slots=True)
class PageState:
    """The outcome of one poll; Unix seconds.

    ``up`` says whether the page gave anything usable; if not, ``report`` is None: old values are dropped, not frozen.
    ``attempted_at`` is this poll's start, ``fetched_at`` the last usable one's, None before the first. ``error`` is
    one line: why the page is not up or, while it is, which documents could not be used.
    """

    up: bool
    attempted_at: float
    fetched_at: float | None
    report: PageReport | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A document that can be asked for conditionally, and the body a 304 stands for."""

    validators: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the documents of one poll were found to say at ``at``, in Unix seconds."""

    documents: Mapping[str, bytes]
    at: float
    report: PageReport

    def holds(self, documents: Mapping[str, bytes], now: float) -> bool:
        """Say whether these documents say the same at ``now``."""
        changes_at = math.inf if self.report.changes_at is None else self.report.changes_at
        return self.at <= now < changes_at and documents == self.documents


@dataclass(frozen=True, slots=True)
class _Pause:
    """A document that is not to be asked for before ``until``, in monotonic seconds, and what its page said."""

    until: float
    reason: str


class StatusPagePoller:
    """One page and what is remembered of its documents between two polls. Polls must not overlap."""

    def __init__(self, settings: PageSettings, fetch: Fetch, clock: Clock) -> None:
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._reader = READERS[settings.format]
        self._addresses = self._reader.addresses(settings.url)
        self._remembered: dict[str, _Remembered] = {}
        self._pauses: dict[str, _Pause] = {}
        self._reading: _Reading | None = None
        self._latest: PageState | None = None

    async def poll(self) -> PageState:
        """Fetch and read the page once; waits no longer than the timeout, and never raises for a page's fault.

        While the page wants none of its documents asked for, nothing is, and the latest state stands: it was not up.
        """
        if self._latest and all(map(self._pause, self._addresses)):
            return self._latest
        started_at = self._clock.now()
        try:
            report = await self._read(started_at)
        except PageError as error:
            fetched_at = self._latest.fetched_at if self._latest else None
            self._latest = PageState(False, started_at, fetched_at, None, str(error))
        else:
            self._latest = PageState(True, started_at, started_at, report, one_line(report.problems))
        return self._latest

    async def _read(self, now: float) -> PageReport:
        documents, problems = await self._documents()
        if not documents:
            raise PageError(one_line(problems))
        if self._reading is None or not self._reading.holds(documents, now):
            try:
                self._reading = _Reading(documents, now, await self._report(documents, now))
            except PageError as error:
                raise PageError("; ".join(filter(None, (one_line(problems), str(error))))) from None
        report = self._reading.report
        return replace(report, problems={**problems, **report.problems})

    async def _report(self, documents: Mapping[str, bytes], now: float) -> PageReport:
        arguments = (documents, self._settings.components, now)
        if sum(map(len, documents.values())) > THREAD_BYTES:
            report = await asyncio.to_thread(self._reader.read, *arguments)
        else:
            report = self._reader.read(*arguments)
        return replace(report, incidents=tuple(map(self._with_address, report.incidents)))

    async def _documents(self) -> tuple[dict[str, bytes], dict[str, str]]:
        """Return the documents that came in time, and of each other one why not."""
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(self._document(name, url)) for name, url in self._addresses.items()}
        outcomes = {name: task.result() for name, task in tasks.items()}
        documents = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, bytes)}
        return documents, {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, str)}

    async def _document(self, name: str, url: str) -> bytes | str:
        """Return a document's body, or in words why there is none."""
        if pause := self._pause(name):
            return pause.reason
        timeout, limit = self._settings.timeout, self._reader.max_bytes
        remembered = self._remembered.get(name)
        headers = {"accept": "application/json", **(remembered.validators if remembered else {})}
        try:
            # The fetch has its own timeout; this one also holds when it counts each read anew.
            async with asyncio.timeout(timeout):
                answer = await self._fetch(url, headers=headers, timeout_seconds=timeout, max_bytes=limit)
        except FetchError as error:
            return str(error) or "no answer"
        except TimeoutError:
            return f"no complete answer in {timeout:g} s"
        if answer.http_status == 304 and remembered:
            return remembered.body
        if answer.http_status != 200:
            return self._refused(name, answer)
        if len(answer.body) > limit:
            return f"longer than {limit // (1024 * 1024)} MiB"
        self._remember(name, answer)
        return answer.body

    def _pause(self, name: str) -> _Pause | None:
        """Return the pause a document is in."""
        pause = self._pauses.get(name)
        return pause if pause and self._clock.monotonic() < pause.until else None

    def _refused(self, name: str, answer: Fetched) -> str:
        """Return in words why there is no document, and heed when the page wants to be asked for it again."""
        reason = f"HTTP {answer.http_status}"
        seconds = retry_after(answer.headers, self._clock.now()) if answer.http_status in BUSY else None
        if not seconds:
            return reason
        seconds = min(seconds, MOST_PAUSE_SECONDS)
        pause = _Pause(self._clock.monotonic() + seconds, f"{reason}, not asked again for {seconds:.0f} s")
        self._pauses[name] = pause
        return pause.reason

    def _remember(self, name: str, answer: Fetched) -> None:
        validators = {
            request: answer.headers[header]
            for request, header in (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            if _is_sendable(answer.headers.get(header, ""))
        }
        if validators:
            self._remembered[name] = _Remembered(validators, answer.body)
        else:
            self._remembered.pop(name, None)

    def _with_address(self, incident: Incident) -> Incident:
        """Return the incident with a path completed: it is relative to where the documents are."""
        if not incident.url:
            return incident
        try:
            return replace(incident, url=urljoin(next(iter(self._addresses.values())), incident.url))
        except ValueError:
            return replace(incident, url="")


def _is_sendable(validator: str) -> bool:
    return 0 < len(validator) <= VALIDATOR_CHARACTERS and validator.isascii() and validator.isprintable()
