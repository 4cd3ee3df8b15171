"""One official page, polled politely: one deadline, bounded bodies, no document fetched or parsed without need."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urljoin

from sora_exporter.clock import Clock
from sora_exporter.config import StatusPage
from sora_exporter.http.fetch import Fetched, Fetcher, FetchError
from sora_exporter.http.retry_after import retry_after
from sora_exporter.status_pages.facts import Incident, PageError, PageReport, one_line
from sora_exporter.status_pages.readers import READERS
from sora_exporter.tasks import in_background

THREAD_BYTES: Final = 256 * 1024
"""Documents larger than this in total are parsed off the event loop; at the end of the process that is abandoned."""
BUSY: Final = frozenset({429, 503})
"""HTTP statuses whose Retry-After is respected, for at most MOST_PAUSE_SECONDS."""
MOST_PAUSE_SECONDS: Final = 3600.0
VALIDATOR_CHARACTERS: Final = 512
"""A longer ETag or Last-Modified is not sent back, nor is one that is not valid in a request header."""


@dataclass(frozen=True, slots=True)
class PageState:
    """The outcome of one poll; times in Unix seconds.

    ``up`` is True if at least one document was usable; otherwise ``report`` is None: old values are dropped.
    ``attempted_at`` is the start of this poll, ``fetched_at`` that of the last usable one, None before the first.
    ``error`` is one line: why the page is not up or, while it is, which documents could not be used. ``is_reached`` is
    True if any request reached the page's host, False if none did, None if this poll sent none.
    """

    up: bool
    attempted_at: float
    fetched_at: float | None
    report: PageReport | None
    error: str = ""
    is_reached: bool | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to one document's request: its body or, without one, the reason."""

    body: bytes | None = None
    problem: str = ""
    is_reached: bool | None = None


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The validators for a conditional request, and the body that a 304 refers to."""

    validators: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Reading:
    """The report that the documents of one poll gave at ``at``, in Unix seconds."""

    documents: Mapping[str, bytes]
    at: float
    report: PageReport

    def holds(self, documents: Mapping[str, bytes], now: float) -> bool:
        """Return whether these documents give the same report at ``now``."""
        changes_at = math.inf if self.report.changes_at is None else self.report.changes_at
        return self.at <= now < changes_at and documents == self.documents


@dataclass(frozen=True, slots=True)
class _Pause:
    """A document is not requested before ``until``, in monotonic seconds, for ``reason``."""

    until: float
    reason: str


class StatusPagePoller:
    """One page and the memory of its documents between polls. Polls must not overlap."""

    def __init__(self, page: StatusPage, fetcher: Fetcher, clock: Clock) -> None:
        self._page = page
        self._fetcher = fetcher
        self._clock = clock
        self._reader = READERS[page.format]
        self._addresses = self._reader.addresses(page.url)
        self._remembered: dict[str, _Remembered] = {}
        self._pauses: dict[str, _Pause] = {}
        self._reading: _Reading | None = None
        self._latest: PageState | None = None

    async def poll(self) -> PageState:
        """Fetch and read the page once, within the page's timeout. A fault of the page never raises.

        While every document is paused, nothing is sent and the latest state stands (it was not up).
        """
        if self._latest and all(map(self._pause, self._addresses)):
            return replace(self._latest, is_reached=None)
        started_at = self._clock.now()
        answers = await self._answers()
        reached = [answer.is_reached for answer in answers.values() if answer.is_reached is not None]
        is_reached = any(reached) if reached else None
        try:
            report = await self._read(answers, started_at)
        except PageError as error:
            fetched_at = self._latest.fetched_at if self._latest else None
            self._latest = PageState(False, started_at, fetched_at, None, str(error), is_reached)
        else:
            self._latest = PageState(True, started_at, started_at, report, one_line(report.problems), is_reached)
        return self._latest

    async def _read(self, answers: Mapping[str, _Answer], now: float) -> PageReport:
        documents = {name: answer.body for name, answer in answers.items() if answer.body is not None}
        problems = {name: answer.problem for name, answer in answers.items() if answer.body is None}
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
        arguments = (documents, self._page.components, now)
        if sum(map(len, documents.values())) > THREAD_BYTES:
            report = await in_background(partial(self._reader.read, *arguments), "reading a page")
        else:
            report = self._reader.read(*arguments)
        return replace(report, incidents=tuple(map(self._with_address, report.incidents)))

    async def _answers(self) -> Mapping[str, _Answer]:
        """Request every document at once, and return the answers by document."""
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(self._answer(name, url)) for name, url in self._addresses.items()}
        return {name: task.result() for name, task in tasks.items()}

    async def _answer(self, name: str, url: str) -> _Answer:
        if pause := self._pause(name):
            return _Answer(problem=pause.reason)
        remembered = self._remembered.get(name)
        headers = {"accept": "application/json", **(remembered.validators if remembered else {})}
        try:
            fetched = await self._fetcher.fetch(
                url, headers=headers, timeout_seconds=self._page.timeout, max_bytes=self._reader.max_bytes
            )
        except FetchError as error:
            return _Answer(problem=str(error), is_reached=error.is_reached)
        if fetched.http_status == 304 and remembered:
            return _Answer(remembered.body, is_reached=True)
        if fetched.http_status != 200:
            return _Answer(problem=self._refused(name, fetched), is_reached=True)
        self._remember(name, fetched)
        return _Answer(fetched.body, is_reached=True)

    def _pause(self, name: str) -> _Pause | None:
        """Return the document's pause while it lasts."""
        pause = self._pauses.get(name)
        return pause if pause and self._clock.monotonic() < pause.until else None

    def _refused(self, name: str, fetched: Fetched) -> str:
        """Return why there is no document, and pause it for the time given by Retry-After."""
        reason = f"HTTP {fetched.http_status}"
        seconds = retry_after(fetched.headers, self._clock.now()) if fetched.http_status in BUSY else None
        if not seconds:
            return reason
        seconds = min(seconds, MOST_PAUSE_SECONDS)
        pause = _Pause(self._clock.monotonic() + seconds, f"{reason}, not requested again for {seconds:.0f} s")
        self._pauses[name] = pause
        return pause.reason

    def _remember(self, name: str, fetched: Fetched) -> None:
        validators = {
            request: fetched.headers[header]
            for request, header in (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            if _is_sendable(fetched.headers.get(header, ""))
        }
        if validators:
            self._remembered[name] = _Remembered(validators, fetched.body)
        else:
            self._remembered.pop(name, None)

    def _with_address(self, incident: Incident) -> Incident:
        """Return the incident with a complete address; a path is relative to the documents' address."""
        if not incident.url:
            return incident
        try:
            return replace(incident, url=urljoin(next(iter(self._addresses.values())), incident.url))
        except ValueError:
            return replace(incident, url="")


def _is_sendable(validator: str) -> bool:
    return 0 < len(validator) <= VALIDATOR_CHARACTERS and validator.isascii() and validator.isprintable()
