"""The recorded answers that the tests of the client ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.recorded import Recorded, answering


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """The recorded answers, served."""
    with answering(Recorded()) as serving:
        yield serving
