"""The findings of probes as plain values: answers, error classes, statuses, results. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Literal


class Status(StrEnum):
    """The closed set of service states, in order of severity; ``unknown`` stands apart: no evidence."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    RISK_CONTROL = "risk_control"
    MAINTENANCE = "maintenance"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    UNKNOWN = "unknown"


class ErrorClass(StrEnum):
    """The closed set of reasons for a status; each answer has one."""

    NONE = "none"
    SLOW = "slow"
    CONTENT_POLICY = "content_policy"
    RATE_LIMITED = "rate_limited"
    RISK_CONTROL = "risk_control"
    CAPTCHA = "captcha"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    INVALID_RESPONSE = "invalid_response"
    GENERATION_FAILED = "generation_failed"
    GENERATION_TIMEOUT = "generation_timeout"
    UNAVAILABLE = "unavailable"
    MODEL_NOT_FOUND = "model_not_found"
    CONNECTION = "connection"
    DNS = "dns"
    TLS = "tls"
    MAINTENANCE = "maintenance"
    MODEL_RETIRED = "model_retired"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    QUOTA_EXHAUSTED = "quota_exhausted"
    INVALID_REQUEST = "invalid_request"
    BUDGET_EXHAUSTED = "budget_exhausted"
    LOCAL_NETWORK = "local_network"
    INTERNAL = "internal"
    NOT_PROBED = "not_probed"

    @property
    def status(self) -> Status:
        """The status that one answer of this class means."""
        return STATUS_OF[self]


SEVERITY: Mapping[Status, int] = MappingProxyType(
    {status: rank for rank, status in enumerate([Status.UNKNOWN, *(s for s in Status if s is not Status.UNKNOWN)])}
)
"""Rank of each status, higher is worse; ``unknown`` ranks below everything because it is not evidence."""

STATUS_OF: Mapping[ErrorClass, Status] = MappingProxyType(
    {
        error_class: status
        for status, error_classes in {
            Status.OPERATIONAL: (ErrorClass.NONE, ErrorClass.CONTENT_POLICY),
            Status.DEGRADED: (
                ErrorClass.SLOW,
                ErrorClass.OVERLOADED,
                ErrorClass.SERVER_ERROR,
                ErrorClass.TIMEOUT,
                ErrorClass.INVALID_RESPONSE,
                ErrorClass.GENERATION_FAILED,
                ErrorClass.GENERATION_TIMEOUT,
            ),
            Status.RISK_CONTROL: (ErrorClass.RATE_LIMITED, ErrorClass.RISK_CONTROL, ErrorClass.CAPTCHA),
            Status.MAINTENANCE: (ErrorClass.MAINTENANCE,),
            Status.SUSPENDED: (
                ErrorClass.UNAVAILABLE,
                ErrorClass.MODEL_NOT_FOUND,
                ErrorClass.CONNECTION,
                ErrorClass.DNS,
                ErrorClass.TLS,
            ),
            Status.RETIRED: (ErrorClass.MODEL_RETIRED,),
            Status.UNKNOWN: (
                ErrorClass.AUTHENTICATION,
                ErrorClass.PERMISSION,
                ErrorClass.QUOTA_EXHAUSTED,
                ErrorClass.INVALID_REQUEST,
                ErrorClass.BUDGET_EXHAUSTED,
                ErrorClass.LOCAL_NETWORK,
                ErrorClass.INTERNAL,
                ErrorClass.NOT_PROBED,
            ),
        }.items()
        for error_class in error_classes
    }
)


SUCCESSES = frozenset({ErrorClass.NONE, ErrorClass.SLOW})
"""The classes of successful attempts."""


class Charge(StrEnum):
    """The possible charge for an attempt of a probe."""

    FREE = "free"
    SURPRISE = "surprise"
    """Free, unless the provider accepts a request that it should refuse."""
    PAID = "paid"


class ProbeKind(StrEnum):
    """The four probes, cheapest first; a later one proves more."""

    CATALOG = "catalog"
    CANARY = "canary"
    SUBMIT = "submit"
    GENERATE = "generate"

    @property
    def charge(self) -> Charge:
        """The possible charge for one attempt."""
        return _TRAITS[self][0]

    @property
    def needs(self) -> str:
        """The member of an api without which the probe cannot run."""
        return _TRAITS[self][1]

    @property
    def is_paid(self) -> bool:
        """True if one attempt can cost money."""
        return self.charge is Charge.PAID


class Depth(StrEnum):
    """The depths that an attempt can prove of a route, in order: a proof of one is a proof of all shallower ones."""

    REACHABLE = "reachable"
    AUTHENTICATED = "authenticated"
    OFFERED = "offered"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the shallowest."""
        return _DEPTH_RANK[self]


_DEPTH_RANK: Mapping[Depth, int] = MappingProxyType({depth: rank for rank, depth in enumerate(Depth)})

_TRAITS: Mapping[ProbeKind, tuple[Charge, str]] = MappingProxyType(
    {
        ProbeKind.CATALOG: (Charge.FREE, "catalog"),
        ProbeKind.CANARY: (Charge.SURPRISE, "canary"),
        ProbeKind.SUBMIT: (Charge.PAID, "create"),
        ProbeKind.GENERATE: (Charge.PAID, "asset"),
    }
)

PHASES = ("resolve", "connect", "tls", "processing", "transfer")
JOB_PHASES = ("submit", "queue", "render", "download")
DETAIL_CHARACTERS = 200

RefusedBy = Literal["", "gateway", "upstream"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The places of a vendor's good answer and faults, for shapes that the classifier does not recognise by itself.

    Every member is a tuple of dotted paths or words tried in order, e.g. ``("data.task_id", "id")``.
    """

    present: tuple[str, ...] = ()
    """One of these paths holds something in a good answer."""
    error: tuple[str, ...] = ()
    """Paths of the vendor's error object or text, beyond the usual ones."""
    status: tuple[str, ...] = ()
    """Paths of a job's status word."""
    failed_words: tuple[str, ...] = ()
    """The status words that mean the job ended without a result."""
    good_words: tuple[str, ...] = ()
    """The status words of a job that is running or done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request, as plain facts.

    ``headers`` has lower-case names. ``http_status`` is None when no answer came; then ``transport_error`` holds the
    exception's text and ``body`` is empty. ``body`` is decoded text, at most 1 MiB of it.
    ``endpoint`` is one of videos, chat, images, models, video_job; ``access`` official, relay or reverse.
    """

    endpoint: str = "videos"
    access: str = "official"
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    transport_error: str | None = None
    elapsed_seconds: float | None = None
    expectation: Expectation | None = None


def is_success(http_status: int | None) -> bool:
    """Return whether an answer came and its HTTP status is one of success (2xx)."""
    return http_status is not None and 200 <= http_status < 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """The error class of one answer, the name of the rule that decided, and the answer's own words.

    ``recognised`` is False if only a default rule matched, which looks only at the HTTP status. ``refused_by`` is the
    side that refused, if the answer's structure shows it: a gateway by its own rules, or the upstream that makes the
    video, directly or passed on.
    """

    error_class: ErrorClass
    rule: str
    message: str = ""
    recognised: bool = True
    refused_by: RefusedBy = ""

    @property
    def status(self) -> Status:
        return self.error_class.status


@lru_cache(maxsize=2048)
def shared(text: str) -> str:
    """Return a text that equals this one and may be remembered already: faults repeat word for word.

    Some versions of Python never free an interned text, so ``sys.intern`` would keep all that a provider ever wrote.
    """
    return text


@dataclass(frozen=True, slots=True)
class Wire:
    """How an answer travelled: ``http_version`` such as 1.1, ``ip_protocol`` 4 or 6 (0 over a local socket), and
    ``tls_version`` such as TLS 1.3, empty without TLS. Behind a proxy the address is the proxy's.
    """

    http_version: str
    ip_protocol: int
    tls_version: str


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One attempt of one probe. ``started_at`` is Unix time; every duration comes from the monotonic clock.

    ``response_seconds`` is the time to the first complete answer and None when none came. ``detail`` is at most
    DETAIL_CHARACTERS of the answer's own words with secrets removed; ``excerpt`` likewise, longer, for evidence.
    ``wait_seconds`` is the probe's pause from now on if its paid attempts make no jobs.
    ``request`` is the last one sent, such as ``POST /videos, model sora-2``. ``headers`` holds the answer's
    headers that identify the request for the provider, without secrets, one ``name: value`` a line. ``recognised`` and
    ``refused_by`` are those of the verdict. ``depth`` is the deepest one that the attempt proved, None if the provider
    did not answer. ``wire`` is that of the last answer, None without one.
    """

    service_id: str
    probe: ProbeKind
    error_class: ErrorClass
    started_at: float
    duration_seconds: float
    rule: str = ""
    detail: str = ""
    excerpt: str = ""
    http_status: int | None = None
    response_seconds: float | None = None
    generation_seconds: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    cost_usd: float = 0.0
    sunset_at: float | None = None
    tls_expires_at: float | None = None
    is_reached: bool = True
    wait_seconds: float = 0.0
    request: str = ""
    headers: str = ""
    recognised: bool = True
    depth: Depth | None = None
    refused_by: RefusedBy = ""
    wire: Wire | None = None

    @property
    def is_success(self) -> bool:
        """True if the attempt succeeded."""
        return self.error_class in SUCCESSES


@dataclass(frozen=True, slots=True)
class BalanceReading:
    """One attempt to read a provider's balance. ``at`` is Unix time.

    ``value`` is the remaining amount in ``unit``: infinite without a limit, negative for a debt, and None for a failed
    attempt; then ``error_class``, ``rule`` and ``detail`` give the reason. ``is_reached`` is as in ProbeResult.
    """

    error_class: ErrorClass
    at: float
    value: float | None = None
    unit: str = ""
    rule: str = ""
    detail: str = ""
    is_reached: bool = True
