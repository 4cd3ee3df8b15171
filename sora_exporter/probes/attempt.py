"""One attempt of one probe: its deadline, its requests, and the trail that becomes the result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sora_exporter.classify.sunset import announced_sunset, ignored_date
from sora_exporter.clock import Clock
from sora_exporter.config import Provider, Service
from sora_exporter.config.apis import Api
from sora_exporter.config.apis.spec import Call, Canary
from sora_exporter.config.apis.template import placeholders
from sora_exporter.documents import decoded
from sora_exporter.http.exchange import ANSWER_BYTES, Exchange
from sora_exporter.http.reply import Reply, Request, Upload, exchange_of
from sora_exporter.probes.depth import deeper
from sora_exporter.probes.judged import Judge, judged
from sora_exporter.probes.requests import Filled, Known, Unfilled, known_to
from sora_exporter.result import Answer, Depth, ErrorClass, Expectation, Verdict, Wire

EXCERPT_CHARACTERS = 1000
EVIDENCE_HEADERS = (
    "x-request-id", "x-oneapi-request-id", "x-api-request-id", "cf-ray", "cf-mitigated", "retry-after", "server",
    "openai-processing-ms", "x-should-retry", "x-routing-group", "sunset", "deprecation",
)  # fmt: skip
"""Headers of an answer that a provider's support needs first; no other is kept, since any may hold a secret."""
JOB_ENDPOINT = "video_job"
MIB = 1024 * 1024
NOTHING_YET = Reply(Answer())
MOST_ANSWERS = 8
"""How many answers are kept for later requests, besides that to the create request."""


class Client(Protocol):
    """The part of a provider's client that a probe uses."""

    async def ask(self, request: Request, access: str, exchange: Exchange | None = None) -> Reply:
        """Return the provider's reply; never raises for a provider's fault. ``exchange`` is filled in on the way."""

    @property
    def values(self) -> Mapping[str, str]:
        """The provider's own values for placeholders."""

    def refused(self, address: str) -> Verdict | None:
        """Return the verdict on an address of an answer that gets no request, or None."""

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets, which must not leave memory."""

    async def download(
        self, url: str, sink: Callable[[bytes], None], *, limit: int, timeout_seconds: float, endpoint: str, access: str
    ) -> Reply:
        """Feed an asset to ``sink`` and return the record of the transfer."""


class Clients(Protocol):
    """The clients of all providers."""

    def get(self, name: str, provider: Provider) -> Client:
        """Return the client of a provider under a name."""


class JobRecord(Protocol):
    """The record of an accepted job until it is deleted."""

    def accepted(self, job_id: str | None) -> None:
        """Note that the job exists, and the provider's id for it, if any."""

    def may_be_removed(self) -> bool:
        """Return whether the job may be removed at its provider; if not, it is left to the clean-up."""

    def gone(self) -> None:
        """Forget the job: it was refused, or it is deleted."""


@dataclass
class Attempt:
    """The working state of one attempt. ``deadline`` is monotonic; ``judge`` is the classifier with the user's rules.

    The last ``kept_free_seconds`` before the deadline are reserved for deleting the job. ``exchange`` is the record of
    the current request and grows while its answer comes in; ``last`` is the latest reply. ``canaries`` are those that
    may be sent, ``canary`` is the latest one sent. ``files`` go into the form of the create request. ``proved`` is the
    depth that the probe noted beyond the verdict, and ``unknown_word`` the latest unknown status word of the job.
    """

    service: Service
    api: Api
    client: Client
    judge: Judge
    clock: Clock
    deadline: float
    prompt: str = ""
    job_record: JobRecord | None = None
    kept_free_seconds: float = 0.0
    is_relay: bool = True
    canaries: tuple[Canary, ...] = ()
    files: Mapping[str, Upload] = field(default_factory=dict)

    proved: Depth | None = None
    canary: Canary | None = None
    unknown_word: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    http_status: int | None = None
    response_seconds: float | None = None
    generation_seconds: float | None = None
    excerpt: str = ""
    request: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    sunset_at: float | None = None
    ignored_date: str = ""
    tls_expires_at: float | None = None
    wire: Wire | None = None
    is_reached: bool = True
    may_have_cost: bool = False
    document: Any = None
    known: Known = field(init=False)
    body: str = ""
    exchange: Exchange = field(default_factory=Exchange)
    last: Reply = NOTHING_YET

    def __post_init__(self) -> None:
        self.known = known_to(self.service.model, self.client.values, self.clock.now)

    @property
    def remaining_seconds(self) -> float:
        """The time left for the attempt, without the part reserved for deleting the job."""
        return max(self.deadline - self.kept_free_seconds - self.clock.monotonic(), 0.0)

    @property
    def is_document(self) -> bool:
        """True if the latest answer is JSON or an event stream, not a page."""
        return self.document is not None or is_event_stream(self.last.answer.headers)

    def prove(self, depth: Depth) -> None:
        """Note a depth that was reached, unless a deeper one was noted before."""
        self.proved = deeper(self.proved, depth)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        body: Mapping[str, Any] | None = None,
        is_multipart: bool = False,
        is_paid: bool = False,
        expectation: Expectation | None = None,
        stop: Callable[[bytearray], bool] | None = None,
        most_seconds: float = math.inf,
        limit: int = ANSWER_BYTES,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, Upload] | None = None,
    ) -> Verdict:
        """Send one request within the attempt's deadline, keep its trail, and return the verdict on its answer."""
        seconds = min(self.remaining_seconds, most_seconds)
        request = Request(
            method, path, endpoint, seconds, body, is_multipart, is_paid, expectation, stop, limit, headers or {},
            files or {},
        )  # fmt: skip
        self.exchange = exchange_of(request)
        reply = await self.client.ask(request, self.service.access, self.exchange)
        self.exchange = Exchange()
        self._follow(reply, request)
        verdict = reply.own_fault or judged(self.api, self.judge, reply.answer, self.document)
        if verdict.error_class is ErrorClass.NONE and self.response_seconds is None:
            self.note_response(reply)
        return verdict

    async def create(
        self,
        body: Callable[[Mapping[str, str]], dict[str, Any]],
        *,
        is_paid: bool = False,
        stop: Callable[[bytearray], bool] | None = None,
    ) -> Verdict:
        """Send the create request with the body that follows from the values known for it."""
        create = self.api.create
        try:
            path, headers = self.known.path(create.path), self.known.headers(self.api, create)
        except Unfilled as error:
            return Verdict(ErrorClass.INVALID_REQUEST, "unfilled", str(error))
        return await self.ask(
            create.method,
            path,
            endpoint=self.api.endpoint,
            body=body(self.known.values(placeholders([create.body, self.service.request]))),
            is_multipart=create.encoding == "multipart",
            is_paid=is_paid,
            expectation=self.api.create_expectation,
            stop=stop,
            limit=create.answer_mib * MIB if is_paid else ANSWER_BYTES,
            headers=headers,
            files=self.files,
        )

    async def call(
        self, call: Call, *, endpoint: str, expectation: Expectation | None = None, most_seconds: float = math.inf
    ) -> Verdict:
        """Fill and send one of the API's calls, and return the verdict on its answer.

        ``invalid_response`` where an earlier answer lacks a value that the call needs.
        """
        try:
            filled = self.known.call(self.api, call)
        except Unfilled as error:
            return Verdict(ErrorClass.INVALID_RESPONSE, "unfilled", str(error))
        return await self.send(filled, endpoint=endpoint, expectation=expectation, most_seconds=most_seconds)

    async def send(
        self, filled: Filled, *, endpoint: str, expectation: Expectation | None = None, most_seconds: float = math.inf
    ) -> Verdict:
        """Send a filled call, and return the verdict on its answer."""
        return await self.ask(
            filled.method,
            filled.path,
            endpoint=endpoint,
            body=filled.body,
            expectation=expectation,
            most_seconds=most_seconds,
            limit=filled.limit,
            headers=filled.headers,
        )

    def note_response(self, reply: Reply) -> None:
        """Use the answer's time as the service's response time.

        For an event stream it is the time to the first event, which is a complete answer about progress.
        """
        is_stream = is_event_stream(reply.answer.headers)
        self.response_seconds = reply.first_piece_seconds if is_stream else reply.answer.elapsed_seconds

    def _follow(self, reply: Reply, request: Request) -> None:
        answer = reply.answer
        self.last = reply
        # The phases of a job are those of its create request; later polls add none.
        if request.endpoint != JOB_ENDPOINT:
            self.phases.update(reply.phases)
        self.http_status = reply.http_status
        self.is_reached, self.wire = reply.is_reached, reply.wire
        self.tls_expires_at = reply.tls_expires_at or self.tls_expires_at
        self.body = answer.body
        self.document = decoded(answer.body)
        if isinstance(self.document, dict):
            self.known.answers.append(self.document)
            # The first one is the answer to the create request.
            del self.known.answers[1:-MOST_ANSWERS]
        self.excerpt = (answer.body or answer.transport_error or "")[:EXCERPT_CHARACTERS]
        self.request = f"{request.method} {request.path}, model {self.service.model}"
        self.headers = {name: answer.headers[name] for name in EVIDENCE_HEADERS if name in answer.headers}
        self.sunset_at = announced_sunset(answer.headers, self.document) or self.sunset_at
        self.ignored_date = self.ignored_date or ignored_date(answer.headers, self.document)


def is_event_stream(headers: Mapping[str, str]) -> bool:
    """Return whether the headers of an answer announce an event stream."""
    return headers.get("content-type", "").startswith("text/event-stream")
