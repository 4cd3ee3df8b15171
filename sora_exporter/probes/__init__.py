"""The four probes, and everything that runs them: schedule, slots, budget, attempt, clean-up.

A configuration and the clients of its providers come in; results go out, one for each attempt. ``result.ProbeKind``
says what each probe needs and may spend.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sora_exporter.probes.attempt import Attempt
from sora_exporter.probes.canary import canary
from sora_exporter.probes.catalog import catalog
from sora_exporter.probes.generate import generate
from sora_exporter.probes.submit import submit
from sora_exporter.result import ProbeKind, Verdict

__all__ = ["PROBES", "Attempt", "ProbeFn"]

ProbeFn = Callable[[Attempt], Awaitable[Verdict]]

PROBES: Mapping[ProbeKind, ProbeFn] = {ProbeKind(run.__name__): run for run in (catalog, canary, submit, generate)}
"""The function that runs each probe; it has the probe's name."""
