"""Plain HTTP with the standard library, cheap enough not to disturb what it measures."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2"}
"""The request header of Prometheus."""


@dataclass(frozen=True)
class Scraper:
    """Sends requests to one server, over a new connection each time."""

    url: str

    def get(self, path: str) -> bytes:
        """Return the body of a good answer."""
        with urlopen(Request(self.url + path, headers=OPENMETRICS), timeout=60) as answer:
            return bytes(answer.read())

    def json(self, path: str) -> Any:
        """Return an answer's JSON document."""
        return json.loads(self.get(path))

    def values(self, path: str, metric: str) -> list[float]:
        """Return every value of a metric in an exposition; ``metric`` is a regular expression."""
        found = re.findall(rf"^{metric}(?:\{{.*\}})? (\S+)$", self.get(path).decode(), re.MULTILINE)
        return [float(value) for value in found]
