"""The common part of every simulated vendor: it admits requests, keeps jobs, and serves finished videos.

A ``Vendor`` is data: its calls, its words and its faults. A ``Desk`` is one vendor at work. It answers as the vendor's
documentation says and refuses everything else: literal paths, JSON bodies, a key in every request.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from ..answers import fill
from ..assets import asset

EXPIRED = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
"""The answer of object storages to a signed address whose time is over."""
BODIES = frozenset({"POST", "PUT", "PATCH"})


class Refusal(Exception):
    """A request that ends here with this answer."""

    def __init__(self, http_status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(http_status)
        self.http_status, self.body, self.headers = http_status, body, headers or {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One documented way to go wrong.

    ``at`` is where it strikes: ``door`` (every call), the action of a call (``create``, ``poll``, ``cancel``, …, before
    it is done; ``create`` after validation), ``credentials`` (while they are checked), ``model`` (while the order's
    model is checked), ``job`` (it fails; ``body`` are the members that say why), ``status`` (``body`` is the word
    of the running job), ``stalled`` (it stays in work), ``asset`` (``body`` is the form that the download has).
    """

    at: str
    http_status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


ENDINGS: Mapping[str, Fault] = {
    "stalled": Fault("stalled"),
    "expired_asset": Fault("asset", body="expired"),
    "cut_asset": Fault("asset", body="truncated"),
}
"""The ways in which a job of any vendor can end without a video that is whole."""


@dataclass
class Job:
    """One accepted order. Times are seconds of the desk's clock."""

    id: str
    model: str
    order: Mapping[str, Any]
    placed_at: float
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One documented call. ``{name}`` in the path is one segment, ``{name:path}`` several.

    Its body is JSON, or with ``is_form`` a form.
    """

    method: str
    path: str
    action: str
    answer: Callable[[Visit], Any]
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor as its documentation describes it.

    ``words`` are its status words by state: queued, running, done, failed, cancelled. ``unknown`` raises the refusal of
    a path or method that does not exist, ``malformed`` that of a body that is not a JSON object.
    """

    name: str
    models: frozenset[str]
    words: Mapping[str, Any]
    calls: tuple[Call, ...]
    authenticate: Callable[[Visit], None]
    unknown: Callable[[Visit], Any]
    malformed: Callable[[Visit], Any]
    faults: Mapping[str, Fault]
    job_id: Callable[[int], str] = lambda number: digest(f"job {number}")[:32]
    key: str = ""
    """A key that the vendor accepts; empty where none is a text."""
    has_open_reads: bool = False
    """True if calls with GET need no key."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request at a desk; ``body`` is decoded JSON, ``base`` the address at which the vendor's host begins."""

    desk: Desk
    action: str
    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base: str
    body: Mapping[str, Any]

    def job(self, job_id: str | None = None) -> Job | None:
        """Return the job that the path or the caller names, or None."""
        return self.desk.jobs.get(self.values.get("job_id", "") if job_id is None else job_id)

    def known_job(self, refusal: Refusal) -> Job:
        """Return the job that the path names. Raises the refusal if there is none."""
        job = self.job()
        if job is None:
            raise refusal
        return job

    def strike(self, at: str) -> None:
        """Raise the fault of the desk if it strikes here."""
        fault = self.desk.fault
        if fault is not None and fault.at == at:
            words = {"request_id": self.desk.request_id(), **self.body}
            raise Refusal(fault.http_status, fill(fault.body, words), fault.headers)

    def accept(self, model: str) -> Job:
        """Return the job of a valid order; the fault of ``create`` strikes before it."""
        self.strike("create")
        return self.desk.place(model, self.body)

    def address(self, job: Job) -> str:
        """Return where the finished video is."""
        fault = self.desk.fault
        form = fault.body if fault is not None and fault.at == "asset" else "good"
        return f"{self.base}/assets/{form}/{job.id}.mp4"


class Desk:
    """One vendor at work, as an ASGI application. ``clock`` returns seconds and is read once for each request.

    A job waits for ``queue_seconds`` and then renders for ``render_seconds``.
    """

    def __init__(
        self, vendor: Vendor, clock: Callable[[], float], *, queue_seconds: float = 1.0, render_seconds: float = 2.0
    ) -> None:
        self.vendor, self._clock = vendor, clock
        self.queue_seconds, self.render_seconds = queue_seconds, render_seconds
        self.fault: Fault | None = None
        self.jobs: dict[str, Job] = {}
        self.journal: list[tuple[str, int]] = []
        """The action and the HTTP status of each request."""
        self.answered: dict[str, Any] = {}
        """The earlier answer to a request with this id, for vendors whose requests have one."""
        self.accepted = 0
        self.now = clock()
        self._calls = [(call, compile_path(call.path)[0]) for call in vendor.calls]

    def jobs_left(self) -> list[str]:
        """Return the jobs that were neither cancelled nor deleted."""
        return [job.id for job in self.jobs.values() if not job.is_cancelled]

    def place(self, model: str, order: Mapping[str, Any]) -> Job:
        """Return a new job."""
        self.accepted += 1
        job = Job(self.vendor.job_id(self.accepted), model, order, self.now)
        self.jobs[job.id] = job
        return job

    def state(self, job: Job) -> str:
        """Return queued, running, done, failed or cancelled."""
        age, at = self.now - job.placed_at, self.fault.at if self.fault is not None else ""
        if job.is_cancelled:
            return "cancelled"
        if age < self.queue_seconds:
            return "queued"
        if age < self.queue_seconds + self.render_seconds or at in ("stalled", "status"):
            return "running"
        return "failed" if at == "job" else "done"

    def word(self, job: Job) -> Any:
        """Return the vendor's word for the job's state."""
        state = self.state(job)
        is_other = self.fault is not None and self.fault.at == "status" and state == "running"
        return self.fault.body if is_other and self.fault is not None else self.vendor.words[state]

    def why_failed(self, job: Job) -> Mapping[str, Any]:
        """Return the members that say why a job failed; empty for another one."""
        is_failed = self.fault is not None and self.state(job) == "failed"
        members: Mapping[str, Any] = self.fault.body if is_failed and self.fault is not None else {}
        return members

    def request_id(self) -> str:
        """Return an id of the latest request."""
        return digest(f"request {len(self.journal)}")[:32]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.now = self._clock()
        action, response = "unknown", Response()
        try:
            action, said = self._answer(request, await request.body())
            response = said if isinstance(said, Response) else JSONResponse(said)
        except Refusal as refusal:
            action = request.scope.get("action", action)
            is_text = isinstance(refusal.body, str)
            response = Response(refusal.body) if is_text else JSONResponse(refusal.body)
            response.status_code = refusal.http_status
            response.headers.update(refusal.headers)
        self.journal.append((action, response.status_code))
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> tuple[str, Any]:
        raw = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
        path = raw.removeprefix(request.scope.get("root_path", ""))
        if path.startswith("/assets/"):
            return "asset", _video(path)
        call, values = self._call(request.method, path)
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        action = request.scope["action"] = call.action if call is not None else "unknown"
        base = str(request.base_url).rstrip("/")
        visit = Visit(self, action, request.method, path, values, query, request.headers, base, {})
        visit.strike("door")
        if not (self.vendor.has_open_reads and request.method == "GET"):
            self.vendor.authenticate(visit)
        if call is None:
            return action, self.vendor.unknown(visit)
        document = self._document(request, body, visit, call)
        visit = Visit(self, action, request.method, path, values, query, request.headers, base, document)
        if action != "create":
            visit.strike(action)
        return action, call.answer(visit)

    def _call(self, method: str, path: str) -> tuple[Call | None, dict[str, str]]:
        for call, pattern in self._calls:
            if call.method == method and (found := pattern.match(path)) is not None:
                return call, {name: unquote(value) for name, value in found.groupdict().items()}
        return None, {}

    def _document(self, request: Request, body: bytes, visit: Visit, call: Call) -> Mapping[str, Any]:
        """Return the JSON object or the form of a body; an empty one for a call without a body."""
        if request.method not in BODIES or not body:
            return {}
        if call.is_form:
            return dict(parse_qsl(body.decode("utf-8", "replace")))
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict) or not request.headers.get("content-type", "").startswith("application/json"):
            self.vendor.malformed(visit)
            raise Refusal(400, "")
        return document


def uuids(kind: str) -> Callable[[int], str]:
    """Return the ids of jobs by their number: UUIDs that are always the same for this kind."""
    return lambda number: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {number}"))


def digest(text: str) -> str:
    """Return a text that looks random and is always the same."""
    return hashlib.sha256(text.encode()).hexdigest()


def bearer_of(visit: Visit, word: str = "Bearer") -> str:
    """Return the key behind this word in the Authorization header; empty without one."""
    said, _, key = visit.headers.get("authorization", "").partition(" ")
    return key if said == word else ""


def is_text(value: object) -> bool:
    """Return whether a member is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def is_whole(value: object) -> bool:
    """Return whether a member is a whole number, and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def _video(path: str) -> Response:
    """Return a finished video in the form that its address names."""
    form, _, name = path.removeprefix("/assets/").partition("/")
    if form == "expired":
        return Response(EXPIRED, 403, media_type="application/xml")
    chosen = asset(name.rpartition(".")[2], form)
    return Response(chosen.content, media_type=chosen.media_type)
