"""One table of probes, and a function for each of them."""

from __future__ import annotations

from sora_exporter.config.apis import Api
from sora_exporter.probes import PROBES
from sora_exporter.result import ProbeKind


def test_every_probe_has_a_function_of_its_name_and_needs_a_member_that_apis_have() -> None:
    """The table of functions names exactly the probes, in their order, and each probe's need is a member of an api."""
    assert list(PROBES) == list(ProbeKind)
    assert {kind.needs for kind in ProbeKind} <= set(Api.model_fields)
