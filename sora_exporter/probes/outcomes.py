"""The outcomes of a create request that may have begun a job, and so may cost money.

The probes charge their budget by this table, and the fallback client uses it to avoid a second order. A job is billed
once it begins, so both questions have the same answer. An open outcome counts as one that may cost money.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from sora_exporter.result import ErrorClass


class Begun(Enum):
    """The meaning of an error class for the job that was ordered."""

    NO = "refused before anything began"
    YES = "begun, however it ended"
    BY_STATUS = "open, and the HTTP status decides"


BEGUN: Mapping[ErrorClass, Begun] = MappingProxyType(
    {
        error_class: begun
        for begun, error_classes in {
            # A precise message outweighs a generic code: relays also wrap definite refusals in HTTP 500 or 502.
            Begun.NO: (
                ErrorClass.CONTENT_POLICY,
                ErrorClass.RATE_LIMITED,
                ErrorClass.RISK_CONTROL,
                ErrorClass.CAPTCHA,
                ErrorClass.OVERLOADED,
                ErrorClass.UNAVAILABLE,
                ErrorClass.MODEL_NOT_FOUND,
                ErrorClass.MAINTENANCE,
                ErrorClass.MODEL_RETIRED,
                ErrorClass.AUTHENTICATION,
                ErrorClass.PERMISSION,
                ErrorClass.QUOTA_EXHAUSTED,
                ErrorClass.INVALID_REQUEST,
                ErrorClass.BUDGET_EXHAUSTED,
                ErrorClass.LOCAL_NETWORK,
                ErrorClass.NOT_PROBED,
            ),
            Begun.YES: (
                ErrorClass.NONE,
                ErrorClass.SLOW,
                ErrorClass.GENERATION_FAILED,
                ErrorClass.GENERATION_TIMEOUT,
            ),
            Begun.BY_STATUS: (
                ErrorClass.SERVER_ERROR,
                ErrorClass.TIMEOUT,
                ErrorClass.INVALID_RESPONSE,
                ErrorClass.CONNECTION,
                ErrorClass.DNS,
                ErrorClass.TLS,
                ErrorClass.INTERNAL,
            ),
        }.items()
        for error_class in error_classes
    }
)

OPEN_STATUS = frozenset({*range(200, 300), 408, 500, 502, 504, *range(520, 528)})
"""Statuses that leave the outcome open: a success without the expected body, and servers and gateways that lost the
request on its way or after its arrival. 503 and all other statuses are refusals. Source: RFC 9110, Cloudflare's 5xx
errors."""


def may_have_begun(
    error_class: ErrorClass, http_status: int | None, *, is_sent: bool = True, has_begun: bool = False
) -> bool:
    """Return whether a create request with this outcome may have begun a job and may be billed.

    ``is_sent``: any byte of the request may have gone out. ``has_begun``: the answer itself shows a job, by its id or
    by a stream whose beginning was accepted. ``http_status`` is None when no answer came.
    """
    if not is_sent:
        return False
    if http_status is None or has_begun:
        return True
    begun = BEGUN[error_class]
    return begun is Begun.YES or (begun is Begun.BY_STATUS and http_status in OPEN_STATUS)
