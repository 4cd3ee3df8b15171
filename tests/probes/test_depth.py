"""How deep an attempt reached, by what its last answer shows."""

from __future__ import annotations

import pytest

from sora_exporter.probes.depth import deeper, depth_of
from sora_exporter.result import Depth, ErrorClass, ProbeKind, RefusedBy, Verdict

E, K = ErrorClass, ProbeKind


@pytest.mark.parametrize(
    ("probe", "error_class", "status", "refused_by", "at_maker", "at_relay"),
    [
        (K.CATALOG, E.CONNECTION, None, "", None, None),
        (K.CATALOG, E.CAPTCHA, 403, "", None, None),
        (K.CATALOG, E.NONE, 200, "", Depth.OFFERED, Depth.OFFERED),
        (K.CATALOG, E.SLOW, 200, "", Depth.OFFERED, Depth.OFFERED),
        (K.CATALOG, E.MODEL_NOT_FOUND, 404, "", Depth.AUTHENTICATED, Depth.AUTHENTICATED),
        (K.CATALOG, E.AUTHENTICATION, 401, "", Depth.REACHABLE, Depth.REACHABLE),
        (K.CANARY, E.AUTHENTICATION, 401, "gateway", Depth.REACHABLE, Depth.REACHABLE),
        (K.CANARY, E.UNAVAILABLE, 401, "upstream", Depth.AUTHENTICATED, Depth.AUTHENTICATED),
        (K.CANARY, E.SERVER_ERROR, 502, "", Depth.REACHABLE, Depth.REACHABLE),
        (K.SUBMIT, E.SERVER_ERROR, 502, "upstream", Depth.REACHABLE, Depth.AUTHENTICATED),
        (K.SUBMIT, E.QUOTA_EXHAUSTED, 403, "gateway", Depth.AUTHENTICATED, Depth.AUTHENTICATED),
        (K.SUBMIT, E.PERMISSION, 403, "", Depth.AUTHENTICATED, Depth.AUTHENTICATED),
        (K.SUBMIT, E.CONTENT_POLICY, 400, "upstream", Depth.ROUTED, Depth.ROUTED),
        (K.SUBMIT, E.CONTENT_POLICY, 400, "", Depth.ROUTED, Depth.AUTHENTICATED),
        (K.SUBMIT, E.INVALID_REQUEST, 404, "", Depth.REACHABLE, Depth.REACHABLE),
        (K.SUBMIT, E.NONE, 200, "", Depth.AUTHENTICATED, Depth.AUTHENTICATED),
    ],
)
def test_an_answer_proves_what_it_shows_and_no_more(
    probe: ProbeKind,
    error_class: ErrorClass,
    status: int | None,
    refused_by: RefusedBy,
    at_maker: Depth | None,
    at_relay: Depth | None,
) -> None:
    """Each row of the table: a relay proves less than a maker if it may have answered by itself."""
    verdict = Verdict(error_class, "", refused_by=refused_by)
    found = [depth_of(probe, verdict, status, is_document=True, is_relay=relay) for relay in (False, True)]
    assert found == [at_maker, at_relay]


def test_a_page_proves_that_something_answers() -> None:
    """A web server's own page comes before any key, with any status."""
    verdict = Verdict(E.PERMISSION, "")
    assert depth_of(K.CANARY, verdict, 403, is_document=False, is_relay=False) is Depth.REACHABLE


def test_the_deeper_of_two_depths_counts() -> None:
    """Nothing proven yields to any depth, and of two depths the later one in their order wins."""
    assert deeper(None, None) is None
    assert deeper(Depth.ROUTED, None) is Depth.ROUTED
    assert deeper(Depth.ACCEPTED, Depth.OFFERED) is Depth.ACCEPTED
