"""How deep an attempt reached: the one table of what its answer proves about the route.

An attempt proves only what its answer shows. Facts beyond its verdict (a job was accepted, an asset is whole, a certain
canary was refused) are noted by the probe in ``Attempt.proved``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sora_exporter.config.apis.spec import Canary
from sora_exporter.result import SUCCESSES, Depth, ErrorClass, ProbeKind, RefusedBy, Verdict

SUCCESS: Mapping[ProbeKind, Depth] = MappingProxyType(
    {
        ProbeKind.CATALOG: Depth.OFFERED,
        # These probes note themselves if they reached further.
        ProbeKind.CANARY: Depth.AUTHENTICATED,
        ProbeKind.SUBMIT: Depth.AUTHENTICATED,
        ProbeKind.GENERATE: Depth.AUTHENTICATED,
    }
)
"""The depth that a success of each probe proves by itself."""

AFTER_THE_KEY = frozenset(
    {
        ErrorClass.CONTENT_POLICY,
        ErrorClass.RATE_LIMITED,
        ErrorClass.RISK_CONTROL,
        ErrorClass.UNAVAILABLE,
        ErrorClass.MODEL_NOT_FOUND,
        ErrorClass.MODEL_RETIRED,
        ErrorClass.GENERATION_FAILED,
        ErrorClass.GENERATION_TIMEOUT,
        ErrorClass.PERMISSION,
        ErrorClass.QUOTA_EXHAUSTED,
        ErrorClass.INVALID_REQUEST,
    }
)
"""The refusals that come only after the key was accepted. Any other failure may come before."""

JUDGED = frozenset({ErrorClass.CONTENT_POLICY, ErrorClass.INVALID_REQUEST})
"""The refusals of a create request for its content, by the side that judges it."""

NO_SUCH_CALL = frozenset({404, 405})
"""The statuses for an unknown path, independent of the key."""


def depth_of(
    probe: ProbeKind, verdict: Verdict, http_status: int | None, *, is_document: bool, is_relay: bool
) -> Depth | None:
    """Return the depth that the last answer of an attempt proves; None if it does not come from the provider.

    ``is_document``: the answer is JSON or an event stream, not a page of a server in front of the provider.
    """
    if http_status is None or verdict.error_class is ErrorClass.CAPTCHA:
        return None
    if not is_document:
        return Depth.REACHABLE
    if verdict.error_class in SUCCESSES:
        return SUCCESS[probe]
    is_upstream = verdict.refused_by == "upstream"
    is_create = probe is not ProbeKind.CATALOG
    if is_create and verdict.error_class in JUDGED and http_status not in NO_SUCH_CALL:
        return Depth.ROUTED if is_upstream or not is_relay else Depth.AUTHENTICATED
    if is_upstream and is_relay:
        return Depth.AUTHENTICATED
    is_after = verdict.error_class in AFTER_THE_KEY and not _is_no_such_call(verdict, http_status)
    return Depth.AUTHENTICATED if is_after else Depth.REACHABLE


def _is_no_such_call(verdict: Verdict, http_status: int) -> bool:
    return verdict.error_class is ErrorClass.INVALID_REQUEST and http_status in NO_SUCH_CALL


def refusal_depth(canary: Canary, refused_by: RefusedBy, *, is_relay: bool) -> Depth:
    """Return the depth that the refusal of a canary proves: at a relay only the key, unless the upstream refused."""
    if not is_relay:
        return canary.proves.maker
    most = Depth.ROUTED if refused_by == "upstream" else Depth.AUTHENTICATED
    return min(canary.proves.relay, most, key=lambda depth: depth.rank)


def deeper(one: Depth | None, other: Depth | None) -> Depth | None:
    """Return the deeper of two depths; None if both are None."""
    return max((depth for depth in (one, other) if depth is not None), key=lambda depth: depth.rank, default=None)
