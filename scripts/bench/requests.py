"""Plain HTTP with the standard library, cheap enough not to disturb what it measures; one kept connection."""

from __future__ import annotations

import http.client
import json
import re
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2"}
"""What Prometheus asks for."""


class Scraper:
    """Asks one address again and again."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def __enter__(self) -> Scraper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        """Return the body of a good answer."""
        self._connection.request("GET", path, headers=OPENMETRICS)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, f"{path}: HTTP {answer.status}"
        return body

    def json(self, path: str) -> Any:
        """Return an answer's JSON document."""
        return json.loads(self.get(path))

    def values(self, path: str, metric: str) -> list[float]:
        """Return every value of a metric in an exposition."""
        found = re.findall(rf"^{metric}(?:\{{.*\}})? (\S+)$", self.get(path).decode(), re.MULTILINE)
        return [float(value) for value in found]
