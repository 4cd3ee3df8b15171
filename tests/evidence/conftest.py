"""A state to record attempts in."""

from __future__ import annotations

import pytest
from support.clock import HandClock
from support.watched import DEEP, config, service, state_of

from sora_exporter.evidence.state import State


@pytest.fixture
def state(clock: HandClock) -> State:
    """The memory of one service with a catalog, a canary and a generate probe."""
    return state_of(clock, config(service(probes=DEEP)))
