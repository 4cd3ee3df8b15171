"""Fixtures of the report's tests: recorded answers, and what is found in them."""

from __future__ import annotations

import asyncio

import pytest
from support.recorded import END, WINDOW, Find, Recorded

from sora_exporter.cli.report import Request, find
from sora_exporter.history.prometheus import Access
from sora_exporter.report.findings import Findings


@pytest.fixture
def found(recorded: Recorded) -> Find:
    """Read the recorded answers into findings."""

    def read(**arguments: object) -> Findings:
        request = Request(Access(recorded.url), WINDOW.name, END, **arguments)  # type: ignore[arg-type]
        return asyncio.run(find(request))

    return read
